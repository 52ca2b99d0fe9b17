import { createHash } from 'node:crypto';
import { copyFile, lstat } from 'node:fs/promises';
import path from 'node:path';
import { UserMistake } from '../base/errors.js';
import { GitError, runGit } from '../git/git-process.js';
import { GitStore } from '../git/git-store.js';
import { copyFiles } from './copy-files.js';
import { PREPARED_FORMAT } from './task-key.js';
import type { PreparedRecord } from './prepared-task.js';

/**
 * Takes what HEAD of a repository reaches into `<target>/store`, and its untracked and ignored files into
 * `<target>/installed`. Other branches, tags and the reflog stay behind: they may hold the solution.
 */
export async function importRepository(
  repository: string,
  target: string,
  signal: AbortSignal | undefined,
): Promise<Pick<PreparedRecord, 'baseCommit' | 'installed'>> {
  const source = await describeRepository(repository);
  const store = await GitStore.create(path.join(target, 'store'));
  const packs = path.join(store.folder, 'objects', 'pack', 'pack');
  await runGit(['pack-objects', '--quiet', '--revs', '--delta-base-offset', packs], {
    gitDirectory: source.gitDirectory,
    input: `${source.head}\n`,
    signal,
  });
  await copyFile(path.join(source.gitDirectory, 'shallow'), path.join(store.folder, 'shallow')).catch(() => undefined);
  await store.setHead(source.head);
  await store.baseIndex(source.head);
  const installed = await untrackedFiles(repository, source.gitDirectory);
  await copyFiles(repository, path.join(target, 'installed'), installed);
  return { baseCommit: source.head, installed };
}

/**
 * Key of a repository that stands in the task folder already: its base commit and what is installed beside its
 * sources, by name, size and time of change.
 */
export async function installedKey(repository: string): Promise<string> {
  const { head, gitDirectory } = await describeRepository(repository);
  const hash = createHash('sha256').update(`troupe-repository ${PREPARED_FORMAT}\0${path.basename(repository)}\0${head}\0`);
  for (const name of await untrackedFiles(repository, gitDirectory)) {
    const status = await lstat(path.join(repository, name));
    hash.update(`${name}\0${status.size} ${status.mtimeMs}\0`);
  }
  return hash.digest('hex').slice(0, 40);
}

async function describeRepository(repository: string): Promise<{ head: string; gitDirectory: string }> {
  try {
    const { stdout } = await runGit(['rev-parse', '--absolute-git-dir', '--verify', 'HEAD^{commit}'], {
      folder: repository,
    });
    const [gitDirectory = '', head = ''] = stdout.toString().trim().split('\n');
    if (/^[0-9a-f]{40}$/.test(head)) return { head, gitDirectory };
    throw notUsable(repository, 'it does not use SHA-1 identifiers');
  } catch (error) {
    if (error instanceof GitError) throw notUsable(repository, 'it has no commit', error);
    throw error;
  }
}

function notUsable(repository: string, why: string, cause?: unknown): UserMistake {
  return new UserMistake(`the repository cannot be used: ${why}`, {
    code: 'repository-unusable',
    where: repository,
    remedy: 'setup.sh must leave HEAD at the base commit',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Untracked and ignored files and folders, whole folders by their own name. */
async function untrackedFiles(repository: string, gitDirectory: string): Promise<string[]> {
  const { stdout } = await runGit(['ls-files', '--others', '--directory', '--no-empty-directory', '-z'], {
    gitDirectory,
    workTree: repository,
  });
  const names = stdout.toString().split('\0');
  return names
    .map((name) => name.replace(/\/$/, ''))
    .filter((name) => name !== '')
    .sort();
}
