/** Paths as git writes them in patches: C-quoted where they hold unusual bytes. */

const ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  '"': 34,
  '\\': 92,
};

/**
 * Reads a C-quoted string that starts at `start` (which must be a double quote).
 *
 * @param line bytes as latin1 text.
 * @returns the bytes as latin1 text and the index after the closing quote; undefined where the quoting is broken.
 */
export function readQuoted(line: string, start: number): { value: string; end: number } | undefined {
  if (line[start] !== '"') return undefined;
  let value = '';
  let index = start + 1;
  while (index < line.length) {
    const character = line[index] ?? '';
    if (character === '"') return { value, end: index + 1 };
    if (character !== '\\') {
      value += character;
      index += 1;
      continue;
    }
    const octal = /^[0-3][0-7]{2}/.exec(line.slice(index + 1, index + 4));
    if (octal !== null) {
      value += String.fromCharCode(Number.parseInt(octal[0], 8));
      index += 4;
      continue;
    }
    const code = ESCAPES[line[index + 1] ?? ''];
    if (code === undefined) return undefined;
    value += String.fromCharCode(code);
    index += 2;
  }
  return undefined;
}

/** Latin1 text that stands for bytes, as readable UTF-8 text; bytes that are no UTF-8 become U+FFFD. */
export function bytesToText(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}

/** A path's bytes. */
export function toBytes(path: string | Uint8Array): Buffer {
  return typeof path === 'string' ? Buffer.from(path) : Buffer.from(path);
}

/** `a/src/x.ts` → `src/x.ts`; a path without a folder in front stays as it is. */
export function stripPrefix(name: string): string {
  const slash = name.indexOf('/');
  return slash === -1 ? name : name.slice(slash + 1);
}

/**
 * The two names of a `diff --git` line, prefixes taken off. Unquoted names are told apart only where both
 * are the same, as git itself does it; undefined otherwise.
 */
export function readGitLineNames(rest: string): { oldName: string; newName: string } | undefined {
  if (rest.startsWith('"')) {
    const first = readQuoted(rest, 0);
    if (first === undefined) return undefined;
    const tail = rest.slice(first.end).trimStart();
    const second = tail.startsWith('"') ? readQuoted(tail, 0)?.value : tail;
    return second === undefined || second === ''
      ? undefined
      : { oldName: stripPrefix(first.value), newName: stripPrefix(second) };
  }
  const quote = rest.indexOf(' "');
  if (quote !== -1) {
    const second = readQuoted(rest, quote + 1);
    if (second !== undefined && second.end === rest.length) {
      return { oldName: stripPrefix(rest.slice(0, quote)), newName: stripPrefix(second.value) };
    }
  }
  // The only space at which both sides can be equal is the one in the middle.
  for (let space = rest.indexOf(' '); space !== -1; space = rest.indexOf(' ', space + 1)) {
    const oldName = stripPrefix(rest.slice(0, space));
    if (oldName !== '' && oldName === stripPrefix(rest.slice(space + 1)))
      return { oldName, newName: oldName };
  }
  return undefined;
}
