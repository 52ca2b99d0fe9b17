import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { GitStore } from './git-store.js';
import { treesOfIndex } from './index-trees.js';

/** A commit's tree as an index file, with what snapshots must know of it. */
export interface BaseIndex {
  /** Absolute path of the index file; to be copied, never written to. */
  readonly file: string;
  /** Paths of submodules, which a snapshot leaves as they are. */
  readonly submodules: readonly string[];
  /** Identifiers of the commit's trees. */
  readonly trees: ReadonlySet<string>;
}

/** Builds a commit's index in the store, or finds it there. */
export async function buildBaseIndex(store: GitStore, commit: string): Promise<BaseIndex> {
  const file = path.join(store.folder, `base-${commit}.index`);
  const notes = `${file}.json`;
  const known = await readFile(notes, 'utf8').catch(() => undefined);
  if (known !== undefined) return describe(file, JSON.parse(known) as string[]);
  return store.withTemporary(async (temporary) => {
    const [, listing] = await Promise.all([
      store.run(['read-tree', commit], { indexFile: temporary }),
      store.run(['ls-tree', '-r', '-z', commit]),
    ]);
    const submodules = listing.stdout
      .toString()
      .split('\0')
      .filter((entry) => entry.startsWith('160000 '))
      .map((entry) => entry.slice(entry.indexOf('\t') + 1));
    await rename(temporary, file);
    await writeFile(`${temporary}.json`, JSON.stringify(submodules));
    // The notes come last: whoever finds them finds the index too.
    await rename(`${temporary}.json`, notes);
    return describe(file, submodules);
  });
}

async function describe(file: string, submodules: readonly string[]): Promise<BaseIndex> {
  const trees = treesOfIndex(await readFile(file)).map((tree) => tree.id);
  return { file, submodules, trees: new Set(trees) };
}
