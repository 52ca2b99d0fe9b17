import { countLines, sumCounts, testCounts, type OutputParser } from './test-counts.js';

const RESULT = /^test result: (?:ok|FAILED)\. (\d{1,9}) passed; (\d{1,9}) failed; (\d{1,9}) ignored;/;
/** Summary of test programs that bring their own harness, as typst's does. */
const OWN_HARNESS = /^(\d{1,9}) passed, (\d{1,9}) failed, (\d{1,9}) skipped$/;
const STARTED = /^ +(?:Running|Compiling|Finished|Doc-tests) /;

/** Output of `cargo test`, which has one summary a crate; they are added up. */
export const parseCargoOutput: OutputParser = (lines) => {
  const started = lines.some((line) => STARTED.test(line));
  const summaries = lines.flatMap((line) => {
    const numbers = RESULT.exec(line) ?? (started ? OWN_HARNESS.exec(line) : null);
    if (numbers === null) return [];
    const [, passed, failed, skipped] = numbers;
    return testCounts('cargo test', {
      passed: Number(passed),
      failed: Number(failed),
      skipped: Number(skipped),
    });
  });
  const unloaded =
    countLines(lines, /^error: could not compile `[^`]+`/) +
    countLines(lines, /^ *process didn't exit successfully: .*\(signal: /);
  if (unloaded > 0) summaries.push(testCounts('cargo test', { unloaded }));
  return sumCounts(summaries);
};
