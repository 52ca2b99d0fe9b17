import { readFile } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { UserMistake } from '../../base/errors.js';
import { diskFault } from './disk-fault.js';

/** In the dataset folder: which tasks and files were put there, so that no other is ever touched. */
export const MANIFEST_NAME = '.troupe-prepared.json';

const manifestSchema = z.object({
  format: z.literal(1),
  source: z.string(),
  revision: z.string().optional(),
  tasks: z.array(z.string()),
  files: z.record(z.string(), z.object({ size: z.int().nonnegative(), sha256: z.string() })),
});

/** What earlier calls have put into a dataset folder. */
export interface Manifest {
  readonly format: 1;
  /** Where the last call took files from, and which state of it. */
  readonly source: string;
  readonly revision?: string | undefined;
  /** `<repo>/task<id>`. */
  readonly tasks: readonly string[];
  /** By place under the dataset folder: size in bytes and hexadecimal SHA-256 as they were put there. */
  readonly files: Readonly<Record<string, { readonly size: number; readonly sha256: string }>>;
}

/**
 * Reads a dataset folder's manifest; undefined where nothing was put there yet.
 *
 * @throws {UserMistake} for one that cannot be understood: without it nobody can tell whose a task is.
 */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  const file = path.join(folder, MANIFEST_NAME);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw diskFault(error, file);
  }
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new UserMistake('it is no list of prepared files', {
      code: 'manifest-unreadable',
      where: file,
      remedy: 'remove it, and the task folders that are to be fetched anew',
      cause: error,
    });
  }
}

/** Writes the manifest, whole or not at all. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const file = path.join(folder, MANIFEST_NAME);
  try {
    await writeFileAtomic(file, `${JSON.stringify(manifest, null, 1)}\n`);
  } catch (error) {
    throw diskFault(error, file);
  }
}
