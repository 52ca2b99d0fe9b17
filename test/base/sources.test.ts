import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { seededIdentifiers, timeOrderedIdentifiers } from '../../src/base/identifiers.js';
import { pick, seededRandom } from '../../src/base/random.js';

const take = <Item>(count: number, source: () => Item): Item[] => Array.from({ length: count }, source);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('a seeded source of random numbers', () => {
  it('repeats itself for the same seed, as a number or as a text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer()), (seed) => {
        expect(take(20, seededRandom(seed))).toEqual(take(20, seededRandom(seed)));
        expect(take(20, seededRandom(String(seed)))).toEqual(take(20, seededRandom(seed)));
      }),
    );
  });

  it('gives the very numbers that it gave in the first version, so that old seeds keep their meaning', () => {
    expect(take(3, seededRandom('1')).map((value) => Math.floor(value * 2 ** 32))).toMatchInlineSnapshot(`
      [
        3572198387,
        528319186,
        3548747975,
      ]
    `);
  });

  it('differs between seeds that are alike', () => {
    const seeds = ['', '0', '1', '2', '10', '01', 'a', 'b', 'ab', 'ba', 'agent1/retries', 'agent2/retries'];
    const sequences = new Set(seeds.map((seed) => take(4, seededRandom(seed)).join()));
    expect(sequences.size).toBe(seeds.length);
  });

  it('stays within 0 and 1, and fills the range evenly', () => {
    const numbers = take(20_000, seededRandom('evenly'));
    expect(numbers.every((value) => value >= 0 && value < 1)).toBe(true);
    const buckets = Array.from({ length: 20 }, () => 0);
    for (const value of numbers) buckets[Math.floor(value * 20)] = (buckets[Math.floor(value * 20)] ?? 0) + 1;
    for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('picks every item of a list, and nothing else', () => {
    const random = seededRandom('pick');
    const items = ['a', 'b', 'c'] as const;
    expect(new Set(take(100, () => pick(random, items)))).toEqual(new Set(items));
    expect(pick(() => 0.999_999_999, items)).toBe('c');
    expect(pick(() => 0, items)).toBe('a');
  });
});

describe('identifiers', () => {
  it('repeat for the same seed and differ within a run and between seeds', () => {
    const runs = ['1', '2', 'coop/waypost/1', 'coop/waypost/11'].map((seed) =>
      take(20, seededIdentifiers(seed)),
    );
    expect(take(20, seededIdentifiers(1))).toEqual(runs[0]);
    expect(new Set(runs.flat()).size).toBe(80);
    for (const identifier of runs.flat()) expect(identifier).toMatch(UUID);
  });

  it('of live runs sort in the order of their making, and none comes twice', () => {
    const made = take(500, timeOrderedIdentifiers);
    expect(made).toEqual(made.toSorted());
    expect(new Set(made).size).toBe(500);
    for (const identifier of made) expect(UUID.exec(identifier)?.[1]).toBe('7');
  });
});
