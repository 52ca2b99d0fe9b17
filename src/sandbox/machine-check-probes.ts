import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { promisify } from 'node:util';

import { findControlGroups } from './bubblewrap/control-group.js';
import { findBubblewrap, findSystemProgram } from './bubblewrap/find-bubblewrap.js';
import { seccompFilter } from './bubblewrap/seccomp-filter.js';
import type { DockerFinding, MachineFacts, Obstacle } from './machine-check.js';
import { chooseWorkRoot, inspectWorkRoot } from './work-root.js';

/** What rooms above this one find out. */
export interface OtherFindings {
  /** Text of the version of git, and why it does not do; see `requireGit`. */
  readonly git: { readonly version: string | undefined; readonly complaint: string | undefined };
  readonly docker: DockerFinding;
  /** The folder under which sandboxes are made; chosen by `chooseWorkRoot` where absent. */
  readonly workRoot?: string;
}

/** Looks at this machine as this user. Takes some 100 ms and changes nothing. */
export async function inspectMachine({ git, docker, workRoot }: OtherFindings): Promise<MachineFacts> {
  const [python3, bubblewrap, sharedMemory, folder] = await Promise.all([
    versionOf('python3'),
    findBubblewrap(),
    inspectWorkRoot('/dev/shm'),
    workRoot ?? chooseWorkRoot(process.env),
  ]);
  const { bavail, bsize } = statfsSync(folder);
  return {
    platform: process.platform,
    distribution: distributionOf(read('/etc/os-release')),
    isRoot: process.getuid?.() === 0,
    programs: { node: process.version, git: git.version, python3 },
    gitComplaint: git.complaint,
    bubblewrap,
    obstacles: findObstacles(read, existsSync),
    limits: {
      controlGroups: findControlGroups() !== undefined,
      prlimit: findSystemProgram('prlimit') !== undefined,
      seccomp: seccompFilter() !== undefined,
    },
    docker,
    sharedMemory,
    workRoot: { folder, free: bavail * bsize },
  };
}

/** `ID` and `ID_LIKE` of an os-release file. */
export function distributionOf(text: string): string {
  const names = [...text.matchAll(/^ID(?:_LIKE)?=(.*)$/gm)].map((match) => match[1] ?? '');
  return names.join(' ').replaceAll(/["']/g, '').trim();
}

/** Settings that are known to keep users from making namespaces. */
export function findObstacles(
  readText: (file: string) => string,
  exists: (file: string) => boolean,
): Obstacle[] {
  const is = (file: string, value: string): boolean => readText(file).trim() === value;
  return [
    ...(is('/proc/sys/kernel/unprivileged_userns_clone', '0') ? ['userns-clone' as const] : []),
    ...(is('/proc/sys/kernel/apparmor_restrict_unprivileged_userns', '1')
      ? ['apparmor-userns' as const]
      : []),
    ...(is('/proc/sys/user/max_user_namespaces', '0') ? ['no-user-namespaces' as const] : []),
    ...(exists('/.dockerenv') || exists('/run/.containerenv') ? ['in-container' as const] : []),
  ];
}

async function versionOf(program: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: 10_000 });
    return stdout.trim().split('\n')[0];
  } catch {
    return undefined;
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
