import { bytesToText } from './quoted-path.js';
import type { GitStore } from './git-store.js';

export interface MergeOptions {
  /** Keep both sides of each conflicting region. */
  readonly union?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** One file that two commits could not agree on. */
export interface MergeConflict {
  readonly path: string;
  /** The path's bytes. */
  readonly rawPath: Buffer;
  /** What git calls it: `contents`, `modify/delete`, `binary`, … */
  readonly kinds: readonly string[];
  /** Octal mode of the file in the merged tree. */
  readonly mode: string;
  /** The file in the merged tree, conflict markers included; undefined where the tree has none there. */
  readonly marked: Buffer | undefined;
}

export type MergeOutcome =
  | { readonly status: 'clean'; readonly tree: string }
  | {
      readonly status: 'conflicts';
      /** The tree with conflict markers in it. */
      readonly tree: string;
      readonly conflicts: readonly MergeConflict[];
    };

interface RawMerge {
  isClean: boolean;
  tree: string;
  /** Path as latin1 → mode. */
  modes: Map<string, string>;
  /** Path as latin1 → kinds. */
  kinds: Map<string, Set<string>>;
}

/** See {@link GitStore.mergeMany}. One `merge-tree` process for all, and one more to read what conflicts. */
export async function mergeCommits(
  store: GitStore,
  pairs: readonly (readonly [ours: string, theirs: string])[],
  options: MergeOptions,
): Promise<MergeOutcome[]> {
  if (pairs.length === 0) return [];
  const command = ['merge-tree', '--write-tree', '--stdin', '--messages', '-z'];
  const run = {
    input: pairs.map(([ours, theirs]) => `${ours} ${theirs}\n`).join(''),
    signal: options.signal,
  };
  const { stdout } = await (options.union === true ? store.runUnion(command, run) : store.run(command, run));
  const merges = readMerges(stdout);
  if (merges.length !== pairs.length)
    throw new Error(`${pairs.length} merges asked, ${merges.length} answered`);
  const wanted = merges.flatMap((merge) =>
    [...merge.modes.keys()].map((name) => ({ tree: merge.tree, name })),
  );
  const blobs = await store.readBlobs(
    wanted.map(({ tree, name }) => Buffer.concat([Buffer.from(`${tree}:`), Buffer.from(name, 'latin1')])),
  );
  let next = 0;
  return merges.map((merge): MergeOutcome => {
    if (merge.isClean) return { status: 'clean', tree: merge.tree };
    const conflicts = [...merge.modes].map(([name, mode]): MergeConflict => ({
      path: bytesToText(name),
      rawPath: Buffer.from(name, 'latin1'),
      kinds: [...(merge.kinds.get(name) ?? ['other'])],
      mode,
      marked: blobs[next++],
    }));
    return { status: 'conflicts', tree: merge.tree, conflicts };
  });
}

/** Reads `merge-tree --stdin -z --messages` output: NUL-ended fields, each list closed by an empty one. */
function readMerges(output: Buffer): RawMerge[] {
  const fields = output.toString('latin1').split('\0');
  const merges: RawMerge[] = [];
  let position = 0;
  const take = (): string => fields[position++] ?? '';
  while (position < fields.length - 1) {
    const status = take();
    if (status !== '0' && status !== '1') throw new Error(`merge-tree answered with status ${status}`);
    const merge: RawMerge = { isClean: status === '1', tree: take(), modes: new Map(), kinds: new Map() };
    for (let entry = take(); entry !== ''; entry = take()) {
      const [, mode = '', name = ''] = /^(\d+) [0-9a-f]+ \d\t([^]*)$/.exec(entry) ?? [];
      merge.modes.set(name, mode);
    }
    for (let count = take(); count !== ''; count = take()) {
      const paths = Array.from({ length: Number(count) }, take);
      const kind = /^CONFLICT \((.*)\)$/.exec(take())?.[1];
      take();
      if (kind === undefined) continue;
      for (const name of paths) merge.kinds.set(name, (merge.kinds.get(name) ?? new Set()).add(kind));
    }
    merges.push(merge);
  }
  return merges;
}
