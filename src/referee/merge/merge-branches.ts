import type { GitStore } from '../../git/git-store.js';
import type { MergeOutcome } from '../../git/merge-commits.js';
import { addCounts, conflictScore, type ConflictCount } from './conflict-score.js';
import { countFileConflict, type FileConflict } from './file-conflict.js';

/** One agent's work: a commit on the base commit. */
export interface Branch {
  readonly agent: string;
  readonly commit: string;
}

/** A conflicting file and the agents whose branches meet there. */
export interface BranchConflict extends FileConflict {
  readonly agents: readonly string[];
}

export interface ConflictTotals extends ConflictCount {
  /** 20 × sections + 2 × lines. */
  readonly score: number;
}

export type MergedBranches =
  | {
      readonly status: 'clean';
      readonly tree: string;
      /** A commit of the tree; its parents are the branches. */
      readonly commit: string;
    }
  | ({
      readonly status: 'conflicts';
      readonly conflicts: readonly BranchConflict[];
    } & ConflictTotals);

/** Totals of a merge report, zero for a clean one. */
export function conflictTotals(conflicts: readonly ConflictCount[]): ConflictTotals {
  const counts = addCounts(conflicts);
  return { ...counts, score: conflictScore(counts) };
}

/**
 * Merges two or more branches, one after another in the order given, without a work tree.
 *
 * With more than two branches a conflict is counted pair by pair, so that it belongs to the agents who have
 * it; one that shows only in the sum of several branches belongs to all of them.
 *
 * @throws {GitError} only where the world broke.
 */
export async function mergeBranches(
  store: GitStore,
  branches: readonly [Branch, ...Branch[]],
  strategy: 'naive' | 'union',
  signal?: AbortSignal,
): Promise<MergedBranches> {
  const options = { union: strategy === 'union', signal };
  const [first, ...others] = branches;
  let commit = first.commit;
  let tree: string | undefined;
  const merged: Branch[] = [first];
  for (const branch of others) {
    const outcome = await store.merge(commit, branch.commit, options);
    if (outcome.status === 'conflicts') {
      const conflicts =
        merged.length === 1
          ? countConflicts(outcome, first, branch)
          : await conflictsOfAll(store, branches, options, { outcome, commit, merged, branch });
      return { status: 'conflicts', conflicts, ...conflictTotals(conflicts) };
    }
    tree = outcome.tree;
    commit = await store.commit(tree, [commit, branch.commit], `Merge ${branch.agent}`);
    merged.push(branch);
  }
  return { status: 'clean', tree: tree ?? (await store.treeOf(commit)), commit };
}

interface FailedStep {
  readonly outcome: MergeOutcome;
  readonly commit: string;
  readonly merged: readonly Branch[];
  readonly branch: Branch;
}

async function conflictsOfAll(
  store: GitStore,
  branches: readonly Branch[],
  options: { readonly union: boolean; readonly signal: AbortSignal | undefined },
  failed: FailedStep,
): Promise<BranchConflict[]> {
  const pairs = branches.flatMap((one, index) =>
    branches.slice(index + 1).map((other) => [one, other] as const),
  );
  const outcomes = await store.mergeMany(
    pairs.map(([one, other]) => [one.commit, other.commit] as const),
    options,
  );
  const conflicts = pairs.flatMap(([one, other], index) => {
    const outcome = outcomes[index];
    return outcome === undefined ? [] : countConflicts(outcome, one, other);
  });
  if (conflicts.length > 0) return conflicts;
  const agents = [...failed.merged, failed.branch].map((branch) => branch.agent);
  const sum = { agent: '', commit: failed.commit };
  return countConflicts(failed.outcome, sum, failed.branch).map((conflict) => ({ ...conflict, agents }));
}

function countConflicts(outcome: MergeOutcome, one: Branch, other: Branch): BranchConflict[] {
  if (outcome.status === 'clean') return [];
  const labels = { ours: one.commit, theirs: other.commit };
  return outcome.conflicts.map((conflict) => ({
    ...countFileConflict(conflict, labels),
    agents: [one.agent, other.agent],
  }));
}
