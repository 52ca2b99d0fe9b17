import { InfrastructureFault, TroupeError } from '../../base/errors.js';

const REMEDIES: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  ENOSPC: ['the disk is full', 'make room and call the command again: finished files are kept'],
  EDQUOT: ['the disk quota is used up', 'make room and call the command again: finished files are kept'],
  EROFS: ['the file system is read-only', 'choose a folder that can be written with --dataset-dir'],
  EACCES: ['it may not be written', 'choose a folder that can be written with --dataset-dir'],
  EPERM: ['it may not be written', 'choose a folder that can be written with --dataset-dir'],
  ENOTDIR: ['something else has the name of a folder', 'remove it or choose another --dataset-dir'],
  EEXIST: ['something else has the name of a folder', 'remove it or choose another --dataset-dir'],
  EISDIR: ['a folder has the name of a file', 'remove it or choose another --dataset-dir'],
  ENAMETOOLONG: ['the name is too long for this file system', 'choose a shorter --dataset-dir'],
};

/** The fault behind an error of the file system, as one line with a remedy; any other error as it is. */
export function diskFault(error: unknown, file: string): unknown {
  if (error instanceof TroupeError || !(error instanceof Error)) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const known = REMEDIES[code];
  if (known === undefined) return error;
  return new InfrastructureFault(known[0], {
    code: 'dataset-not-written',
    where: file,
    remedy: known[1],
    cause: error,
  });
}
