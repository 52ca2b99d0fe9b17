/** One of the things that are compared; it resolves to its milliseconds where it measures itself. */
export type Contestant = () => Promise<number | void> | number | void;

/**
 * Times contestants in turns (A B A B …, and the next time B A B A …), after one round that does not count, so
 * that whatever else the machine does falls on all of them alike.
 *
 * @returns the median milliseconds of each.
 */
export async function sideBySide<Name extends string>(
  contestants: Readonly<Record<Name, Contestant>>,
  repetitions: number,
): Promise<Record<Name, number>> {
  const names = Object.keys(contestants) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round <= repetitions; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const started = performance.now();
      const own = await contestants[name]();
      if (round > 0) times[name].push(own ?? performance.now() - started);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<Name, number>;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
