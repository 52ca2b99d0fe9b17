import { countLines, numbersByWord, sumCounts, testCounts, type OutputParser } from './test-counts.js';

/** Summaries of `python -m unittest`; several are added up. */
export const parseUnittestOutput: OutputParser = (lines) => {
  const summaries = lines.flatMap((line, index) => {
    const ran = /^Ran (\d{1,9}) tests? in \S+$/.exec(line)?.[1];
    if (ran === undefined) return [];
    const verdict = lines.slice(index + 1).find((later) => later.trim() !== '') ?? '';
    return [{ ran: Number(ran), verdict }];
  });
  if (summaries.length === 0) return undefined;
  // A module that cannot be imported is run as a test that fails; a failing setUpClass is an error without a test.
  const notImported = countLines(lines, /^ERROR: .*unittest\.loader\._FailedTest/);
  const setUpFailed = countLines(lines, /^ERROR: (?:setUp|tearDown)(?:Class|Module) \(/);
  let [ran, failed, skipped] = [-notImported, -notImported - setUpFailed, 0];
  for (const summary of summaries) {
    const count = (name: string): number =>
      Number(new RegExp(`(?:\\(|, )${name}=(\\d{1,9})[,)]`).exec(summary.verdict)?.[1] ?? 0);
    ran += summary.ran;
    failed += count('failures') + count('errors') + count('unexpected successes');
    skipped += count('skipped');
  }
  failed = Math.max(0, failed);
  return testCounts('unittest', {
    passed: Math.max(0, ran - failed - skipped),
    failed,
    skipped,
    unloaded: notImported + setUpFailed,
  });
};

const PYTEST_PART = '(?:\\d{1,9} [a-z]+|no tests ran)';
const PYTEST_SUMMARY = new RegExp(
  `^(?:=+ )?(${PYTEST_PART}(?:, ${PYTEST_PART})*) in \\d[\\d.]*s(?: \\([\\d:, days]+\\))?(?: =+)?$`,
);
const PYTEST_WORDS = /\b(?:passed|failed|skipped|errors?|xfailed|xpassed|deselected|no tests ran)\b/;

/** Summaries of pytest, with and without -q; several are added up. */
export const parsePytestOutput: OutputParser = (lines) => {
  const counts = sumCounts(
    lines.flatMap((line) => {
      const summary = PYTEST_SUMMARY.exec(line)?.[1];
      if (summary === undefined || !PYTEST_WORDS.test(summary)) return [];
      const numbers = numbersByWord(summary);
      const count = (word: string): number => numbers.get(word) ?? 0;
      return testCounts('pytest', {
        passed: count('passed') + count('xpassed') + count('xfailed'),
        failed: count('failed') + count('error') + count('errors'),
        skipped: count('skipped'),
      });
    }),
  );
  if (counts === undefined) return undefined;
  const notCollected = Math.min(counts.failed, countLines(lines, /^_+ ERROR collecting .* _+$/));
  return { ...counts, failed: counts.failed - notCollected, unloaded: notCollected };
};
