import type { ScriptedCall } from '../../src/model/scripted-model.js';
import { lineBlocks, lineRange, splitLines, type LineBlock } from './line-blocks.js';

/** A file as a persona knows it will become. */
export interface KnownChange {
  readonly path: string;
  /** Content at the base commit; absent where the file is new. */
  readonly before: Buffer | undefined;
  /** Content to reach; absent where the file goes. */
  readonly after: Buffer | undefined;
  readonly executable: boolean;
}

/** Edits that turn each file from what it was into what the persona knows, through the agents' own tools. */
export function editCalls(changes: readonly KnownChange[]): ScriptedCall[] {
  return changes.flatMap(editsOfFile);
}

function editsOfFile(change: KnownChange): ScriptedCall[] {
  const { path, before, after } = change;
  if (after === undefined) return [bash(`rm -f -- ${quote(path)}`)];
  const calls = textEdits(path, before, after) ?? [
    bash(
      `mkdir -p -- "$(dirname -- ${quote(path)})" && base64 -d > ${quote(path)} <<'END'\n${wrap(after)}\nEND`,
    ),
  ];
  return change.executable && before === undefined ? [...calls, bash(`chmod +x -- ${quote(path)}`)] : calls;
}

/** The edits as text, or nothing where the file is not text. */
function textEdits(path: string, before: Buffer | undefined, after: Buffer): ScriptedCall[] | undefined {
  const newText = asText(after);
  if (newText === undefined) return undefined;
  const create = [{ name: 'create', arguments: { path, content: newText } }];
  const oldText = before === undefined ? undefined : asText(before);
  if (oldText === undefined || oldText === '') return create;
  const calls: ScriptedCall[] = [];
  let current = oldText;
  let shift = 0;
  for (const block of lineBlocks(oldText, newText)) {
    const edit = uniqueReplacement(current, block, shift);
    if (edit === undefined) return create;
    calls.push({ name: 'replace', arguments: { path, old_text: edit.oldText, new_text: edit.newText } });
    current = edit.result;
    shift += block.added.length - block.removed.length;
  }
  return calls;
}

/** The block with as many lines around it as make its old text occur once in the file. */
function uniqueReplacement(
  current: string,
  block: LineBlock,
  shift: number,
): { oldText: string; newText: string; result: string } | undefined {
  const lines = splitLines(current);
  const start = block.start + shift;
  const end = start + block.removed.length;
  for (let around = 1; around <= lines.length; around += 2) {
    const head = lines.slice(Math.max(0, start - around), start).join('');
    const tail = lines.slice(end, end + around).join('');
    const oldText = head + block.removed.join('') + tail;
    const first = current.indexOf(oldText);
    if (oldText === '' || first === -1) return undefined;
    if (current.indexOf(oldText, first + 1) !== -1) continue;
    const newText = head + block.added.join('') + tail;
    return {
      oldText,
      newText,
      result: current.slice(0, first) + newText + current.slice(first + oldText.length),
    };
  }
  return undefined;
}

/** Where the changes lie, e.g. `src/router.js (lines 12-15, 40)`. */
export function describePlaces(changes: readonly KnownChange[]): string[] {
  return changes.map(({ path, before, after }) => {
    if (before === undefined) return `${path} (new)`;
    if (after === undefined) return `${path} (removed)`;
    const oldText = asText(before);
    const newText = asText(after);
    if (oldText === undefined || newText === undefined) return path;
    const ranges = lineBlocks(oldText, newText).map(lineRange);
    return `${path} (line${ranges.length === 1 && !ranges[0]?.includes('-') ? '' : 's'} ${ranges.join(', ')})`;
  });
}

/** A file's bytes as text, or nothing where they are none. */
export function asText(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  return text.includes('\0') || !Buffer.from(text, 'utf8').equals(bytes) ? undefined : text;
}

function bash(command: string): ScriptedCall {
  return { name: 'bash', arguments: { command } };
}

function quote(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}

function wrap(bytes: Buffer): string {
  return bytes.toString('base64').replace(/.{76}/g, '$&\n');
}
