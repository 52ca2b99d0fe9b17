import { holdsMarkers, splitLines, type ConflictRegion } from './conflict-markers.js';

/** Lines shown before and after a conflicting region. */
const CONTEXT_LINES = 5;

export const MERGE_SYSTEM_PROMPT = `You resolve merge conflicts in source code. Two developers built different features on the same code, and both features must work afterwards. You are shown one conflicting region of a file and the lines around it.

Answer with the lines that take the region's place: everything between and including the conflict markers, and nothing else. Keep the indentation. Do not repeat the lines around the region, do not explain, do not use conflict markers.`;

/** The question about one region. Commit identifiers in the markers are replaced by plain names. */
export function regionPrompt(file: string, lines: readonly string[], region: ConflictRegion): string {
  const before = lines.slice(Math.max(0, region.startLine - 1 - CONTEXT_LINES), region.startLine - 1);
  const after = lines.slice(region.endLine, region.endLine + CONTEXT_LINES);
  const conflict = ['<<<<<<< first\n', ...region.ours, '=======\n', ...region.theirs, '>>>>>>> second\n'];
  const shown = (part: readonly string[]): string =>
    Buffer.from(part.map((line) => closed(line)).join(''), 'latin1')
      .toString('utf8')
      .replaceAll('\r\n', '\n');
  return [
    `File: ${file}\n`,
    `Lines before:\n\n${shown(before)}`,
    `Conflicting region:\n\n${shown(conflict)}`,
    `Lines after:\n\n${shown(after)}`,
  ].join('\n');
}

/** What an answer held that is not code. */
export class UnusableResolution extends Error {}

/**
 * The lines that a model's answer puts in a region's place, as bytes: the code fence around the whole answer
 * is taken off, and lines that are nothing but markers left over from the question. Line ends are those of the
 * region.
 *
 * @throws {UnusableResolution} where the answer is empty without saying so in a fence, or holds conflict markers.
 */
export function readResolution(answer: string, region: ConflictRegion): Buffer {
  const code = withoutStrayMarkers(withoutFence(answer));
  if (holdsMarkers(code) || splitLines(code).some((line) => /^={7}\r?\n?$/.test(line))) {
    throw new UnusableResolution('the answer holds conflict markers');
  }
  const isCarriage = [...region.ours, ...region.theirs].some((line) => line.endsWith('\r\n'));
  const plain = code.replaceAll('\r\n', '\n');
  const text = closed(isCarriage ? plain.replaceAll('\n', '\r\n') : plain, isCarriage ? '\r\n' : '\n');
  return Buffer.from(text, 'utf8');
}

/** ```` ```python … ``` ```` → …; blank lines around the fence go, those inside stay. */
function withoutFence(answer: string): string {
  const match = /^\s*(`{3,}|~{3,})[^\n`]*\n([^]*?)\n?\1\s*$/.exec(answer);
  if (match !== null) return match[2] ?? '';
  if (answer.trim() === '') throw new UnusableResolution('the answer is empty');
  return answer.replace(/^(?:[ \t]*\r?\n)+/, '').trimEnd();
}

/** Opening and closing lines that some models repeat around an answer that is otherwise resolved. */
function withoutStrayMarkers(code: string): string {
  const lines = splitLines(code);
  const hasDivider = lines.some((line) => /^={7}\r?\n?$/.test(line));
  if (hasDivider) return code;
  return lines.filter((line) => !/^(<{7}|>{7}|\|{7})( |\r?\n|$)/.test(line)).join('');
}

/** A text that, unless empty, ends with a line end. */
function closed(text: string, lineEnd = '\n'): string {
  return text === '' || text.endsWith('\n') ? text : text + lineEnd;
}
