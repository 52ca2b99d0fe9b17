import { createHash, randomBytes } from 'node:crypto';
import { access, mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
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

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}
