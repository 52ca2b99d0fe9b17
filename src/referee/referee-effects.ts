import type { MergeStrategy, Verdict } from '../log/referee-events.js';

/** How the evaluation joins the work: every branch by itself, or all of them merged. */
export type EvaluationType = 'test' | 'merge';

/** An agent's patch, once it was tried on the base commit. */
export interface AppliedPatch {
  readonly agent: string;
  readonly features: readonly number[];
  /** `skipped`: the patch is empty. */
  readonly status: 'applied' | 'skipped' | 'failed';
  /** Commit on top of the base; absent where the patch did not apply. */
  readonly commit?: string;
}

/** One rung of the merge ladder. */
export interface MergeAttempt {
  readonly strategy: MergeStrategy;
  readonly status: 'clean' | 'conflicts' | 'missing_input' | 'not-tried' | 'failed';
  /** The merged tree, where there is one. */
  readonly tree?: string;
}

/** The tests of one feature on one tree. */
export interface FeatureOutcome {
  readonly feature: number;
  readonly passed: boolean;
}

/** Everything that the referee has seen. */
export interface RefereeFindings {
  readonly evaluation: EvaluationType;
  /** The run's features, in order. */
  readonly features: readonly number[];
  readonly patches: readonly AppliedPatch[];
  /** Each feature on its own agent's branch. */
  readonly alone: readonly FeatureOutcome[];
  readonly attempts: readonly (MergeAttempt & { readonly tests?: readonly FeatureOutcome[] })[];
  /** What broke under the run, as one line each. */
  readonly faults: readonly string[];
}

/** Everything that the referee does to the world; the machine and the verdict only decide. */
export interface RefereeEffects {
  applyPatches(): Promise<readonly AppliedPatch[]>;
  testAlone(patches: readonly AppliedPatch[]): Promise<readonly FeatureOutcome[]>;
  merge(strategy: MergeStrategy, patches: readonly AppliedPatch[]): Promise<MergeAttempt>;
  testMerged(attempt: MergeAttempt): Promise<readonly FeatureOutcome[]>;
  /** Records what broke under the referee. */
  fault(error: unknown): void;
  /** Records the verdict and why the team failed; nothing once the run is interrupted. */
  conclude(verdict: Verdict): void;
}
