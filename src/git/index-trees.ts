import { encodeObject, type EncodedObject } from './loose-objects.js';

/** One file of an index. */
interface IndexEntry {
  /** Path, one character a byte. */
  readonly name: string;
  /** Octal. */
  readonly mode: string;
  readonly id: Buffer;
}

const HEADER = 12;
/** Bytes of an entry before its identifier, and before its name. */
const STATUS = 40;
const FIXED = 62;

/**
 * The trees that an index file holds, deepest first and the root last, as `git write-tree` would write them.
 * Reads what git writes under our configuration: version 2, SHA-1.
 *
 * @see gitformat-index(5)
 * @throws where the index is of another kind, or has unmerged files.
 */
export function treesOfIndex(index: Buffer): EncodedObject[] {
  const trees: EncodedObject[] = [];
  const entries = readEntries(index);
  buildTree(entries, 0, entries.length, 0, trees);
  return trees;
}

function readEntries(index: Buffer): IndexEntry[] {
  if (index.toString('latin1', 0, 4) !== 'DIRC' || index.readUInt32BE(4) !== 2) {
    throw new Error('the index file is not of version 2');
  }
  const entries: IndexEntry[] = [];
  let position = HEADER;
  for (let left = index.readUInt32BE(8); left > 0; left -= 1) {
    const flags = index.readUInt16BE(position + FIXED - 2);
    if ((flags & 0x3000) !== 0) throw new Error('the index has unmerged files');
    const start = position + FIXED;
    const end = index.indexOf(0, start);
    entries.push({
      name: index.toString('latin1', start, end),
      mode: index.readUInt32BE(position + 24).toString(8),
      id: index.subarray(position + STATUS, position + FIXED - 2),
    });
    // Entries are padded with 1 to 8 NUL bytes to a multiple of eight.
    position += Math.floor((FIXED + (end - start) + 8) / 8) * 8;
  }
  return entries;
}

/** Builds the tree of `entries[from…to)`, which share the first `depth` characters, a folder's name. */
function buildTree(
  entries: readonly IndexEntry[],
  from: number,
  to: number,
  depth: number,
  trees: EncodedObject[],
): Buffer {
  const parts: Buffer[] = [];
  const add = (mode: string, name: string, id: Buffer): void => {
    parts.push(Buffer.from(`${mode} ${name}\0`, 'latin1'), id);
  };
  let position = from;
  while (position < to) {
    const entry = entries[position] as IndexEntry;
    const slash = entry.name.indexOf('/', depth);
    if (slash === -1) {
      add(entry.mode, entry.name.slice(depth), entry.id);
      position += 1;
      continue;
    }
    // An index is sorted by whole paths, so a folder's files stand together, where trees want the folder.
    const folder = entry.name.slice(0, slash + 1);
    let end = position + 1;
    while (end < to && (entries[end] as IndexEntry).name.startsWith(folder)) end += 1;
    add('40000', entry.name.slice(depth, slash), buildTree(entries, position, end, slash + 1, trees));
    position = end;
  }
  const tree = encodeObject('tree', Buffer.concat(parts));
  trees.push(tree);
  return Buffer.from(tree.id, 'hex');
}
