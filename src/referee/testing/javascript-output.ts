import { countLines, numbersByWord, sumCounts, testCounts, type OutputParser } from './test-counts.js';

/** Summaries of jest; several are added up. */
export const parseJestOutput: OutputParser = (lines) => {
  const summaries = lines.flatMap((line) => {
    const summary = /^Tests: +(.*\d+ total)$/.exec(line)?.[1];
    if (summary === undefined)
      return /^No tests found, exiting with code \d+$/.test(line) ? [testCounts('jest')] : [];
    const numbers = numbersByWord(summary);
    const count = (word: string): number => numbers.get(word) ?? 0;
    return testCounts('jest', {
      passed: count('passed'),
      failed: count('failed'),
      skipped: count('skipped') + count('todo'),
    });
  });
  const counts = sumCounts(summaries);
  if (counts === undefined) return undefined;
  const failedSuites = lines.reduce((sum, line) => {
    const suites = /^Test Suites: +(.*)$/.exec(line)?.[1] ?? '';
    return sum + (numbersByWord(suites).get('failed') ?? 0);
  }, 0);
  const notRun = countLines(lines, /^\s*● .*Test suite failed to run\s*$/);
  return { ...counts, unloaded: Math.min(failedSuites, notRun) };
};

/** Summaries of vitest; several are added up. */
export const parseVitestOutput: OutputParser = (lines) => {
  const summaries = lines.flatMap((line) => {
    if (/^No test files found, exiting with code \d+/.test(line)) return [testCounts('vitest')];
    const summary = /^ +Tests +(no tests|.*\(\d+\))$/.exec(line)?.[1];
    if (summary === undefined) return [];
    const numbers = numbersByWord(summary);
    const count = (word: string): number => numbers.get(word) ?? 0;
    return testCounts('vitest', {
      passed: count('passed') + count('expected'),
      failed: count('failed'),
      skipped: count('skipped') + count('todo'),
    });
  });
  const counts = sumCounts(summaries);
  if (counts === undefined) return undefined;
  const unloaded = lines.reduce((sum, line) => {
    const number = /^⎯* ?Failed Suites (\d{1,9}) ⎯*$|^ +Errors +(\d{1,9}) errors?$/.exec(line);
    return sum + Number(number?.[1] ?? number?.[2] ?? 0);
  }, 0);
  return { ...counts, unloaded };
};

/** Summaries of mocha; several are added up. */
export const parseMochaOutput: OutputParser = (lines) => {
  let found = false;
  const sums = { passing: 0, failing: 0, pending: 0 };
  for (const line of lines) {
    const [, number, passing, other] =
      /^\s{2,}(\d{1,9}) (?:(passing) \(.+\)|(failing|pending))$/.exec(line) ?? [];
    if (passing !== undefined) found = true;
    if (found && number !== undefined) {
      sums[passing === undefined ? (other as 'failing' | 'pending') : 'passing'] += Number(number);
    }
  }
  return found
    ? testCounts('mocha', { passed: sums.passing, failed: sums.failing, skipped: sums.pending })
    : undefined;
};
