import { existsSync } from 'node:fs';
import path from 'node:path';

/** Variable by which the processes of a sandbox are known; its value is `<sandbox>/<command>/`. */
export const MARKER_VARIABLE = 'TROUPE_SANDBOX';

export interface EnvironmentRequest {
  /** Who works in the sandbox; signs its commits. */
  readonly name: string;
  readonly home: string;
  readonly temporary: string;
  /** The harness's own environment, of which only PATH and the places of toolchains are looked at. */
  readonly harness: Readonly<Record<string, string | undefined>>;
  /** The harness's own home folder, where toolchains often lie. */
  readonly harnessHome: string;
}

const DEFAULT_SEARCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Variables that say where a toolchain on the search path has its parts; they hold folders, never secrets. */
const TOOLCHAIN_PLACES = ['RUSTUP_HOME', 'PYENV_ROOT', 'GOROOT', 'JAVA_HOME', 'VOLTA_HOME', 'ASDF_DATA_DIR'];

/**
 * Everything a sandbox's commands find in their environment, but for the marker. Nothing is inherited from the
 * harness but the places where programs and toolchains lie, so no key can slip in.
 */
export function sandboxEnvironment(request: EnvironmentRequest): Record<string, string> {
  const author = request.name;
  const address = `${request.name.replace(/[^A-Za-z0-9._-]+/g, '-')}@troupe.invalid`;
  return {
    ...toolchainPlaces(request),
    PATH: cleanSearchPath(request.harness['PATH']),
    HOME: request.home,
    TMPDIR: request.temporary,
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    PAGER: 'cat',
    GIT_PAGER: 'cat',
    GIT_AUTHOR_NAME: author,
    GIT_AUTHOR_EMAIL: address,
    GIT_COMMITTER_NAME: author,
    GIT_COMMITTER_EMAIL: address,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
  };
}

/**
 * The harness's search path without relative places and without the `node_modules/.bin` folders that npm puts in
 * front, since an agent's `vitest` must be its repository's and not ours.
 */
export function cleanSearchPath(searchPath: string | undefined): string {
  const places = (searchPath ?? DEFAULT_SEARCH_PATH)
    .split(path.delimiter)
    .filter((place) => path.isAbsolute(place) && !place.split(path.sep).includes('node_modules'));
  const node = path.dirname(process.execPath);
  const all = places.includes(node) ? places : [...places, node];
  return [...new Set(all)].join(path.delimiter);
}

/** With a home folder of its own, a sandbox would no longer find toolchains that are looked for under HOME. */
function toolchainPlaces({ harness, harnessHome }: EnvironmentRequest): Record<string, string> {
  const places: Record<string, string> = {};
  const rustup = path.join(harnessHome, '.rustup');
  if (existsSync(rustup)) places['RUSTUP_HOME'] = rustup;
  for (const name of TOOLCHAIN_PLACES) {
    const place = harness[name];
    if (place !== undefined && path.isAbsolute(place)) places[name] = place;
  }
  return places;
}
