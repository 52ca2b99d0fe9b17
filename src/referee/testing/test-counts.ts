/** Programs whose summaries are understood; `several` where one output holds summaries of more than one. */
export type TestRunner =
  'node --test' | 'unittest' | 'pytest' | 'jest' | 'vitest' | 'mocha' | 'go test' | 'cargo test' | 'several';

/** What a test runner said it did. */
export interface TestCounts {
  readonly runner: TestRunner;
  readonly passed: number;
  readonly failed: number;
  /** Left out on purpose: skipped, ignored, pending, to do. */
  readonly skipped: number;
  /** Files, packages or crates that failed without a test being counted: not loaded, not built, or crashed. */
  readonly unloaded: number;
  /** What is counted; `go test` without -v tells only of packages. */
  readonly unit: 'tests' | 'packages';
}

/** Counts one runner's output; `undefined` when the output is not that runner's. */
export type OutputParser = (lines: readonly string[]) => TestCounts | undefined;

/** Counts with all that is not given at nought. */
export function testCounts(runner: TestRunner, counts: Partial<Omit<TestCounts, 'runner'>> = {}): TestCounts {
  return { runner, passed: 0, failed: 0, skipped: 0, unloaded: 0, unit: 'tests', ...counts };
}

/** Both counts as one. */
export function addCounts(one: TestCounts, other: TestCounts): TestCounts {
  return {
    runner: one.runner === other.runner ? one.runner : 'several',
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
    unloaded: one.unloaded + other.unloaded,
    unit: one.unit === other.unit ? one.unit : 'tests',
  };
}

/** The sum of several counts; `undefined` of none. */
export function sumCounts(counts: readonly TestCounts[]): TestCounts | undefined {
  return counts.length === 0 ? undefined : counts.reduce(addCounts);
}

/** The number before each word of a summary such as `1 failed, 2 passed`. */
export function numbersByWord(summary: string): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const [, number, word] of summary.matchAll(/(\d{1,9}) ([a-z]+)/g)) {
    if (word !== undefined) numbers.set(word, (numbers.get(word) ?? 0) + Number(number));
  }
  return numbers;
}

/** How many lines match. */
export const countLines = (lines: readonly string[], pattern: RegExp): number =>
  lines.reduce((count, line) => count + (pattern.test(line) ? 1 : 0), 0);
