import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { applyPatch, type ApplyOutcome } from './apply-patch.js';
import { buildBaseIndex, type BaseIndex } from './base-index.js';
import { checkout } from './checkout.js';
import { configurationText, runGit, type GitOutput, type GitRun } from './git-process.js';
import { treesOfIndex } from './index-trees.js';
import { encodeCommit, writeLooseObject } from './loose-objects.js';
import { mergeCommits, type MergeOptions, type MergeOutcome } from './merge-commits.js';
import { NEUTRAL_ATTRIBUTES, UNION_ATTRIBUTES } from './neutral-attributes.js';
import { readBlobs, type ObjectName } from './read-blobs.js';
import { replaceFiles, type FileReplacement } from './replace-files.js';
import { takeSnapshot, type Snapshot, type SnapshotOptions } from './snapshot.js';

/** What a store is made with. */
export interface GitStoreOptions {
  /** A store whose objects are read too, without a copy: the task's base store. */
  readonly alternate?: GitStore;
}

/**
 * A bare repository of ours, in which all patches are taken, applied and merged. No agent can write to it,
 * and it has no hooks, no configuration and no attributes but ours.
 */
export class GitStore {
  /** Absolute path. */
  readonly folder: string;
  readonly alternate: GitStore | undefined;
  readonly #indexes = new Map<string, Promise<BaseIndex>>();

  private constructor(folder: string, alternate: GitStore | undefined) {
    this.folder = folder;
    this.alternate = alternate;
  }

  /** Makes an empty store in `folder` (which may exist, but must hold no store yet). */
  static async create(folder: string, options: GitStoreOptions = {}): Promise<GitStore> {
    const absolute = path.resolve(folder);
    const union = path.join(absolute, 'union');
    await mkdir(path.join(absolute, 'objects', 'pack'), { recursive: true });
    await Promise.all(
      ['objects/info', 'refs/heads', 'info', 'temporary', 'union/refs', 'union/objects', 'union/info'].map(
        (name) => mkdir(path.join(absolute, name), { recursive: true }),
      ),
    );
    const alternate = options.alternate;
    await Promise.all([
      writeFile(path.join(absolute, 'config'), configurationText()),
      writeFile(path.join(absolute, 'info', 'attributes'), NEUTRAL_ATTRIBUTES),
      // A second git directory over the same objects: only its attributes differ, so that a merge in it
      // keeps both sides.
      writeFile(path.join(union, 'config'), configurationText()),
      writeFile(path.join(union, 'info', 'attributes'), UNION_ATTRIBUTES),
      writeFile(path.join(union, 'HEAD'), 'ref: refs/heads/main\n'),
      ...(alternate === undefined
        ? []
        : [
            writeFile(
              path.join(absolute, 'objects', 'info', 'alternates'),
              `${path.join(alternate.folder, 'objects')}\n`,
            ),
            copyIfThere(path.join(alternate.folder, 'shallow'), path.join(absolute, 'shallow')),
            copyIfThere(path.join(alternate.folder, 'shallow'), path.join(union, 'shallow')),
          ]),
    ]);
    await writeFile(path.join(absolute, 'HEAD'), 'ref: refs/heads/main\n');
    return new GitStore(absolute, alternate);
  }

  /** A store made earlier. */
  static open(folder: string, options: GitStoreOptions = {}): GitStore {
    return new GitStore(path.resolve(folder), options.alternate);
  }

  /** The commit on the store's one branch; undefined where none was set. */
  async head(): Promise<string | undefined> {
    try {
      return (await readFile(path.join(this.folder, 'refs', 'heads', 'main'), 'utf8')).trim();
    } catch {
      return undefined;
    }
  }

  async setHead(commit: string): Promise<void> {
    await writeFile(path.join(this.folder, 'refs', 'heads', 'main'), `${commit}\n`);
  }

  /** Runs git with this store as its git directory. */
  run(command: readonly string[], run: Omit<GitRun, 'gitDirectory'> = {}): Promise<GitOutput> {
    return runGit(command, { folder: this.folder, ...run, gitDirectory: this.folder, isOwn: true });
  }

  /** Runs git as {@link run} does, but every merge keeps both sides of a conflict. */
  runUnion(command: readonly string[], run: GitRun = {}): Promise<GitOutput> {
    return runGit(command, {
      ...run,
      folder: this.folder,
      gitDirectory: path.join(this.folder, 'union'),
      objectDirectory: path.join(this.folder, 'objects'),
      isOwn: true,
    });
  }

  /** A commit of ours: the same content always has the same identifier. */
  async commit(tree: string, parents: readonly string[], message = 'Troupe'): Promise<string> {
    const commit = encodeCommit({ tree, parents, message });
    await writeLooseObject(path.join(this.folder, 'objects'), commit);
    return commit.id;
  }

  /**
   * Writes the trees of an index that was made from `base`'s; trees that the base has are there already.
   *
   * @returns the root's identifier.
   */
  async writeTree(indexFile: string, base: string): Promise<string> {
    const [index, { trees: known }] = await Promise.all([readFile(indexFile), this.baseIndex(base)]);
    const trees = treesOfIndex(index);
    const fresh = trees.filter((tree) => !known.has(tree.id));
    await Promise.all(fresh.map((tree) => writeLooseObject(path.join(this.folder, 'objects'), tree)));
    return trees.at(-1)?.id ?? '';
  }

  /** The tree of a commit or tree. */
  async treeOf(revision: string): Promise<string> {
    const output = await this.run(['rev-parse', '--verify', '--quiet', `${revision}^{tree}`]);
    return output.stdout.toString().trim();
  }

  /**
   * Applies a patch to a commit, without a work tree: as it stands, tolerant of whitespace, else by a
   * three-way merge against the blobs that it names.
   *
   * @returns `failed` with the reason for a patch that is empty, broken, dangerous or does not apply.
   * @throws {GitError} only where the world broke.
   */
  applyPatch(base: string, patch: Buffer, signal?: AbortSignal): Promise<ApplyOutcome> {
    return applyPatch(this, base, patch, signal);
  }

  /** The patch that leads from one commit or tree to another: binary-safe, full blob names, no renames. */
  async diff(from: string, to: string): Promise<Buffer> {
    const options = [
      '-r',
      '-p',
      '--binary',
      '--full-index',
      '--no-renames',
      '--no-textconv',
      '--no-ext-diff',
    ];
    const prefixes = ['--no-color', '--src-prefix=a/', '--dst-prefix=b/', '--ignore-submodules=none'];
    return (await this.run(['diff-tree', ...options, ...prefixes, from, to])).stdout;
  }

  /** The tree of a folder that an agent worked in, whatever became of the folder's own `.git`. */
  snapshot(folder: string, base: string, options: SnapshotOptions = {}): Promise<Snapshot> {
    return takeSnapshot(this, folder, base, options);
  }

  /**
   * Fills an empty folder with a self-contained clone: one branch `main` at `commit`, no remote, no hooks,
   * no alternates, and no objects but those that `commit` reaches.
   */
  checkout(commit: string, folder: string, signal?: AbortSignal): Promise<void> {
    return checkout(this, commit, folder, signal);
  }

  /**
   * Fills an empty folder with `tree`, as a clone with one commit on `base`: a work tree in which a test
   * script may apply, reset and clean.
   *
   * @returns the commit.
   */
  async workTree(base: string, tree: string, folder: string, signal?: AbortSignal): Promise<string> {
    const commit = await this.commit(tree, [base], 'Under evaluation');
    await this.checkout(commit, folder, signal);
    return commit;
  }

  /** Merges two commits without a work tree. */
  async merge(ours: string, theirs: string, options: MergeOptions = {}): Promise<MergeOutcome> {
    const [outcome] = await this.mergeMany([[ours, theirs]], options);
    if (outcome === undefined) throw new Error('a merge without an outcome');
    return outcome;
  }

  /** Merges many pairs of commits in one process; outcomes come in the pairs' order. */
  mergeMany(
    pairs: readonly (readonly [ours: string, theirs: string])[],
    options: MergeOptions = {},
  ): Promise<MergeOutcome[]> {
    return mergeCommits(this, pairs, options);
  }

  /** Contents of blobs, in order; undefined for what does not exist or is no blob. */
  readBlobs(names: readonly ObjectName[]): Promise<(Buffer | undefined)[]> {
    return readBlobs(this, names);
  }

  /** A tree with some files' contents replaced; their modes stay. */
  replaceFiles(tree: string, replacements: readonly FileReplacement[]): Promise<string> {
    return replaceFiles(this, tree, replacements);
  }

  /** An index file that holds `commit`'s tree, built once. Copy it; never write to it. */
  baseIndex(commit: string): Promise<BaseIndex> {
    const known = this.#indexes.get(commit);
    if (known !== undefined) return known;
    const built = this.#findOrBuildIndex(commit);
    this.#indexes.set(commit, built);
    built.catch(() => this.#indexes.delete(commit));
    return built;
  }

  async #findOrBuildIndex(commit: string): Promise<BaseIndex> {
    if (this.alternate !== undefined && (await this.alternate.head()) === commit) {
      return this.alternate.baseIndex(commit);
    }
    return buildBaseIndex(this, commit);
  }

  /**
   * Gives `use` a path for a temporary file or folder in the store and removes what is there afterwards.
   */
  async withTemporary<Result>(use: (file: string) => Promise<Result>): Promise<Result> {
    const file = path.join(this.folder, 'temporary', randomBytes(8).toString('hex'));
    try {
      return await use(file);
    } finally {
      await Promise.all([rm(file, { recursive: true, force: true }), rm(`${file}.lock`, { force: true })]);
    }
  }
}

async function copyIfThere(from: string, to: string): Promise<void> {
  if (await stat(from).catch(() => undefined)) await copyFile(from, to);
}
