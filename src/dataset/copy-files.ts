import { constants } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';

/**
 * Copies files and folders from one folder to another, links as they are. Nothing is hard-linked, so that
 * whoever works in the copy cannot reach the original; where the file system can share blocks, it does.
 */
export async function copyFiles(from: string, to: string, relativePaths: readonly string[]): Promise<void> {
  for (const relative of relativePaths) {
    const target = path.join(to, relative);
    await mkdir(path.dirname(target), { recursive: true });
    await cp(path.join(from, relative), target, {
      recursive: true,
      verbatimSymlinks: true,
      force: true,
      mode: constants.COPYFILE_FICLONE,
    });
  }
}
