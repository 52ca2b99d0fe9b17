import { lstat, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { InfrastructureFault } from '../../base/errors.js';
import { diskFault } from './disk-fault.js';

/**
 * Makes the folders above a file, each a real folder: a link that somebody put in their way would lead the file out
 * of the dataset.
 *
 * @param place relative path with slashes of the file.
 * @returns absolute path of the file.
 * @throws {InfrastructureFault} where something else has a folder's name.
 */
export async function makeFoldersAbove(root: string, place: string): Promise<string> {
  const parts = place.split('/');
  let folder = root;
  for (const part of parts.slice(0, -1)) {
    folder = path.join(folder, part);
    try {
      await mkdir(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw diskFault(error, folder);
      if (!(await lstat(folder)).isDirectory()) {
        throw new InfrastructureFault('something else, such as a link, has the name of a folder', {
          code: 'dataset-not-written',
          where: folder,
          remedy: 'remove it or choose another --dataset-dir',
        });
      }
    }
  }
  return path.join(root, ...parts);
}
