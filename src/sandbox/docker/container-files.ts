import { Buffer } from 'node:buffer';
import path from 'node:path';

import { InfrastructureFault } from '../../base/errors.js';
import { MAXIMUM_FILE_BYTES } from '../sandbox.js';
import { SandboxRefusal, type RefusalCode } from '../sandbox-refusal.js';

/** Bash that makes the clone a folder again, should an agent have removed it or put a link in its place. */
export const RESTORE_WORKSPACE = String.raw`
if [ -L "$1" ] || [ ! -d "$1" ]; then rm -f -- "$1"; mkdir -p -- "$1"; fi
`;

const EXIT = { outside: 71, missing: 72, notAFile: 73, tooLarge: 74, notWritable: 75 } as const;

/**
 * Sets `base` to the clone, and `real` to where the path leads once links are followed, or to nothing where it does
 * not exist; ends with a refusal where that is not in the clone. All of it runs inside the container, as the agent
 * does, so that not even a race gives away more than the agent could read by itself.
 */
const LOCATE = String.raw`
exec 2> /dev/null
${RESTORE_WORKSPACE}
inside() { [ "$1" = "$base" ] || [ "${'$'}{1#"$base"/}" != "$1" ]; }
resolve() { real=; IFS= read -r -d '' real < <(realpath -ez -- "$1"); [ -n "$real" ]; }
cd -P -- "$1" || exit 72
base=$PWD
case $2 in
  "$1") asked=$base ;;
  "$1"/*) asked=$base/${'$'}{2#"$1"/} ;;
  *) asked=$2 ;;
esac
missing=
if resolve "$asked"; then
  inside "$real" || exit ${EXIT.outside}
else
  place=$asked
  while :; do
    if [ -L "$place" ]; then [ -e "$place" ] || exit ${EXIT.missing}; fi
    if resolve "$place"; then
      inside "$real" || exit ${EXIT.outside}
      [ -d "$real" ] || exit $failure
      break
    fi
    missing=/${'$'}{place##*/}$missing
    place=${'$'}{place%/*}
    [ -n "$place" ] || place=/
  done
  folder=$real
  real=
fi
`;

const READ_SCRIPT = `failure=${EXIT.missing}
${LOCATE}
[ -n "$real" ] || exit ${EXIT.missing}
[ -f "$real" ] || exit ${EXIT.notAFile}
[ "$(stat -c %s -- "$real")" -le "$3" ] || exit ${EXIT.tooLarge}
exec 3< "$real" || exit ${EXIT.missing}
exec head -c "$(($3 + 1))" <&3
`;

const WRITE_SCRIPT = String.raw`failure=${EXIT.notWritable}
${LOCATE}
if [ -n "$real" ]; then
  [ -f "$real" ] || exit ${EXIT.notAFile}
  if [ "$(stat -c %h -- "$real")" != 1 ]; then
    mode=$(stat -c %a -- "$real") || exit ${EXIT.notWritable}
    rm -f -- "$real" && set -C && : > "$real" && chmod "$mode" -- "$real" && set +C || exit ${EXIT.notWritable}
  fi
else
  [ "$4" = file ] || exit ${EXIT.notAFile}
  real=$folder$missing
  mkdir -p -- "${'$'}{real%/*}" && set -C && : > "$real" && set +C || exit ${EXIT.notWritable}
fi
head -c "$3" > "$real" || exit ${EXIT.notWritable}
[ "$(stat -c %s -- "$real")" = "$3" ] || exit ${EXIT.notWritable}
`;

/** One call of a script inside the container, as {@link readCommand} and {@link writeCommand} describe it. */
export interface FileCommand {
  readonly command: readonly [string, ...string[]];
  readonly stdin?: Uint8Array;
}

/** @throws {SandboxRefusal} for a path that no script need look at. */
export function readCommand(workspace: string, asked: string): FileCommand {
  const target = absolute(workspace, asked);
  return { command: ['bash', '-c', READ_SCRIPT, 'troupe', workspace, target, String(MAXIMUM_FILE_BYTES)] };
}

/** @throws {SandboxRefusal} for a path or content that no script need look at. */
export function writeCommand(workspace: string, asked: string, content: string | Uint8Array): FileCommand {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  if (bytes.length > MAXIMUM_FILE_BYTES) throw refusal(asked, EXIT.tooLarge, `it has ${bytes.length} bytes`);
  const target = absolute(workspace, asked);
  const kind = asked.endsWith('/') ? 'folder' : 'file';
  return {
    command: ['bash', '-c', WRITE_SCRIPT, 'troupe', workspace, target, String(bytes.length), kind],
    stdin: bytes,
  };
}

function absolute(workspace: string, asked: string): string {
  if (asked.includes('\0'))
    throw new SandboxRefusal('a path may not hold null characters', 'outside-workspace');
  return path.posix.resolve(workspace, asked);
}

/** Throws what a script's exit code stands for; nothing for 0. */
export function refuseByExitCode(asked: string, exitCode: number): void {
  if (exitCode !== 0) throw refusal(asked, exitCode);
}

const REFUSALS: Readonly<Record<number, readonly [RefusalCode, string]>> = {
  [EXIT.outside]: ['outside-workspace', 'lies outside the workspace'],
  [EXIT.missing]: ['file-not-found', 'does not exist, or goes through a broken symbolic link'],
  [EXIT.notAFile]: ['not-a-file', 'is a folder or a special file, not a file'],
  [EXIT.tooLarge]: ['file-too-large', `is too large; at most ${MAXIMUM_FILE_BYTES} bytes are taken`],
  [EXIT.notWritable]: ['file-not-writable', 'cannot be written'],
};

function refusal(asked: string, exitCode: number, detail?: string): Error {
  const known = REFUSALS[exitCode];
  if (known === undefined) {
    return new InfrastructureFault(`${asked}: the container answered with exit code ${exitCode}`, {
      code: 'file-access',
      remedy: 'the image needs bash and coreutils',
    });
  }
  return new SandboxRefusal(`${asked} ${known[1]}${detail === undefined ? '' : `: ${detail}`}`, known[0]);
}
