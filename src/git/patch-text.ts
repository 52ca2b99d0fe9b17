import { bytesToText, readGitLineNames, readQuoted, stripPrefix } from './quoted-path.js';

export type PatchChange = 'added' | 'deleted' | 'modified' | 'renamed' | 'copied';

/** One file's part of a patch. */
export interface PatchFile {
  /** Path before the change, `a/` taken off; undefined for an added file. */
  readonly oldPath: string | undefined;
  /** Path after the change, `b/` taken off; undefined for a deleted file. */
  readonly newPath: string | undefined;
  readonly change: PatchChange;
  /** Octal modes, e.g. `100644`, where the patch names them. */
  readonly oldMode: string | undefined;
  readonly newMode: string | undefined;
  /** Lines. */
  readonly added: number;
  /** Lines. */
  readonly removed: number;
  readonly isBinary: boolean;
  /** Byte range of this file's part in the patch. */
  readonly start: number;
  readonly end: number;
}

interface Draft {
  start: number;
  names: { oldName: string; newName: string } | undefined;
  oldName: string | undefined;
  newName: string | undefined;
  change: PatchChange;
  oldMode: string | undefined;
  newMode: string | undefined;
  added: number;
  removed: number;
  isBinary: boolean;
  isGit: boolean;
  sawHunk: boolean;
}

/**
 * Reads a patch as git and diff write it. Never throws: what is no patch has no files. Quoted paths, CRLF
 * line ends, binary parts and bytes that are no UTF-8 are understood.
 */
export function parsePatch(patch: Uint8Array): PatchFile[] {
  const lines = new PatchLines(patch);
  const files: PatchFile[] = [];
  let draft: Draft | undefined;
  const finish = (end: number): void => {
    if (draft !== undefined) files.push(toFile(draft, end));
    draft = undefined;
  };
  for (let line = lines.next(); line !== undefined; line = lines.next()) {
    if (line.startsWith('diff --git ')) {
      finish(lines.lineStart);
      draft = newDraft(lines.lineStart, true, readGitLineNames(line.slice('diff --git '.length)));
      continue;
    }
    if (line.startsWith('--- ') && lines.peek()?.startsWith('+++ ')) {
      if (draft === undefined || draft.sawHunk || !draft.isGit) {
        finish(lines.lineStart);
        draft = newDraft(lines.lineStart, false);
      }
      draft.oldName = readHeaderName(line);
      draft.newName = readHeaderName(lines.next() ?? '');
      continue;
    }
    if (draft === undefined) continue;
    const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
    if (hunk !== null) {
      draft.sawHunk = true;
      readHunk(lines, draft, Number(hunk[1] ?? 1), Number(hunk[2] ?? 1));
    } else if (!draft.sawHunk) {
      readExtendedHeader(draft, line);
    }
  }
  finish(patch.length);
  return files;
}

/** The patch's lines as latin1 text, so that every byte survives. */
class PatchLines {
  readonly #text: string;
  #position = 0;
  lineStart = 0;

  constructor(patch: Uint8Array) {
    this.#text = Buffer.from(patch.buffer, patch.byteOffset, patch.byteLength).toString('latin1');
  }

  next(): string | undefined {
    const line = this.peek();
    if (line === undefined) return undefined;
    this.lineStart = this.#position;
    const end = this.#text.indexOf('\n', this.#position);
    this.#position = end === -1 ? this.#text.length : end + 1;
    return line;
  }

  peek(): string | undefined {
    if (this.#position >= this.#text.length) return undefined;
    const end = this.#text.indexOf('\n', this.#position);
    const line = this.#text.slice(this.#position, end === -1 ? undefined : end);
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  }
}

function newDraft(start: number, isGit: boolean, names?: Draft['names']): Draft {
  return {
    start,
    names,
    oldName: undefined,
    newName: undefined,
    change: 'modified',
    oldMode: undefined,
    newMode: undefined,
    added: 0,
    removed: 0,
    isBinary: false,
    isGit,
    sawHunk: false,
  };
}

/** Lines are counted off as the hunk's head says, so that a removed `-- x` is never taken for a file's head. */
function readHunk(lines: PatchLines, draft: Draft, oldCount: number, newCount: number): void {
  let oldLeft = oldCount;
  let newLeft = newCount;
  while (oldLeft > 0 || newLeft > 0) {
    const line = lines.peek();
    if (line === undefined || !/^[ +\-\\]|^$/.test(line)) return;
    lines.next();
    if (line.startsWith('\\')) continue;
    if (line.startsWith('+')) {
      draft.added += 1;
      newLeft -= 1;
    } else if (line.startsWith('-')) {
      draft.removed += 1;
      oldLeft -= 1;
    } else {
      oldLeft -= 1;
      newLeft -= 1;
    }
  }
}

function readExtendedHeader(draft: Draft, line: string): void {
  const [, key, value] =
    /^(old mode|new mode|deleted file mode|new file mode|rename from|rename to|copy from|copy to) (.*)$/.exec(
      line,
    ) ?? [];
  if (line.startsWith('GIT binary patch') || /^Binary files .* differ$/.test(line)) draft.isBinary = true;
  if (key === undefined || value === undefined) return;
  if (key === 'old mode' || key === 'deleted file mode') draft.oldMode = value;
  if (key === 'new mode' || key === 'new file mode') draft.newMode = value;
  if (key === 'deleted file mode') draft.change = 'deleted';
  if (key === 'new file mode') draft.change = 'added';
  if (key.startsWith('rename')) draft.change = 'renamed';
  if (key.startsWith('copy')) draft.change = 'copied';
  if (key.endsWith(' from')) draft.oldName = unquote(value);
  if (key.endsWith(' to')) draft.newName = unquote(value);
}

/** The name on a `---` or `+++` line, its `a/` or `b/` taken off; `/dev/null` stays. */
function readHeaderName(line: string): string {
  const rest = line.slice(4);
  const name = rest.startsWith('"') ? unquote(rest) : (rest.split('\t')[0] ?? '').trimEnd();
  return name === '/dev/null' || name.startsWith('/') ? name : stripPrefix(name);
}

function unquote(value: string): string {
  return readQuoted(value, 0)?.value ?? value;
}

function toFile(draft: Draft, end: number): PatchFile {
  let change = draft.change;
  if (change === 'modified' && draft.oldName === '/dev/null') change = 'added';
  if (change === 'modified' && draft.newName === '/dev/null') change = 'deleted';
  const named = (name: string | undefined): string | undefined => (name === '/dev/null' ? undefined : name);
  const oldName = named(draft.oldName) ?? draft.names?.oldName;
  const newName = named(draft.newName) ?? draft.names?.newName;
  return {
    oldPath: change === 'added' || oldName === undefined ? undefined : bytesToText(oldName),
    newPath: change === 'deleted' || newName === undefined ? undefined : bytesToText(newName),
    change,
    oldMode: draft.oldMode,
    newMode: draft.newMode,
    added: draft.added,
    removed: draft.removed,
    isBinary: draft.isBinary,
    start: draft.start,
    end,
  };
}
