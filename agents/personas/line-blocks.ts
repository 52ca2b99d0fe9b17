import { diffArrays } from 'diff';

/** A stretch of lines that differ: `removed` at `start` (0-based line of the old text) gave way to `added`. */
export interface LineBlock {
  readonly start: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** The lines of a text, each with its own line end. */
export function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** What changed between two texts, as blocks that unchanged lines keep apart. */
export function lineBlocks(before: string, after: string): LineBlock[] {
  const blocks: LineBlock[] = [];
  let line = 0;
  let open: { start: number; removed: string[]; added: string[] } | undefined;
  for (const change of diffArrays(splitLines(before), splitLines(after))) {
    if (!change.added && !change.removed) {
      if (open !== undefined) blocks.push(open);
      open = undefined;
      line += change.value.length;
      continue;
    }
    open ??= { start: line, removed: [], added: [] };
    if (change.added) open.added.push(...change.value);
    else {
      open.removed.push(...change.value);
      line += change.value.length;
    }
  }
  if (open !== undefined) blocks.push(open);
  return blocks;
}

/** The old text with the given blocks of its changes made. */
export function applyBlocks(before: string, blocks: readonly LineBlock[]): string {
  const lines = splitLines(before);
  const parts: string[] = [];
  let line = 0;
  for (const block of blocks) {
    parts.push(...lines.slice(line, block.start), ...block.added);
    line = block.start + block.removed.length;
  }
  parts.push(...lines.slice(line));
  return parts.join('');
}

/** Whether two blocks of changes to the same old text overlap or touch, as a merge would see it. */
export function blocksMeet(one: LineBlock, other: LineBlock): boolean {
  return one.start <= other.start + other.removed.length && other.start <= one.start + one.removed.length;
}

/** A block's place in the old text, as people write it: `12-15`, or `12` for one line or an insertion. */
export function lineRange(block: LineBlock): string {
  const first = block.start + 1;
  const last = block.start + Math.max(1, block.removed.length);
  return first === last ? String(first) : `${first}-${last}`;
}
