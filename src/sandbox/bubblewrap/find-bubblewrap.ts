import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/** What the bubblewrap of this machine can do. */
export interface BubblewrapFeatures {
  /** From 0.8: `--disable-userns`. */
  readonly canDisableNamespaces: boolean;
  /** Whether a filter of system calls is known for this processor. */
  readonly hasSeccomp: boolean;
}

/** What was found of bubblewrap. */
export type BubblewrapFinding =
  | { readonly state: 'missing' }
  | { readonly state: 'refused'; readonly program: string; readonly version: string; readonly reason: string }
  | { readonly state: 'works'; readonly program: string; readonly version: string };

/** Folders in which a program of the system's is looked for. */
const PLACES = ['/usr/bin', '/usr/local/bin', '/bin', '/run/current-system/sw/bin'];

/** The absolute path of a program in the system's folders, whatever the search path says. */
export function findSystemProgram(name: string, places: readonly string[] = PLACES): string | undefined {
  return places.map((folder) => path.join(folder, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Looks for bubblewrap and confines a program with it, as this user. Takes about 20 ms. */
export async function findBubblewrap(program = findSystemProgram('bwrap')): Promise<BubblewrapFinding> {
  if (process.platform !== 'linux' || program === undefined || !existsSync(program)) {
    return { state: 'missing' };
  }
  const run = promisify(execFile);
  const options = { env: {}, timeout: 10_000 };
  let version = 'unknown';
  try {
    version = parseBubblewrapVersion((await run(program, ['--version'], options)).stdout) ?? version;
    await run(program, [...TRIAL, '/bin/true'], options);
    return { state: 'works', program, version };
  } catch (error) {
    const said = (error as { stderr?: unknown }).stderr;
    const reason = typeof said === 'string' && said.trim() !== '' ? said : String(error);
    return { state: 'refused', program, version, reason: reason.trim().slice(0, 300) };
  }
}

/** Every namespace that a sandbox needs, over the machine's own files. */
const TRIAL =
  `--unshare-user --unshare-ipc --unshare-pid --unshare-net --unshare-uts --die-with-parent --cap-drop ALL
  --uid 1000 --gid 1000 --ro-bind / / --proc /proc --remount-ro /proc --dev /dev --remount-ro /dev`.split(
    /\s+/,
  );

/** `bubblewrap 0.8.0` → `0.8.0`. */
export function parseBubblewrapVersion(text: string): string | undefined {
  return /(\d+\.\d+(?:\.\d+)*)/.exec(text)?.[1];
}

/** Whether a version is at least `least`; an unknown one is not. */
export function isAtLeast(version: string, least: readonly [number, number]): boolean {
  const [major, minor] = version.split('.').map(Number);
  if (major === undefined || minor === undefined || Number.isNaN(major) || Number.isNaN(minor)) return false;
  return major > least[0] || (major === least[0] && minor >= least[1]);
}
