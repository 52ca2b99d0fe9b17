import PQueue from 'p-queue';
import type { Clock } from '../base/clock.js';
import { describeError, TroupeError } from '../base/errors.js';
import type { PreparedTask } from '../dataset/prepared-task.js';
import { requireScript, selectFeatures } from '../dataset/task.js';
import type { GitStore } from '../git/git-store.js';
import { withoutTestFiles } from '../git/test-files.js';
import type { Attachments } from '../log/attachments.js';
import { toContent } from '../log/content.js';
import type { RunEvent } from '../log/event.js';
import type { EventLog } from '../log/event-log.js';
import type { MergeStrategy, Verdict } from '../log/referee-events.js';
import type { ChatModel } from '../model/chat-model.js';
import type { SandboxProvider } from '../sandbox/sandbox.js';
import { COARSE_CODEBOOK, coarseCause } from '../taxonomy/coarse-cause.js';
import { mergeBranches, type Branch, type MergedBranches } from './merge/merge-branches.js';
import type {
  AppliedPatch,
  EvaluationType,
  FeatureOutcome,
  MergeAttempt,
  RefereeEffects,
} from './referee-effects.js';
import { runFeatureTests } from './testing/run-feature-tests.js';
import { mergeWithModel } from './merge-with-model.js';

/** One agent's work as it comes to the referee. */
export interface SubmittedBranch {
  readonly agent: string;
  readonly features: readonly number[];
  readonly patch: Buffer;
  /** The tree in the run's store that the patch was taken from, where it was taken in this run. */
  readonly tree?: string;
}

export interface RefereeEquipment {
  readonly task: PreparedTask;
  /** The run's own store; patches and merges live in it. */
  readonly store: GitStore;
  readonly sandboxes: SandboxProvider;
  readonly features: readonly number[];
  readonly evaluation: EvaluationType;
  readonly branches: readonly SubmittedBranch[];
  /** Makes the model of the ladder's last rung; nothing where no live model is at hand. */
  readonly mergeModel: () => Promise<ChatModel | undefined>;
  readonly events: () => readonly RunEvent[];
  readonly log: EventLog;
  readonly clock: Clock;
  readonly attachments: Attachments;
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly testTimeout: number;
  readonly testConcurrency: number;
}

/** One test script to run. */
interface TestOrder {
  readonly feature: number;
  readonly tree: string;
  readonly stage: 'alone' | 'merged';
  readonly agent?: string;
  readonly strategy?: MergeStrategy;
}

/** The referee's hands: applies, merges and tests in stores and sandboxes of its own, and records each step. */
export class RefereeSession implements RefereeEffects {
  readonly #equipment: RefereeEquipment;
  readonly #trees = new Map<string, string>();
  readonly #disposals: Promise<void>[] = [];
  /** The first rung, under way while the branches are tested alone. */
  #naive: Promise<MergedBranches> | undefined;

  constructor(equipment: RefereeEquipment) {
    this.#equipment = equipment;
  }

  async applyPatches(): Promise<readonly AppliedPatch[]> {
    const { branches, task, features, signal } = this.#equipment;
    const tests = selectFeatures(task.task, features).map((feature) => feature.testsPatch());
    const testsPatches = await Promise.all(tests);
    const applied: AppliedPatch[] = [];
    for (const branch of branches) {
      signal.throwIfAborted();
      applied.push(await this.#apply(branch, testsPatches));
    }
    return applied;
  }

  async #apply(branch: SubmittedBranch, testsPatches: readonly Buffer[]): Promise<AppliedPatch> {
    const { store, task, log, signal } = this.#equipment;
    const { agent, features } = branch;
    const { patch, removedPaths } = withoutTestFiles(branch.patch, testsPatches);
    const record = (status: AppliedPatch['status'], detail?: string): void => {
      const why = detail === undefined ? {} : { detail };
      log.append({ type: 'patch-applied', agent, status, testFilesTakenOut: [...removedPaths], ...why });
    };
    if (patch.length === 0) {
      record('skipped', removedPaths.length > 0 ? 'the patch changes test files only' : 'the patch is empty');
      this.#trees.set(agent, await store.treeOf(task.baseCommit));
      return { agent, features, status: 'skipped', commit: task.baseCommit };
    }
    if (branch.tree !== undefined && removedPaths.length === 0) {
      // The patch is the difference of just this tree, so applying it would only make the tree again.
      record('applied');
      this.#trees.set(agent, branch.tree);
      const commit = await store.commit(branch.tree, [task.baseCommit], 'A patch');
      return { agent, features, status: 'applied', commit };
    }
    const outcome = await store.applyPatch(task.baseCommit, patch, signal);
    if (outcome.status === 'failed') {
      record('failed', outcome.reason);
      return { agent, features, status: 'failed' };
    }
    record('applied');
    this.#trees.set(agent, outcome.tree);
    return { agent, features, status: 'applied', commit: outcome.commit };
  }

  testAlone(patches: readonly AppliedPatch[]): Promise<readonly FeatureOutcome[]> {
    const orders = patches.flatMap(({ agent, features }) => {
      const tree = this.#trees.get(agent);
      if (tree === undefined) return [];
      return features.map((feature): TestOrder => ({ feature, tree, agent, stage: 'alone' }));
    });
    const branches = branchesOf(patches);
    if (branches !== undefined && this.#equipment.evaluation === 'merge') {
      // Costs next to nothing beside the tests, and the first rung is always climbed.
      this.#naive = mergeBranches(this.#equipment.store, branches, 'naive', this.#equipment.signal);
      this.#naive.catch(() => {});
    }
    return this.#test(orders);
  }

  async merge(strategy: MergeStrategy, patches: readonly AppliedPatch[]): Promise<MergeAttempt> {
    const { store, task, log, signal } = this.#equipment;
    const branches = branchesOf(patches);
    if (branches === undefined) {
      return this.#record({ strategy, status: 'missing_input' }, 'a patch does not apply to the base commit');
    }
    log.flush();
    if (strategy === 'llm') return this.#mergeByModel(branches);
    const ahead = strategy === 'naive' ? this.#naive : undefined;
    const merged = await (ahead ?? mergeBranches(store, branches, strategy, signal));
    if (merged.status === 'conflicts') {
      const { conflicts, sections, lines, score } = merged;
      const files = conflicts.map((conflict) => ({
        file: conflict.file,
        sections: conflict.sections,
        lines: conflict.lines,
        agents: [...conflict.agents],
      }));
      log.append({
        type: 'merge-attempted',
        strategy,
        status: 'conflicts',
        conflicts: files,
        sections,
        lines,
        score,
      });
      return { strategy, status: 'conflicts' };
    }
    const diff = toContent(await store.diff(task.baseCommit, merged.tree));
    return this.#record({ strategy, status: 'clean', tree: merged.tree }, undefined, diff);
  }

  async #mergeByModel(branches: readonly [Branch, ...Branch[]]): Promise<MergeAttempt> {
    const { store, task, log, signal, mergeModel } = this.#equipment;
    const model = await mergeModel();
    if (model === undefined) {
      return this.#record(
        { strategy: 'llm', status: 'not-tried' },
        'no live model to merge with (see --merge-model)',
      );
    }
    const outcome = await mergeWithModel({ store, branches, model, log, signal });
    if (outcome.status === 'failed') {
      const attempt = this.#record({ strategy: 'llm', status: 'failed' }, outcome.reason);
      if (outcome.fault !== undefined) throw outcome.fault;
      return attempt;
    }
    const diff = toContent(await store.diff(task.baseCommit, outcome.tree));
    return this.#record({ strategy: 'llm', status: 'clean', tree: outcome.tree }, undefined, diff);
  }

  #record(attempt: MergeAttempt, detail?: string, diff?: ReturnType<typeof toContent>): MergeAttempt {
    this.#equipment.log.append({
      type: 'merge-attempted',
      ...attempt,
      conflicts: [],
      sections: 0,
      lines: 0,
      score: 0,
      ...(diff === undefined ? {} : { diff }),
      ...(detail === undefined ? {} : { detail }),
    });
    return attempt;
  }

  testMerged({ tree, strategy }: MergeAttempt): Promise<readonly FeatureOutcome[]> {
    if (tree === undefined) return Promise.resolve([]);
    return this.#test(
      this.#equipment.features.map((feature) => ({ feature, tree, strategy, stage: 'merged' })),
    );
  }

  async #test(orders: readonly TestOrder[]): Promise<readonly FeatureOutcome[]> {
    const { testConcurrency, log } = this.#equipment;
    log.flush();
    const queue = new PQueue({ concurrency: testConcurrency });
    const runs = orders.map((order) => queue.add(() => this.#runTests(order)));
    // All end before any fault is passed on, so that no sandbox outlives the step.
    const results = await Promise.allSettled(runs);
    const outcomes: FeatureOutcome[] = [];
    for (const [index, result] of results.entries()) {
      if (result.status === 'rejected') continue;
      const order = orders[index] as TestOrder;
      const { output, passed, exitCode, testsPassed, testsFailed, reason } = result.value;
      const name = attachmentName(order);
      await this.#equipment.attachments.put(name, output);
      const { feature, stage, agent, strategy } = order;
      log.append({
        type: 'tests-finished',
        feature,
        stage,
        ...(strategy === undefined ? {} : { strategy }),
        ...(agent === undefined ? {} : { agent }),
        passed,
        exitCode,
        ...(testsPassed === undefined ? {} : { testsPassed }),
        ...(testsFailed === undefined ? {} : { testsFailed }),
        ...(reason === undefined ? {} : { reason }),
        output: name,
      });
      outcomes.push({ feature, passed });
    }
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    return outcomes;
  }

  async #runTests(order: TestOrder): ReturnType<typeof runFeatureTests> {
    const { task, store, sandboxes, signal, testTimeout } = this.#equipment;
    const [feature] = selectFeatures(task.task, [order.feature]);
    if (feature === undefined) throw new Error(`feature ${order.feature} is not in the task`);
    return runFeatureTests({
      provider: sandboxes,
      populate: (folder) => task.populateEvaluation(store, order.tree, folder, signal),
      folderName: task.folderName,
      testScript: await requireScript(task.task, 'run_tests.sh'),
      testsPatch: await feature.testsPatch(),
      timeout: testTimeout,
      signal,
      onDisposal: (disposal) => {
        this.#disposals.push(disposal);
        disposal.catch(() => {});
      },
    });
  }

  /**
   * Resolves once nothing is left of the sandboxes that tests ran in.
   *
   * @throws what kept one from being removed.
   */
  async settled(): Promise<void> {
    await this.#naive?.catch(() => {});
    await Promise.all(this.#disposals);
  }

  conclude(verdict: Verdict): void {
    const { log, events, signal } = this.#equipment;
    if (signal.aborted) return;
    log.append({ type: 'verdict-reached', verdict });
    const found = coarseCause(events());
    if (found === undefined) return;
    const { cause, reason, evidence } = found;
    log.append({ type: 'cause-assigned', cause, reason, codebook: COARSE_CODEBOOK, evidence: [...evidence] });
  }

  fault(error: unknown): void {
    const { log, signal } = this.#equipment;
    if (signal.aborted) return;
    const code = error instanceof TroupeError ? error.code : 'unexpected';
    log.append({ type: 'fault-occurred', where: 'referee', code, detail: describeError(error) });
  }
}

function attachmentName({ feature, stage, strategy }: TestOrder): string {
  return strategy === undefined
    ? `feature${feature}_${stage}.txt`
    : `feature${feature}_${stage}_${strategy}.txt`;
}

/** The branches to merge, in order; nothing where a patch did not apply. */
function branchesOf(patches: readonly AppliedPatch[]): [Branch, ...Branch[]] | undefined {
  const [first, ...others] = patches.flatMap(({ agent, commit }): Branch[] =>
    commit === undefined ? [] : [{ agent, commit }],
  );
  return first === undefined || others.length + 1 < patches.length ? undefined : [first, ...others];
}
