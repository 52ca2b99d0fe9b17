import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { GitStore } from './git-store.js';
import { toBytes } from './quoted-path.js';

export interface FileReplacement {
  /** Path in the tree; bytes where it is no UTF-8. */
  readonly path: string | Uint8Array;
  readonly content: Uint8Array;
  /** Octal mode. Default `100644`. */
  readonly mode?: string;
}

/** See {@link GitStore.replaceFiles}. */
export async function replaceFiles(
  store: GitStore,
  tree: string,
  replacements: readonly FileReplacement[],
): Promise<string> {
  if (replacements.length === 0) return tree;
  return store.withTemporary(async (folder) => {
    await mkdir(folder);
    const files = replacements.map((_, index) => path.join(folder, String(index)));
    await Promise.all(replacements.map(({ content }, index) => writeFile(files[index] ?? '', content)));
    const hashed = await store.run(['hash-object', '-w', '--no-filters', '--stdin-paths'], {
      input: files.map((file) => `${file}\n`).join(''),
    });
    const blobs = hashed.stdout.toString().trim().split('\n');
    const entries = replacements.flatMap((replacement, index) => [
      Buffer.from(`${replacement.mode ?? '100644'} ${blobs[index]}\t`),
      toBytes(replacement.path),
      Buffer.from('\0'),
    ]);
    const indexFile = path.join(folder, 'index');
    await store.run(['read-tree', tree], { indexFile });
    await store.run(['update-index', '-z', '--index-info'], { indexFile, input: Buffer.concat(entries) });
    return (await store.run(['write-tree'], { indexFile })).stdout.toString().trim();
  });
}
