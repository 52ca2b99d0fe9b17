import { createHash } from 'node:crypto';
import { copyFile, lstat, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UserMistake } from '../base/errors.js';
import { firstComplaint, GitError, runGit } from '../git/git-process.js';
import { GitStore } from '../git/git-store.js';
import { copyFiles } from './copy-files.js';
import { PREPARED_FORMAT } from './task-key.js';
import type { PreparedRecord } from './prepared-task.js';

/** Bytes of packed history that every clone may be given. */
const LARGEST_HISTORY = 32 * 1024 * 1024;

/**
 * Takes what HEAD of a repository reaches into `<target>/store`, and its untracked and ignored files into
 * `<target>/installed`. Other branches, tags and the reflog stay behind: they may hold the solution.
 *
 * @param madeBy what an error is about: setup.sh, or the repository itself.
 */
export async function importRepository(
  repository: string,
  target: string,
  madeBy: string,
  signal: AbortSignal | undefined,
): Promise<Pick<PreparedRecord, 'baseCommit' | 'installed'>> {
  const source = await describeRepository(repository, madeBy);
  const store = await GitStore.create(path.join(target, 'store'));
  await importHistory(source, store, signal).catch((error: unknown) => {
    throw error instanceof GitError ? notUsable(madeBy, firstComplaint(error.stderr), error) : error;
  });
  await store.setHead(source.head);
  await store.baseIndex(source.head);
  const installed = await untrackedFiles(repository, source.gitDirectory);
  await copyFiles(repository, path.join(target, 'installed'), installed);
  return { baseCommit: source.head, installed };
}

/**
 * Takes the whole history where it is there and small enough to be copied into every clone, else the base
 * commit alone: a partial clone lacks old files, and hundreds of megabytes would be copied for each agent.
 */
async function importHistory(source: Source, store: GitStore, signal: AbortSignal | undefined): Promise<void> {
  const packFolder = path.join(store.folder, 'objects', 'pack');
  // Git writes a pack beside the objects of the repository that it runs in and renames it into place. Ours are
  // written from our store, which may be on another file system, and the source is only read.
  const pack = (command: readonly string[], input: string): Promise<unknown> =>
    runGit([...command, 'pack-objects', '--quiet', '--revs', '--delta-base-offset', path.join(packFolder, 'pack')], {
      gitDirectory: source.gitDirectory,
      objectDirectory: path.join(store.folder, 'objects'),
      alternateObjectDirectory: source.objectDirectory,
      input,
      signal,
    });
  const whole = await pack([], `${source.head}\n`).catch((error: unknown) => {
    if (error instanceof GitError) return error;
    throw error;
  });
  if (!(whole instanceof GitError) && (await folderSize(packFolder)) <= LARGEST_HISTORY) {
    const shallow = path.join(source.gitDirectory, 'shallow');
    await copyFile(shallow, path.join(store.folder, 'shallow')).catch(() => undefined);
    return;
  }
  await rm(packFolder, { recursive: true });
  await mkdir(packFolder);
  await pack(['--shallow-file', ''], `--shallow ${source.head}\n${source.head}\n`);
  await writeFile(path.join(store.folder, 'shallow'), `${source.head}\n`);
}

async function folderSize(folder: string): Promise<number> {
  const sizes = (await readdir(folder)).map(async (name) => (await lstat(path.join(folder, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/**
 * Key of a repository that stands in the task folder already: its base commit and what is installed beside its
 * sources, by name, size and time of change.
 */
export async function installedKey(repository: string): Promise<string> {
  const { head, gitDirectory } = await describeRepository(repository, repository);
  const hash = createHash('sha256').update(`troupe-repository ${PREPARED_FORMAT}\0${path.basename(repository)}\0${head}\0`);
  for (const name of await untrackedFiles(repository, gitDirectory)) {
    const status = await lstat(path.join(repository, name));
    hash.update(`${name}\0${status.size} ${status.mtimeMs}\0`);
  }
  return hash.digest('hex').slice(0, 40);
}

interface Source {
  readonly head: string;
  readonly gitDirectory: string;
  /** Elsewhere in a linked work tree. */
  readonly objectDirectory: string;
}

async function describeRepository(repository: string, madeBy: string): Promise<Source> {
  try {
    const command = ['rev-parse', '--absolute-git-dir', '--git-path', 'objects', '--verify', 'HEAD^{commit}'];
    const { stdout } = await runGit(command, { folder: repository });
    const [gitDirectory = '', objects = '', head = ''] = stdout.toString().trim().split('\n');
    const objectDirectory = path.resolve(repository, objects);
    if (/^[0-9a-f]{40}$/.test(head)) return { head, gitDirectory, objectDirectory };
    throw notUsable(madeBy, 'it does not use SHA-1 identifiers');
  } catch (error) {
    if (error instanceof GitError) throw notUsable(madeBy, 'it has no commit', error);
    throw error;
  }
}

function notUsable(where: string, why: string, cause?: unknown): UserMistake {
  return new UserMistake(`the repository cannot be used: ${why}`, {
    code: 'repository-unusable',
    where,
    remedy: 'setup.sh must leave HEAD at the base commit, with all its files',
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
