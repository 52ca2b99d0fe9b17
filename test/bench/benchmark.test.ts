import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { figureLine, isMet } from '../../bench/benchmark.js';
import { median, sideBySide } from '../../bench/side-by-side.js';

describe('a figure', () => {
  it('keeps its target up to the bound itself', () => {
    const ratio = (value: number): boolean | undefined =>
      isMet({ name: 'ratio', value, unit: '×', target: { atMost: 1.5 } });
    expect([ratio(1.49), ratio(1.5), ratio(1.51)]).toEqual([true, true, false]);
    const speed = (value: number): boolean | undefined =>
      isMet({ name: 'speed', value, unit: '/s', target: { atLeast: 300_000 } });
    expect([speed(299_999), speed(300_000), speed(300_001)]).toEqual([false, true, true]);
    expect(isMet({ name: 'size', value: 3, unit: 'MiB' })).toBeUndefined();
  });

  it('that is no number keeps no target', () => {
    expect(isMet({ name: 'ratio', value: Number.NaN, unit: '×', target: { atMost: 1.5 } })).toBe(false);
    expect(isMet({ name: 'speed', value: Number.NaN, unit: '/s', target: { atLeast: 1 } })).toBe(false);
  });

  it('is shown with its target and whether that is met', () => {
    const line = (value: number): string =>
      figureLine({ name: 'a / b', value, unit: '×', target: { atMost: 2.5 } }).trim();
    expect(line(1.8)).toMatch(/^a \/ b +1\.80 × {2}\(target: at most 2\.50 ×: met\)$/);
    expect(line(2.6)).toContain('NOT MET');
    expect(figureLine({ name: 'speed', value: 312_345.6, unit: 'messages/s' }).trim()).toMatch(
      /^speed +312,346 messages\/s$/,
    );
  });
});

describe('the median', () => {
  it('has as many values below it as above it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
        const middle = median(values);
        const below = values.filter((value) => value < middle).length;
        const above = values.filter((value) => value > middle).length;
        expect(below).toBeLessThanOrEqual(values.length / 2);
        expect(above).toBeLessThanOrEqual(values.length / 2);
      }),
    );
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});

describe('contestants side by side', () => {
  it('take turns, first one and then the other in front, after one round that does not count', async () => {
    const turns: string[] = [];
    let rounds = 0;
    const times = await sideBySide(
      {
        a: () => {
          turns.push('a');
          return (rounds += 1) === 1 ? 1_000_000 : 7;
        },
        b: async () => void turns.push('b'),
      },
      3,
    );
    expect(turns.join('')).toBe('abbaabba');
    expect(times.a).toBe(7);
    expect(times.b).toBeGreaterThanOrEqual(0);
  });

  it('fail with the contestant that fails', async () => {
    await expect(
      sideBySide({ a: () => 1, b: () => Promise.reject(new Error('the script failed')) }, 1),
    ).rejects.toThrow('the script failed');
  });
});
