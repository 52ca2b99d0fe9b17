import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { GitStore } from './git-store.js';
import { copyLooseObjects } from './loose-objects.js';
import { NEUTRAL_ATTRIBUTES } from './neutral-attributes.js';
import { runGit } from './git-process.js';

const CONFIGURATION = `[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = false
\tlogallrefupdates = true
[user]
\tname = Agent
\temail = agent@localhost
`;

/** See {@link GitStore.checkout}. */
export async function checkout(
  store: GitStore,
  commit: string,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const workTree = path.resolve(folder);
  const gitDirectory = path.join(workTree, '.git');
  await mkdir(path.join(gitDirectory, 'objects', 'pack'), { recursive: true });
  await Promise.all(
    ['refs/heads', 'refs/tags', 'info', 'objects/info'].map((name) =>
      mkdir(path.join(gitDirectory, name), { recursive: true }),
    ),
  );
  await Promise.all([
    writeFile(path.join(gitDirectory, 'HEAD'), 'ref: refs/heads/main\n'),
    writeFile(path.join(gitDirectory, 'config'), CONFIGURATION),
    writeFile(path.join(gitDirectory, 'info', 'attributes'), NEUTRAL_ATTRIBUTES),
    writeFile(path.join(gitDirectory, 'refs', 'heads', 'main'), `${commit}\n`),
    copyObjects(store, commit, gitDirectory, signal),
  ]);
  await runGit(['read-tree', '--reset', '-u', 'HEAD'], { gitDirectory, workTree, signal, isOwn: true });
}

/**
 * The base store's packs hold the base commit's history and nothing else, so they are copied as they are
 * (copied, not linked: an agent must not be able to reach the cache). What lies beside them in a run's store is
 * loose, and is copied as far as `commit` reaches it; without packs to build on, everything is packed anew.
 */
async function copyObjects(
  store: GitStore,
  commit: string,
  gitDirectory: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const origin = store.alternate ?? store;
  const packFolder = path.join(gitDirectory, 'objects', 'pack');
  const base = await origin.head();
  const packs = base === undefined ? [] : await packFiles(origin);
  if (packs.length > 0) await copyAll(packs, packFolder);
  const shallow = path.join(origin.folder, 'shallow');
  await copyFile(shallow, path.join(gitDirectory, 'shallow')).catch(() => undefined);
  if (packs.length > 0 && commit === base) return;
  if (packs.length > 0) {
    await copyLooseObjects(path.join(store.folder, 'objects'), path.join(gitDirectory, 'objects'), commit);
    return;
  }
  await store.run(
    ['pack-objects', '--quiet', '--revs', '--threads=1', '--window=0', path.join(packFolder, 'pack')],
    {
      input: `${commit}\n`,
      signal,
    },
  );
}

async function packFiles(origin: GitStore): Promise<string[]> {
  const folder = path.join(origin.folder, 'objects', 'pack');
  return (await readdir(folder))
    .filter((name) => /\.(pack|idx|rev)$/.test(name))
    .map((name) => path.join(folder, name));
}

async function copyAll(files: readonly string[], folder: string): Promise<void> {
  await Promise.all(
    files.map((file) => copyFile(file, path.join(folder, path.basename(file)), constants.COPYFILE_FICLONE)),
  );
}
