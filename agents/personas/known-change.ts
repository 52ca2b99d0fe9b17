import type { ScriptedCall } from '../../src/model/scripted-model.js';
import { lineBlocks, lineRange, splitLines, type LineBlock } from './line-blocks.js';

/** Modes that git gives to files; `120000` is a symbolic link, whose content is where it leads. */
export type FileMode = '100644' | '100755' | '120000';

/** A file as a persona knows it will become. */
export interface KnownChange {
  readonly path: string;
  /** Content at the base commit; absent where the file is new. */
  readonly before: Buffer | undefined;
  /** Content to reach; absent where the file goes. */
  readonly after: Buffer | undefined;
  readonly beforeMode: FileMode | undefined;
  readonly afterMode: FileMode | undefined;
}

/** Characters of encoded bytes in one command; the system bears no argument above 128 KiB. */
const LONGEST_CHUNK = 76 * 1000;

/** Edits that turn each file from what it was into what the persona knows, through the agents' own tools. */
export function editCalls(changes: readonly KnownChange[]): ScriptedCall[] {
  // What goes makes room first: a folder may give way to a file of its name.
  const order = (change: KnownChange): number => (change.after === undefined ? 0 : 1);
  return [...changes].sort((one, other) => order(one) - order(other)).flatMap(editsOfFile);
}

function editsOfFile(change: KnownChange): ScriptedCall[] {
  const { path, before, after, beforeMode, afterMode } = change;
  const name = quote(path);
  if (after === undefined) return [bash(`rm -f -- ${name}${removeEmptyFolders(path)}`)];
  if (afterMode === '120000') {
    const target = quote(after.toString('utf8'));
    return [bash(`mkdir -p -- "$(dirname -- ${name})" && rm -f -- ${name} && ln -s -- ${target} ${name}`)];
  }
  const wasLink = beforeMode === '120000';
  const old = wasLink ? undefined : before;
  const calls = wasLink ? [bash(`rm -f -- ${name}`)] : [];
  if (old === undefined || !old.equals(after))
    calls.push(...(textEdits(path, old, after) ?? rawEdits(path, after)));
  const wasExecutable = beforeMode === '100755';
  if (afterMode === '100755' && !wasExecutable) calls.push(bash(`chmod +x -- ${name}`));
  if (afterMode === '100644' && wasExecutable) calls.push(bash(`chmod -x -- ${name}`));
  return calls;
}

function removeEmptyFolders(path: string): string {
  const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  return folder === '' ? '' : ` && rmdir -p --ignore-fail-on-non-empty -- ${quote(folder)}`;
}

/** Bytes that are no text, written in as many commands as they need. */
function rawEdits(path: string, after: Buffer): ScriptedCall[] {
  const name = quote(path);
  const encoded = after.toString('base64');
  const chunks = encoded.match(new RegExp(`.{1,${LONGEST_CHUNK}}`, 'g')) ?? [''];
  return chunks.map((chunk, index) => {
    const start = index === 0 ? `mkdir -p -- "$(dirname -- ${name})" && base64 -d > ` : 'base64 -d >> ';
    return bash(`${start}${name} <<'END'\n${chunk.replace(/.{76}/g, '$&\n')}\nEND`);
  });
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
  return changes.map((change) => {
    const { path, before, after } = change;
    if (before === undefined) return `${path} (new)`;
    if (after === undefined) return `${path} (removed)`;
    const texts = textsOf(change);
    if (texts.before === undefined || texts.after === undefined || before.equals(after)) return path;
    const ranges = lineBlocks(texts.before, texts.after).map(lineRange);
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

/** What a change finds and leaves, as texts; nothing for what is absent, no text, or a link. */
export function textsOf(change: KnownChange): {
  readonly before: string | undefined;
  readonly after: string | undefined;
} {
  const text = (bytes: Buffer | undefined, mode: FileMode | undefined): string | undefined =>
    bytes === undefined || mode === '120000' ? undefined : asText(bytes);
  return { before: text(change.before, change.beforeMode), after: text(change.after, change.afterMode) };
}
