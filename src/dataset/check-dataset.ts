import { TroupeError, UserMistake } from '../base/errors.js';
import type { GitStore } from '../git/git-store.js';
import type { ApplyOutcome } from '../git/apply-patch.js';
import type { PreparedTask } from './prepared-task.js';
import { requireScript, taskName, type Feature, type Task } from './task.js';

/** What became of one run of a feature's tests. */
export interface CheckedTests {
  readonly passed: boolean;
  /** Why not, in a few words. */
  readonly reason?: string;
}

/**
 * Runs a feature's tests on a tree of the prepared task's repository, `tests.patch` not yet applied.
 * Everything about sandboxes is behind this.
 */
export type CheckTests = (
  subject: { readonly prepared: PreparedTask; readonly store: GitStore; readonly feature: Feature },
  tree: string,
) => Promise<CheckedTests>;

/** Which state of the repository a feature's tests were run on. */
export type CheckedState = 'without-gold' | 'with-gold' | 'with-combined';

export interface FeatureCheck {
  readonly repoName: string;
  readonly taskId: number;
  readonly feature: number;
  /** Whether every state came out as it must: fails without the gold patch, passes with it and with all. */
  readonly isGood: boolean;
  /** Outcomes by state; one that could not be tried is absent. */
  readonly outcomes: Readonly<Partial<Record<CheckedState, CheckedTests>>>;
  /** What is wrong, one line each. */
  readonly problems: readonly string[];
}

/** All features of a task, or what keeps the task from being checked. */
export interface TaskCheck {
  readonly task: Task;
  readonly features: readonly FeatureCheck[];
  readonly faults: readonly TroupeError[];
}

export interface CheckOptions {
  readonly prepare: (task: Task) => Promise<PreparedTask>;
  readonly runTests: CheckTests;
  readonly signal?: AbortSignal | undefined;
  /** Called as each feature is done. */
  readonly onFeature?: (check: FeatureCheck) => void;
}

const EXPECTED: Readonly<Record<CheckedState, { passes: boolean; problem: string }>> = {
  'without-gold': { passes: false, problem: 'its tests pass without the gold patch' },
  'with-gold': { passes: true, problem: 'its tests fail with the gold patch' },
  'with-combined': { passes: true, problem: 'its tests fail with combined.patch' },
};

/**
 * Proves each feature of each task: its tests fail without the gold patch, pass with it, and pass with
 * combined.patch; patches apply and scripts are there. A task that cannot be set up is reported and the others go on.
 */
export async function* checkDataset(
  tasks: readonly Task[],
  options: CheckOptions,
): AsyncGenerator<TaskCheck, void, undefined> {
  for (const task of tasks) {
    options.signal?.throwIfAborted();
    yield await checkTask(task, options);
  }
}

async function checkTask(task: Task, options: CheckOptions): Promise<TaskCheck> {
  const faults: TroupeError[] = [];
  try {
    await requireScript(task, 'run_tests.sh');
    const prepared = await options.prepare(task);
    return await prepared.withRunStore(async (store) => {
      const base = prepared.baseCommit;
      const combined = await combinedTree(task, store, base);
      if (combined instanceof UserMistake) faults.push(combined);
      const states: States = { base, combined: combined instanceof UserMistake ? undefined : combined };
      const features: FeatureCheck[] = [];
      for (const feature of task.features) {
        options.signal?.throwIfAborted();
        const check = await checkFeature(feature, states, { prepared, store, options });
        options.onFeature?.(check);
        features.push(check);
      }
      return { task, features, faults };
    });
  } catch (error) {
    if (!(error instanceof UserMistake)) throw error;
    return { task, features: [], faults: [...faults, error] };
  }
}

interface States {
  readonly base: string;
  /** Tree with combined.patch. */
  readonly combined: string | undefined;
}

interface Surroundings {
  readonly prepared: PreparedTask;
  readonly store: GitStore;
  readonly options: CheckOptions;
}

async function checkFeature(
  feature: Feature,
  states: States,
  { prepared, store, options }: Surroundings,
): Promise<FeatureCheck> {
  const { task, baseCommit } = prepared;
  const problems: string[] = [];
  const outcomes: Partial<Record<CheckedState, CheckedTests>> = {};
  const test = async (state: CheckedState, tree: string): Promise<void> => {
    const outcome = await options.runTests({ prepared, store, feature }, tree);
    outcomes[state] = outcome;
    const { passes, problem } = EXPECTED[state];
    if (outcome.passed !== passes) problems.push(outcome.reason ? `${problem}: ${outcome.reason}` : problem);
  };
  try {
    await feature.description();
    const gold = await store.applyPatch(baseCommit, await feature.goldPatch(), options.signal);
    problems.push(...applyProblem('feature.patch', gold));
    const tests = await store.applyPatch(baseCommit, await feature.testsPatch(), options.signal);
    problems.push(...applyProblem('tests.patch', tests));
    if (tests.status === 'applied') {
      await test('without-gold', await store.treeOf(states.base));
      if (gold.status === 'applied') await test('with-gold', gold.tree);
      if (states.combined !== undefined) await test('with-combined', states.combined);
    }
  } catch (error) {
    if (!(error instanceof UserMistake)) throw error;
    problems.push(error.toLine());
  }
  const { repoName, taskId } = task;
  return { repoName, taskId, feature: feature.id, isGood: problems.length === 0, outcomes, problems };
}

async function combinedTree(task: Task, store: GitStore, base: string): Promise<string | UserMistake | undefined> {
  const patch = await task.combinedPatch();
  if (patch === undefined) return undefined;
  const outcome = await store.applyPatch(base, patch);
  if (outcome.status === 'applied') return outcome.tree;
  return new UserMistake(`combined.patch does not apply: ${outcome.reason}`, {
    code: 'patch-does-not-apply',
    where: taskName(task),
    remedy: 'make it against the base commit that setup.sh checks out',
  });
}

function applyProblem(name: string, outcome: ApplyOutcome): string[] {
  return outcome.status === 'applied' ? [] : [`${name} does not apply to the base commit: ${outcome.reason}`];
}
