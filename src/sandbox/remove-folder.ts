import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import path from 'node:path';

import { describeError, InfrastructureFault } from '../base/errors.js';

/**
 * Removes a folder and all in it, also where folders in it were made read-only. Symbolic links are removed, never
 * followed. A folder that is not there is fine.
 */
export async function removeFolder(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    return;
  } catch {
    await makeRemovable(folder);
  }
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  } catch (error) {
    throw new InfrastructureFault(`the sandbox's files could not be removed: ${describeError(error)}`, {
      code: 'sandbox-not-removed',
      where: folder,
      remedy: 'remove the folder by hand',
      cause: error,
    });
  }
}

async function makeRemovable(folder: string): Promise<void> {
  try {
    if (!(await lstat(folder)).isDirectory()) return;
    await chmod(folder, 0o700);
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries) if (entry.isDirectory()) await makeRemovable(path.join(folder, entry.name));
  } catch {
    // What stands in the way is told by the removal that follows.
  }
}
