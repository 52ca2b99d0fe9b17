import path from 'node:path';
import { Interrupted, TroupeError, UserMistake } from '../../base/errors.js';
import type { PreparedTask } from '../../dataset/prepared-task.js';
import { pairs, type Feature, type Task } from '../../dataset/task.js';
import type { GitStore } from '../../git/git-store.js';
import type { MergeOutcome } from '../../git/merge-commits.js';
import { withoutTestFiles } from '../../git/test-files.js';
import { conflictTotals, type ConflictTotals } from './merge-branches.js';
import { countFileConflict, type FileConflict } from './file-conflict.js';

/** How the gold patches of two features merge. */
export interface PairConflict extends ConflictTotals {
  readonly repoName: string;
  readonly taskId: number;
  /** Smaller number first. */
  readonly features: readonly [number, number];
  /** `missing_input`: a patch is missing, empty, or does not apply; that is no conflict. */
  readonly status: 'clean' | 'conflicts' | 'missing_input';
  readonly files: readonly FileConflict[];
  /** Why a patch could not be merged. */
  readonly reason?: string;
}

/** All pairs of one task, or why there are none. */
export interface TaskConflicts {
  readonly task: Task;
  readonly pairs: readonly PairConflict[];
  /** Why the task could not be set up. */
  readonly fault?: TroupeError;
}

export interface ConflictSummary {
  readonly pairs: number;
  readonly clean: number;
  readonly conflicts: number;
  readonly missing_input: number;
  /** Tasks that could not be set up. */
  readonly failedTasks: number;
}

export interface GoldConflictOptions {
  /** Sets a task up; `prepareTask` with its options filled in. */
  readonly prepare: (task: Task) => Promise<PreparedTask>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Merges the gold patches of every pair of features of each task, test files taken out as in evaluation, without
 * running a test. A task that cannot be set up gives one fault, and the others go on.
 */
export async function* goldConflicts(
  tasks: readonly Task[],
  options: GoldConflictOptions,
): AsyncGenerator<TaskConflicts, void, undefined> {
  // One task ahead: while one waits for git, the other keeps the second core busy.
  let ahead = startTask(tasks[0], options);
  try {
    for (const next of [...tasks.slice(1), undefined]) {
      const current = ahead;
      ahead = startTask(next, options);
      const settled = await current;
      if (settled.status === 'rejected') throw settled.reason;
      if (settled.value !== undefined) yield settled.value;
    }
  } finally {
    await ahead;
  }
}

async function startTask(
  task: Task | undefined,
  options: GoldConflictOptions,
): Promise<PromiseSettledResult<TaskConflicts | undefined>> {
  const [settled] = await Promise.allSettled([
    task === undefined ? Promise.resolve(undefined) : conflictsOrFault(task, options),
  ]);
  return settled;
}

async function conflictsOrFault(task: Task, options: GoldConflictOptions): Promise<TaskConflicts> {
  options.signal?.throwIfAborted();
  try {
    return { task, pairs: await taskConflicts(task, await options.prepare(task), options.signal) };
  } catch (error) {
    if (!(error instanceof TroupeError) || error instanceof Interrupted) throw error;
    return { task, pairs: [], fault: error };
  }
}

/** Totals over tasks. */
export function summarizeConflicts(results: readonly TaskConflicts[]): ConflictSummary {
  const all = results.flatMap((result) => result.pairs);
  const count = (status: PairConflict['status']): number =>
    all.filter((pair) => pair.status === status).length;
  return {
    pairs: all.length,
    clean: count('clean'),
    conflicts: count('conflicts'),
    missing_input: count('missing_input'),
    failedTasks: results.filter((result) => result.fault !== undefined).length,
  };
}

/** All pairs of one task: each patch is applied once, and one process merges all pairs. */
export async function taskConflicts(
  task: Task,
  prepared: PreparedTask,
  signal?: AbortSignal,
): Promise<PairConflict[]> {
  return prepared.withRunStore(async (store) => {
    const branches = new Map<number, GoldBranch>();
    await inParallel(task.features, 2, async (feature) => {
      branches.set(feature.id, await goldBranch(store, prepared.baseCommit, feature, signal));
    });
    const wanted = pairs(task.features).map(([one, other]) => ({
      features: [one.id, other.id] as const,
      one: branches.get(one.id) ?? {},
      other: branches.get(other.id) ?? {},
    }));
    const mergeable = wanted.flatMap(({ one, other }) =>
      one.commit === undefined || other.commit === undefined ? [] : [[one.commit, other.commit] as const],
    );
    const outcomes = await store.mergeMany(mergeable, { signal });
    let next = 0;
    return wanted.map(({ features, one, other }): PairConflict => {
      const key = { repoName: task.repoName, taskId: task.taskId, features };
      const reason = one.reason ?? other.reason;
      if (reason !== undefined)
        return { ...key, status: 'missing_input', files: [], ...conflictTotals([]), reason };
      const files = conflictFiles(outcomes[next], mergeable[next]);
      next += 1;
      return { ...key, status: files.length === 0 ? 'clean' : 'conflicts', files, ...conflictTotals(files) };
    });
  });
}

interface GoldBranch {
  readonly commit?: string;
  readonly reason?: string;
}

async function goldBranch(
  store: GitStore,
  base: string,
  feature: Feature,
  signal: AbortSignal | undefined,
): Promise<GoldBranch> {
  try {
    const tests = await feature.testsPatch().catch(() => Buffer.alloc(0));
    const { patch } = withoutTestFiles(await feature.goldPatch(), [tests]);
    const outcome = await store.applyPatch(base, patch, signal);
    if (outcome.status === 'applied') return { commit: outcome.commit };
    return { reason: `${path.join(feature.folder, 'feature.patch')}: ${outcome.reason}` };
  } catch (error) {
    if (error instanceof UserMistake) return { reason: error.toLine() };
    throw error;
  }
}

function conflictFiles(
  outcome: MergeOutcome | undefined,
  pair: readonly [string, string] | undefined,
): FileConflict[] {
  if (outcome === undefined || outcome.status === 'clean' || pair === undefined) return [];
  return outcome.conflicts.map((conflict) => countFileConflict(conflict, { ours: pair[0], theirs: pair[1] }));
}

async function inParallel<Item>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
