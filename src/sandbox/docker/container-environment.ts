/** Who works in a container, and where. */
export interface ContainerEnvironmentRequest {
  /** Signs commits. */
  readonly name: string;
  /** `undefined` leaves the image's. */
  readonly home: string | undefined;
}

/**
 * What commands find in their environment beside what the image sets: nothing of the harness. `NAME=value` each.
 */
export function containerEnvironment({ name, home }: ContainerEnvironmentRequest): string[] {
  const address = `${name.replace(/[^A-Za-z0-9._-]+/g, '-')}@troupe.invalid`;
  return Object.entries({
    ...(home === undefined ? {} : { HOME: home }),
    TMPDIR: '/tmp',
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    PAGER: 'cat',
    GIT_PAGER: 'cat',
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: address,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: address,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
  }).map(([variable, value]) => `${variable}=${value}`);
}
