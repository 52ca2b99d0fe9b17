import { constants, createReadStream } from 'node:fs';
import { lstat, open, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { InfrastructureFault } from '../../base/errors.js';
import { isGitFolderName } from '../../git/path-safety.js';
import type { DatasetSource, SourceFile } from './dataset-source.js';
import { digestFile } from './digest.js';

const SKIPPED: ReadonlySet<string> = new Set(['node_modules', '__pycache__']);

/**
 * A folder in the layout, or one that has it in its `dataset` folder. Git's folders are left out. A link to a file
 * within the folder is taken as that file; any other link is refused, and none to a folder is followed.
 */
export function folderSource(folder: string): DatasetSource {
  return {
    name: folder,
    canSkip: false,
    list: async (signal) => {
      const root = await realpath(folder);
      const files: SourceFile[] = [];
      for (const top of ['', 'dataset']) {
        for (const name of await namesIn(path.join(root, top))) {
          const inner = top === '' ? name : `${top}/${name}`;
          if (name === 'subsets') await walk(root, inner, files, signal);
          else if (!name.startsWith('.')) await walkTasks(root, inner, files, signal);
        }
      }
      return files;
    },
    read: (file) => readInside(folder, file),
    close: () => Promise.resolve(),
  };
}

/** Only folders that are named as tasks are looked into: a checkout may hold anything beside them. */
async function walkTasks(
  root: string,
  repository: string,
  files: SourceFile[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const folder = path.join(root, repository);
  const isLink = (await lstat(folder)).isSymbolicLink();
  const names = isLink ? await readdir(folder).catch(() => []) : await namesIn(folder);
  for (const name of names.filter((inner) => /^task\d+$/.test(inner))) {
    const relative = `${repository}/${name}`;
    const refusal = 'it lies behind a symbolic link';
    if (isLink) files.push({ path: relative, size: 0, isExecutable: false, refusal });
    else await walk(root, relative, files, signal);
  }
}

async function walk(
  root: string,
  relative: string,
  files: SourceFile[],
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  const absolute = path.join(root, relative);
  const status = await lstat(absolute);
  if (status.isDirectory()) {
    for (const name of (await readdir(absolute)).sort()) {
      if (isGitFolderName(name) || SKIPPED.has(name)) continue;
      await walk(root, `${relative}/${name}`, files, signal);
    }
    return;
  }
  const target = status.isSymbolicLink() ? await linkedFile(root, absolute) : absolute;
  const digest = target === undefined ? undefined : await digestFile(target, signal);
  if (target === undefined || digest === undefined) {
    const refusal = status.isSymbolicLink()
      ? 'it is a symbolic link that leads to no file of the folder'
      : 'it is no regular file';
    files.push({ path: relative, size: 0, isExecutable: false, refusal });
    return;
  }
  files.push({
    path: relative,
    size: digest.size,
    digest: { kind: 'sha256', hex: digest.sha256 },
    isExecutable: ((await lstat(target)).mode & 0o100) !== 0,
  });
}

/** The file within the root that a link leads to. */
async function linkedFile(root: string, link: string): Promise<string | undefined> {
  const target = await realpath(link).catch(() => undefined);
  if (target === undefined || !target.startsWith(root + path.sep)) return undefined;
  return target.slice(root.length).split(path.sep).some(isGitFolderName) ? undefined : target;
}

async function* readInside(folder: string, file: SourceFile): AsyncGenerator<Uint8Array> {
  const root = await realpath(folder);
  const target = await linkedFile(root, path.join(root, file.path));
  if (target === undefined) {
    throw new InfrastructureFault('the file is gone', {
      code: 'source-changed',
      where: path.join(folder, file.path),
      remedy: 'leave the folder alone while it is copied, and call the command again',
    });
  }
  const handle = await open(target, constants.O_RDONLY | constants.O_NOFOLLOW);
  yield* createReadStream('', { fd: handle }) as AsyncIterable<Buffer>;
}

async function namesIn(folder: string): Promise<string[]> {
  const status = await lstat(folder).catch(() => undefined);
  return status?.isDirectory() ? (await readdir(folder)).sort() : [];
}
