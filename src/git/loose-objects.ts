import { createHash, randomBytes } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { constants, deflateSync, inflateSync } from 'node:zlib';
import { IDENTITY } from './git-process.js';

/**
 * Commits and trees are written here and not by git: a process of `git commit-tree` or `git write-tree` costs
 * more than all the rest of a small patch, and merging thousands of pairs makes thousands of both.
 */
export interface EncodedObject {
  readonly id: string;
  /** Type, size and content, as git hashes and packs them. */
  readonly bytes: Buffer;
}

export interface CommitContent {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
}

export function encodeObject(type: 'commit' | 'tree', body: Buffer): EncodedObject {
  const bytes = Buffer.concat([Buffer.from(`${type} ${body.length}\0`), body]);
  return { id: createHash('sha1').update(bytes).digest('hex'), bytes };
}

/** A commit as git itself would write it under our fixed identity. */
export function encodeCommit(content: CommitContent): EncodedObject {
  const person = `${IDENTITY.name} <${IDENTITY.email}> ${IDENTITY.date}`;
  const text = [
    `tree ${content.tree}`,
    ...content.parents.map((parent) => `parent ${parent}`),
    `author ${person}`,
    `committer ${person}`,
    '',
    `${content.message.trim()}\n`,
  ].join('\n');
  return encodeObject('commit', Buffer.from(text));
}

/** Writes an object into an object folder, unless it is there. */
export async function writeLooseObject(objectFolder: string, { id, bytes }: EncodedObject): Promise<void> {
  const folder = path.join(objectFolder, id.slice(0, 2));
  const file = path.join(folder, id.slice(2));
  if (await exists(file)) return;
  await mkdir(folder, { recursive: true });
  const temporary = path.join(folder, `tmp_obj_${randomBytes(6).toString('hex')}`);
  await writeFile(temporary, deflateSync(bytes, { level: 1 }), { mode: 0o444 });
  await rename(temporary, file);
}

/**
 * Copies what an object reaches from one object folder to another, as far as it lies there as loose objects; the
 * rest is elsewhere already (in packs). One look at the folder tells which do.
 */
export async function copyLooseObjects(from: string, to: string, root: string): Promise<void> {
  const loose = await listLooseObjects(from);
  const copy = async (id: string): Promise<void> => {
    if (!loose.delete(id)) return;
    const name = path.join(id.slice(0, 2), id.slice(2));
    const bytes = await readFile(path.join(from, name));
    await mkdir(path.join(to, id.slice(0, 2)), { recursive: true });
    await Promise.all([
      writeFile(path.join(to, name), bytes, { mode: 0o444 }),
      ...referencesOf(bytes).map(copy),
    ]);
  };
  await copy(root);
}

async function listLooseObjects(folder: string): Promise<Set<string>> {
  const groups = (await readdir(folder)).filter((name) => /^[0-9a-f]{2}$/.test(name));
  const lists = groups.map(async (group) =>
    (await readdir(path.join(folder, group))).map((rest) => `${group}${rest}`),
  );
  return new Set((await Promise.all(lists)).flat().filter((id) => /^[0-9a-f]{40}$/.test(id)));
}

/** Bytes of a deflated object that are enough for its type, the tables of the compression included. */
const HEAD_BYTES = 1024;

/** Identifiers that a loose commit or tree names; none for a blob. */
function referencesOf(deflated: Buffer): string[] {
  // A blob may be large, and its first bytes tell that it is one.
  const head = inflateSync(deflated.subarray(0, HEAD_BYTES), { finishFlush: constants.Z_SYNC_FLUSH });
  const type = head.toString('latin1', 0, 5);
  if (type !== 'commi' && type !== 'tree ') return [];
  const object = inflateSync(deflated);
  const body = object.subarray(object.indexOf(0) + 1);
  if (type === 'commi') {
    const [fields = ''] = body.toString('latin1').split('\n\n', 1);
    return [...fields.matchAll(/^(?:tree|parent) ([0-9a-f]{40})$/gm)].map((match) => match[1] ?? '');
  }
  const references: string[] = [];
  for (let end = body.indexOf(0); end !== -1; end = body.indexOf(0, end + 21)) {
    references.push(body.toString('hex', end + 1, end + 21));
  }
  return references;
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}
