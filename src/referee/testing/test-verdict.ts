import type { TestCounts } from './test-counts.js';

/**
 * Why a feature's tests did not pass.
 * - `tests-failed`: at least one test failed
 * - `not-loaded`: a test file, package or crate could not be loaded or built, and no test is known to have failed
 * - `no-test-ran`: nothing failed, but nothing was tested either
 * - `no-summary`: the script failed without a word from a test runner (a crash, a patch that did not apply)
 * - `script-failed`: the script failed although all tests that were counted passed
 * - `timeout`: the script was killed
 */
export type TestFailureReason =
  'tests-failed' | 'not-loaded' | 'no-test-ran' | 'no-summary' | 'script-failed' | 'timeout';

export interface TestRunFacts {
  readonly exitCode: number;
  readonly timedOut: boolean;
  /** What the runner said; absent where it said nothing that is understood. */
  readonly counts?: TestCounts | undefined;
}

export type TestVerdict =
  { readonly passed: true } | { readonly passed: false; readonly reason: TestFailureReason };

/**
 * Whether a test script's run is a pass: exit code 0, and at least one test that ran where the runner says how
 * many. Counts never turn a failing exit code into a pass, nor failures that the script chose to forgive into a
 * failure.
 */
export function judgeTestRun({ exitCode, timedOut, counts }: TestRunFacts): TestVerdict {
  if (timedOut) return { passed: false, reason: 'timeout' };
  const ran = counts === undefined ? undefined : counts.passed + counts.failed;
  if (exitCode === 0) return ran === 0 ? { passed: false, reason: 'no-test-ran' } : { passed: true };
  return { passed: false, reason: reasonOfFailure(counts) };
}

function reasonOfFailure(counts: TestCounts | undefined): TestFailureReason {
  if (counts === undefined) return 'no-summary';
  if (counts.failed > 0) return 'tests-failed';
  if (counts.unloaded > 0) return 'not-loaded';
  return counts.passed === 0 ? 'no-test-ran' : 'script-failed';
}
