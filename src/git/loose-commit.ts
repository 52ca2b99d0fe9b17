import { createHash, randomBytes } from 'node:crypto';
import { access, mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import { IDENTITY } from './git-process.js';

export interface CommitContent {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
}

/** A commit's identifier and bytes, as git itself would write them under our fixed identity. */
export function encodeCommit(content: CommitContent): { id: string; bytes: Buffer } {
  const person = `${IDENTITY.name} <${IDENTITY.email}> ${IDENTITY.date}`;
  const text = [
    `tree ${content.tree}`,
    ...content.parents.map((parent) => `parent ${parent}`),
    `author ${person}`,
    `committer ${person}`,
    '',
    `${content.message.trim()}\n`,
  ].join('\n');
  const body = Buffer.from(text);
  const bytes = Buffer.concat([Buffer.from(`commit ${body.length}\0`), body]);
  return { id: createHash('sha1').update(bytes).digest('hex'), bytes };
}

/**
 * Writes a commit as a loose object. A process of `git commit-tree` would cost more than all the rest
 * of a small commit, and merging thousands of pairs makes thousands of commits.
 */
export async function writeCommit(objectFolder: string, content: CommitContent): Promise<string> {
  const { id, bytes } = encodeCommit(content);
  const folder = path.join(objectFolder, id.slice(0, 2));
  const file = path.join(folder, id.slice(2));
  if (await exists(file)) return id;
  await mkdir(folder, { recursive: true });
  const temporary = path.join(folder, `tmp_obj_${randomBytes(6).toString('hex')}`);
  await writeFile(temporary, deflateSync(bytes, { level: 1 }), { mode: 0o444 });
  await rename(temporary, file);
  return id;
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}
