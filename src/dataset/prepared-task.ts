import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { GitStore } from '../git/git-store.js';
import { chooseWorkRoot } from '../sandbox/work-root.js';
import type { Snapshot, SnapshotOptions } from '../git/snapshot.js';
import { copyFiles } from './copy-files.js';
import type { Task } from './task.js';

/** What prepared.json in the cache says. */
export interface PreparedRecord {
  readonly format: number;
  readonly baseCommit: string;
  /** Name that setup.sh gave the repository's folder. */
  readonly folderName: string;
  /** Relative paths of what setup.sh put beside the sources: untracked and ignored files. */
  readonly installed: readonly string[];
}

/** A task whose repository is at hand: clones and evaluation trees come from here. */
export class PreparedTask {
  readonly task: Task;
  /** Bare store of the base commit's history and nothing else; shared by all runs and only read. */
  readonly store: GitStore;
  readonly baseCommit: string;
  /** Name of the repository's folder, e.g. `waypost_repo`. */
  readonly folderName: string;
  /** Relative paths of what setup.sh installed, e.g. `node_modules`; no part of anybody's patch. */
  readonly installed: readonly string[];
  /** Absolute path of the folder that keeps them. */
  readonly installedFolder: string;

  constructor(task: Task, folder: string, record: PreparedRecord) {
    this.task = task;
    this.store = GitStore.open(path.join(folder, 'store'));
    this.baseCommit = record.baseCommit;
    this.folderName = record.folderName;
    this.installed = record.installed;
    this.installedFolder = path.join(folder, 'installed');
  }

  /** An empty store for one run, in `folder`, that sees the base commit without a copy. */
  createRunStore(folder: string): Promise<GitStore> {
    return GitStore.create(folder, { alternate: this.store });
  }

  /** Gives `use` such a store in a scratch folder, which is gone afterwards. */
  async withRunStore<Result>(use: (store: GitStore) => Promise<Result>): Promise<Result> {
    const folder = await mkdtemp(path.join(await chooseWorkRoot(process.env), `troupe-${process.pid}-store-`));
    try {
      return await use(await this.createRunStore(folder));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Fills an empty folder with an agent's clone at the base commit, installed files included. */
  async populateClone(folder: string, signal?: AbortSignal): Promise<void> {
    await this.store.checkout(this.baseCommit, folder, signal);
    await copyFiles(this.installedFolder, folder, this.installed);
  }

  /** Fills an empty folder with a tree under evaluation, installed files included. */
  async populateEvaluation(runStore: GitStore, tree: string, folder: string, signal?: AbortSignal): Promise<void> {
    await runStore.workTree(this.baseCommit, tree, folder, signal);
    await copyFiles(this.installedFolder, folder, this.installed);
  }

  /** The tree of a folder that an agent worked in; what setup.sh installed is left out. */
  snapshot(runStore: GitStore, folder: string, options: Omit<SnapshotOptions, 'exclude'> = {}): Promise<Snapshot> {
    return runStore.snapshot(folder, this.baseCommit, { ...options, exclude: this.installed });
  }
}
