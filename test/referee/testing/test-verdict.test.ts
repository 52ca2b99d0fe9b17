import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { testCounts } from '../../../src/referee/testing/test-counts.js';
import { judgeTestRun } from '../../../src/referee/testing/test-verdict.js';

const judge = (exitCode: number, counts?: Parameters<typeof testCounts>[1], timedOut = false): string => {
  const verdict = judgeTestRun({
    exitCode,
    timedOut,
    counts: counts === undefined ? undefined : testCounts('pytest', counts),
  });
  return verdict.passed ? 'passed' : verdict.reason;
};

describe('test verdict', () => {
  it.each([
    [0, { passed: 3 }, 'passed'],
    [0, undefined, 'passed'],
    [0, { passed: 3, failed: 1 }, 'passed'],
    [0, {}, 'no-test-ran'],
    [0, { skipped: 5 }, 'no-test-ran'],
    [5, {}, 'no-test-ran'],
    [1, { passed: 3, failed: 1 }, 'tests-failed'],
    [1, { failed: 1, unloaded: 1 }, 'tests-failed'],
    [2, { unloaded: 1 }, 'not-loaded'],
    [1, { passed: 3, unloaded: 1 }, 'not-loaded'],
    [1, { passed: 3 }, 'script-failed'],
    [139, undefined, 'no-summary'],
    [128, undefined, 'no-summary'],
  ])('of exit code %i and %j is %s', (exitCode, counts, expected) => {
    expect(judge(exitCode, counts)).toBe(expected);
  });

  it('of a killed script is a timeout, whatever it had said', () => {
    expect(judge(124, { passed: 3 }, true)).toBe('timeout');
    expect(judge(0, { passed: 3 }, true)).toBe('timeout');
  });

  it('is never a pass unless the exit code is 0', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 255 }),
        fc.nat(),
        fc.nat(),
        fc.nat(),
        (code, passed, failed, unloaded) => {
          expect(judge(code, { passed, failed, unloaded })).not.toBe('passed');
        },
      ),
    );
  });
});
