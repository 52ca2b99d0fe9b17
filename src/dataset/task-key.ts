import { createHash, type Hash } from 'node:crypto';
import { lstat, readFile, readdir, readlink } from 'node:fs/promises';
import path from 'node:path';

/** Raised whenever what a prepared task holds changes. */
export const PREPARED_FORMAT = 2;

/** Whether a file or folder at the top of a task says nothing about its repository. */
export function isBesideSetup(name: string): boolean {
  return /^feature\d+$/.test(name) || name === 'combined.patch';
}

/**
 * Hexadecimal key of everything that setup.sh can see: names, contents and executable bits of the task's
 * files, features and combined.patch left out. Equal keys mean equal preparations.
 */
export async function taskKey(folder: string): Promise<string> {
  const hash = createHash('sha256').update(`troupe-prepared-task ${PREPARED_FORMAT}\0`);
  await hashFolder(hash, folder, '', isBesideSetup);
  return hash.digest('hex').slice(0, 40);
}

async function hashFolder(
  hash: Hash,
  folder: string,
  relative: string,
  isSkipped: (name: string) => boolean,
): Promise<void> {
  const names = (await readdir(folder)).filter((name) => !isSkipped(name)).sort();
  for (const name of names) {
    const file = path.join(folder, name);
    const shown = relative === '' ? name : `${relative}/${name}`;
    const status = await lstat(file);
    if (status.isDirectory()) {
      await hashFolder(hash, file, shown, () => false);
    } else if (status.isSymbolicLink()) {
      hash.update(`link ${shown}\0${await readlink(file)}\0`);
    } else if (status.isFile()) {
      const content = await readFile(file);
      const kind = (status.mode & 0o100) === 0 ? 'file' : 'program';
      hash.update(`${kind} ${shown}\0${content.length}\0`).update(content);
    }
  }
}
