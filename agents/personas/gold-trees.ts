import { UserMistake } from '../../src/base/errors.js';
import type { Task } from '../../src/dataset/task.js';
import type { GitStore } from '../../src/git/git-store.js';
import type { FileMode, KnownChange } from './known-change.js';

/** The tree of several gold patches joined. */
export interface JoinedGold {
  readonly tree: string;
  /** Whether it took the task's combined patch, which holds the task's other features too. */
  readonly isCombined: boolean;
}

interface RawDifference {
  readonly path: string;
  readonly oldMode: string | undefined;
  readonly newMode: string | undefined;
  readonly oldBlob: string | undefined;
  readonly newBlob: string | undefined;
}

/** Applies gold patches to a task's base commit and joins them, as a good team would. */
export class GoldTrees {
  readonly #store: GitStore;
  readonly #base: string;
  readonly #task: Task;
  readonly #commits = new Map<number, Promise<string>>();
  readonly #joined = new Map<string, Promise<JoinedGold>>();

  constructor(store: GitStore, base: string, task: Task) {
    this.#store = store;
    this.#base = base;
    this.#task = task;
  }

  /**
   * The features' gold patches on the base commit: merged where they merge clean; else the task's combined patch,
   * because lines kept side by side seldom work; else, where there is none, both sides kept all the same.
   */
  join(features: readonly number[]): Promise<JoinedGold> {
    const key = features.join(',');
    const known = this.#joined.get(key) ?? this.#join(features);
    this.#joined.set(key, known);
    return known;
  }

  async #join(features: readonly number[]): Promise<JoinedGold> {
    const commits = await Promise.all(features.map((feature) => this.#goldCommit(feature)));
    let joined = commits[0];
    if (joined === undefined) return { tree: this.#base, isCombined: false };
    for (const commit of commits.slice(1)) {
      const merged = await this.#store.merge(joined, commit);
      let tree = merged.tree;
      if (merged.status === 'conflicts') {
        const combined = await this.#combinedTree();
        if (combined !== undefined) return { tree: combined, isCombined: true };
        const union = await this.#store.merge(joined, commit, { union: true });
        tree = union.status === 'clean' ? union.tree : merged.tree;
      }
      joined = await this.#store.commit(tree, [this.#base], 'Gold patches joined');
    }
    return { tree: joined, isCombined: false };
  }

  /** What differs between the base commit and a tree, file by file. */
  async changes(tree: string): Promise<KnownChange[]> {
    const files = await this.#compare(this.#base, tree);
    const blobs = await this.#store.readBlobs(
      files.flatMap(({ oldBlob, newBlob }) => [oldBlob ?? '', newBlob ?? '']),
    );
    return files.map(({ path, oldMode, newMode }, index) => ({
      path,
      before: blobs[2 * index],
      after: blobs[2 * index + 1],
      beforeMode: fileMode(oldMode),
      afterMode: fileMode(newMode),
    }));
  }

  /** Paths in which two trees differ. */
  async between(one: string, other: string): Promise<string[]> {
    return (await this.#compare(one, other)).map(({ path }) => path);
  }

  async #compare(one: string, other: string): Promise<RawDifference[]> {
    const options = ['-r', '-z', '--raw', '--no-renames', '--no-abbrev'];
    const { stdout } = await this.#store.run(['diff-tree', ...options, one, other]);
    // `:<old mode> <new mode> <old blob> <new blob> <status>`, then the path.
    const fields = stdout.toString('utf8').split('\0').slice(0, -1);
    return fields.flatMap((field, index) => {
      if (index % 2 === 1) return [];
      const [oldMode, newMode, oldBlob, newBlob] = field.slice(1).split(' ');
      return [{ path: fields[index + 1] ?? '', oldMode, newMode, oldBlob, newBlob }];
    });
  }

  /** Merges branches that each make some changes to the base commit. */
  async mergeChanges(
    branches: readonly (readonly KnownChange[])[],
  ): Promise<{ readonly tree: string | undefined; readonly conflicts: readonly string[] }> {
    const base = await this.#store.treeOf(this.#base);
    let joined: string | undefined;
    let tree = base;
    for (const changes of branches) {
      // What goes makes room first: a folder may give way to a file of its name.
      const ordered = changes.toSorted((one, other) => Number(!isRemoval(one)) - Number(!isRemoval(other)));
      const replacements = ordered.map(({ path, after, afterMode }) =>
        after === undefined
          ? { path, content: Buffer.alloc(0), mode: '0' }
          : { path, content: after, mode: afterMode ?? '100644' },
      );
      const own = await this.#store.replaceFiles(base, replacements);
      const commit = await this.#store.commit(own, [this.#base], 'Changes');
      if (joined === undefined) {
        [joined, tree] = [commit, own];
        continue;
      }
      const merged = await this.#store.merge(joined, commit);
      if (merged.status === 'conflicts') {
        return { tree: undefined, conflicts: merged.conflicts.map((conflict) => conflict.path) };
      }
      tree = merged.tree;
      joined = await this.#store.commit(tree, [joined, commit], 'Changes merged');
    }
    return { tree, conflicts: [] };
  }

  #goldCommit(feature: number): Promise<string> {
    const known = this.#commits.get(feature) ?? this.#applyGold(feature);
    this.#commits.set(feature, known);
    return known;
  }

  async #applyGold(id: number): Promise<string> {
    const feature = this.#task.features.find((candidate) => candidate.id === id);
    if (feature === undefined) throw new Error(`feature ${id} is not in the task`);
    const outcome = await this.#store.applyPatch(this.#base, await feature.goldPatch());
    if (outcome.status === 'applied') return outcome.commit;
    throw new UserMistake(`the gold patch does not apply to the base commit: ${outcome.reason}`, {
      code: 'gold-patch-does-not-apply',
      where: `${feature.folder}/feature.patch`,
      remedy: 'mend the patch or setup.sh',
    });
  }

  async #combinedTree(): Promise<string | undefined> {
    const patch = await this.#task.combinedPatch();
    if (patch === undefined) return undefined;
    const outcome = await this.#store.applyPatch(this.#base, patch);
    return outcome.status === 'applied' ? outcome.tree : undefined;
  }
}

function isRemoval(change: KnownChange): boolean {
  return change.after === undefined;
}

function fileMode(mode: string | undefined): FileMode | undefined {
  return mode === '100644' || mode === '100755' || mode === '120000' ? mode : undefined;
}
