import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextMergeStep, type MergeRecord } from '../../../src/referee/merge/merge-ladder.js';

describe('the merge ladder', () => {
  it('begins with a naive merge', () => {
    expect(nextMergeStep([])).toBe('naive');
  });

  it('ends after a naive merge that is clean, whatever its tests say', () => {
    expect(nextMergeStep([{ strategy: 'naive', status: 'clean' }])).toBe('done');
    expect(nextMergeStep([{ strategy: 'naive', status: 'clean', testsPassed: true }])).toBe('done');
    expect(nextMergeStep([{ strategy: 'naive', status: 'clean', testsPassed: false }])).toBe('done');
  });

  it('climbs to union where naive conflicts, and is done where the union passes', () => {
    const naive: MergeRecord = { strategy: 'naive', status: 'conflicts' };
    expect(nextMergeStep([naive])).toBe('union');
    expect(nextMergeStep([naive, { strategy: 'union', status: 'clean', testsPassed: true }])).toBe('done');
  });

  it('climbs to the model where the union fails its tests or conflicts still', () => {
    const naive: MergeRecord = { strategy: 'naive', status: 'conflicts' };
    expect(nextMergeStep([naive, { strategy: 'union', status: 'clean', testsPassed: false }])).toBe('llm');
    expect(nextMergeStep([naive, { strategy: 'union', status: 'conflicts' }])).toBe('llm');
  });

  it('ends at once where there is nothing to merge', () => {
    expect(nextMergeStep([{ strategy: 'naive', status: 'missing_input' }])).toBe('done');
  });

  it('always ends within three rungs, in their order, whatever comes out of them', () => {
    const result = fc.record(
      {
        status: fc.constantFrom('clean', 'conflicts', 'missing_input', 'not-tried', 'failed'),
        testsPassed: fc.boolean(),
      },
      { requiredKeys: ['status'] },
    );
    fc.assert(
      fc.property(fc.array(result, { minLength: 3, maxLength: 3 }), (results) => {
        const history: MergeRecord[] = [];
        for (const outcome of results) {
          const strategy = nextMergeStep(history);
          if (strategy === 'done') break;
          history.push({ strategy, ...outcome } as MergeRecord);
        }
        expect(nextMergeStep(history)).toBe('done');
        expect(['naive', 'union', 'llm'].slice(0, history.length)).toEqual(
          history.map((record) => record.strategy),
        );
      }),
    );
  });
});
