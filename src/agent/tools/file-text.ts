import { z } from 'zod';

import { failure, success, type ToolOutcome } from './tool.js';

/** Lines that are shown at once. */
export const MAXIMUM_LINES = 1000;
/** Characters of a line that are shown. */
const LONGEST_LINE = 2000;
/** Characters that are shown at once. */
const MAXIMUM_CHARACTERS = 60_000;

/** Shared parameters of the tools that show a file. */
export const fileParameters = z.object({
  path: z.string().min(1).describe('Path of the file, relative to the repository.'),
  first_line: z.int().min(1).max(10_000_000).optional().describe('First line to show, from 1.'),
  last_line: z.int().min(1).max(10_000_000).optional().describe('Last line to show, included.'),
});

export interface LineRange {
  readonly first?: number | undefined;
  readonly last?: number | undefined;
}

/**
 * A file's lines with their numbers, cut to what a prompt can bear; says so where lines are left out.
 * A file that is not text, or a range that lies outside it, is the agent's mistake.
 */
export function showLines(path: string, content: Buffer, range: LineRange): ToolOutcome {
  if (content.subarray(0, 8192).includes(0)) {
    return failure(`${path} is a binary file of ${content.length} bytes.`);
  }
  const lines = splitLines(content.toString('utf8'));
  if (lines.length === 0) return success(`(${path} is empty)`);
  const first = range.first ?? 1;
  const last = Math.min(range.last ?? lines.length, lines.length);
  if (first > lines.length || first > last) {
    const asked = `${first}-${range.last ?? lines.length}`;
    return failure(`${path} has ${lines.length} lines; ${asked} is not among them.`);
  }
  const shown: string[] = [];
  let characters = 0;
  for (const line of lines.slice(first - 1, last)) {
    const text = numbered(first + shown.length, line);
    characters += text.length + 1;
    if (shown.length >= MAXIMUM_LINES || characters > MAXIMUM_CHARACTERS) break;
    shown.push(text);
  }
  const end = first + shown.length - 1;
  if (end < last) shown.push(`(lines ${end + 1} to ${last} are left out; ask for them by range)`);
  else if (end < lines.length) shown.push(`(the file has ${lines.length} lines)`);
  return success(shown.join('\n'));
}

/** The lines from some before to some after a place that was changed, with numbers. */
export function showAround(content: string, firstLine: number, lineCount: number): string {
  const lines = splitLines(Buffer.from(content, 'latin1').toString('utf8'));
  const from = Math.max(1, firstLine - 3);
  const shown = lines.slice(from - 1, firstLine + Math.min(lineCount, 40) + 2);
  return shown.map((line, index) => numbered(from + index, line)).join('\n');
}

/** Lines without their ends; a last line need not be ended, and an empty text has none. */
export function splitLines(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
}

function numbered(number: number, line: string): string {
  const cut = line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)} (line cut)` : line;
  return `${String(number).padStart(6)}\t${cut}`;
}

/**
 * Text as a string of one character a byte, so that edits leave bytes which are not UTF-8 as they are.
 */
export const byteString = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** Ends of lines that a file uses for the most part. */
export function lineEnding(content: string): '\n' | '\r\n' {
  const windows = content.split('\r\n').length - 1;
  return windows > 0 && windows * 2 > content.split('\n').length - 1 ? '\r\n' : '\n';
}

/** The same text with other ends of lines. */
export const withLineEnding = (text: string, ending: '\n' | '\r\n'): string => text.replace(/\r?\n/g, ending);
