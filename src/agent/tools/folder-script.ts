import { SandboxRefusal } from '../../sandbox/sandbox-refusal.js';
import type { CommandResult, Sandbox } from '../../sandbox/sandbox.js';
import type { ToolContext } from './tool.js';

/** Folders whose insides are neither listed nor searched unless they are asked for by name. */
export const SKIPPED_FOLDERS = ['node_modules', '__pycache__', '.venv'] as const;

/** For `find`: true for the folders above. */
export const SKIPPED_TEST =
  `-type d ( ${SKIPPED_FOLDERS.map((name) => `-name ${name}`).join(' -o ')} )`.replace(/[()]/g, '\\$&');

const MISSING = 64;
const OUTSIDE = 65;
const NOT_A_FOLDER = 66;

/**
 * Opens each script: resolves `$1` with all its links, in the sandbox itself, and ends unless that lies in the
 * clone. Afterwards `$place` is the path from the clone, `.` or `./…`, and `folder` ends unless it is a folder.
 */
const PREAMBLE = `
root=$(pwd -P)
target=$(realpath "$1" 2>/dev/null) || exit ${MISSING}
case "$target/" in "$root"/*) ;; *) exit ${OUTSIDE} ;; esac
[ -e "$target" ] || exit ${MISSING}
place=.\${target#"$root"}
folder() { [ -d "$place" ] || exit ${NOT_A_FOLDER}; }
`;

/**
 * Runs a fixed shell script over a path that the agent named. Nothing from the agent is part of the script's text.
 *
 * @throws {SandboxRefusal} for a path that is missing, outside, or, where the script asks, not a folder.
 */
export async function runOverPath(
  script: string,
  path: string,
  parameters: readonly string[],
  { sandbox, signal }: ToolContext,
): Promise<CommandResult> {
  if (path.includes('\0'))
    throw new SandboxRefusal('a path may not hold null characters', 'outside-workspace');
  const result = await sandbox.run(
    ['sh', '-c', PREAMBLE + script, 'sh', anchored(path, sandbox), ...parameters],
    {
      timeout: 60_000,
      maximumOutput: 1024 * 1024,
      signal,
    },
  );
  if (result.exitCode === MISSING) throw new SandboxRefusal(`${path} does not exist`, 'file-not-found');
  if (result.exitCode === OUTSIDE) {
    throw new SandboxRefusal(`${path} lies outside the workspace`, 'outside-workspace');
  }
  if (result.exitCode === NOT_A_FOLDER) throw new SandboxRefusal(`${path} is not a folder`, 'not-a-file');
  return result;
}

/** A path that no program takes for an option. */
function anchored(path: string, sandbox: Sandbox): string {
  if (path === '') return sandbox.workspace;
  return path.startsWith('/') ? path : `./${path}`;
}
