import { lstatSync, type Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { isGitFolderName } from './path-safety.js';

/** What a snapshot must treat apart in a folder that an agent worked in. Paths are relative, as bytes. */
export interface FolderScan {
  /** Folders that hold a `.git` of their own. */
  readonly nestedRepositories: readonly Buffer[];
  /** Names that some file system takes for `.git`, and links in the place of git's own files. */
  readonly unsafe: readonly Buffer[];
  readonly large: readonly { readonly path: Buffer; readonly size: number }[];
  /** Files at the top that may be a patch the agent wrote for itself. */
  readonly patchFiles: readonly Buffer[];
}

const SLASH = Buffer.from('/');
const PATCH_FILE_NAME = /^(.*\.(patch|diff)|patch\.txt)$/i;
/** Git refuses to add these as links, since it reads them itself. */
const READ_BY_GIT = /^\.git(modules|attributes|ignore)$/i;

/**
 * Walks a folder that may be hostile: follows no link, opens no file, and takes what vanishes meanwhile for
 * absent.
 *
 * @param skip relative paths that are not entered.
 * @param largeFrom size in bytes from which a file is large.
 */
export async function scanFolder(
  root: string,
  skip: ReadonlySet<string>,
  largeFrom: number,
): Promise<FolderScan> {
  const nestedRepositories: Buffer[] = [];
  const unsafe: Buffer[] = [];
  const large: { path: Buffer; size: number }[] = [];
  const patchFiles: Buffer[] = [];
  const rootPath = Buffer.from(root);

  const visitEntry = (entry: Dirent<Buffer>, relative: Buffer, isTop: boolean): Buffer | undefined => {
    const name = entry.name.toString();
    const isLinkReadByGit = entry.isSymbolicLink() && READ_BY_GIT.test(name);
    if (isGitFolderName(name) || isLinkReadByGit) {
      unsafe.push(relative);
    } else if (entry.isDirectory()) {
      return skip.has(relative.toString()) ? undefined : relative;
    } else if (entry.isFile()) {
      const size = sizeOf(Buffer.concat([rootPath, SLASH, relative]));
      if (size >= largeFrom) large.push({ path: relative, size });
      if (isTop && PATCH_FILE_NAME.test(name)) patchFiles.push(relative);
    }
    return undefined;
  };

  const pending: Buffer[] = [Buffer.alloc(0)];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const isTop = folder.length === 0;
    for (const entry of await entriesOf(isTop ? rootPath : Buffer.concat([rootPath, SLASH, folder]))) {
      if (entry.name.toString('latin1') === '.git') {
        if (!isTop) nestedRepositories.push(folder);
        continue;
      }
      const relative = isTop ? entry.name : Buffer.concat([folder, SLASH, entry.name]);
      const deeper = visitEntry(entry, relative, isTop);
      if (deeper !== undefined) pending.push(deeper);
    }
  }
  return { nestedRepositories, unsafe, large, patchFiles };
}

async function entriesOf(folder: Buffer): Promise<Dirent<Buffer>[]> {
  try {
    return await readdir(folder, { withFileTypes: true, encoding: 'buffer' });
  } catch {
    return [];
  }
}

function sizeOf(file: Buffer): number {
  try {
    return lstatSync(file).size;
  } catch {
    return 0;
  }
}
