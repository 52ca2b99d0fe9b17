import { sumCounts, testCounts, type OutputParser, type TestCounts } from './test-counts.js';

const SUMMARY = /^(?:# |ℹ )(tests|pass|fail|cancelled|skipped|todo) (\d{1,9})$/;
/**
 * Top-level result lines, in TAP and in the spec reporter's form. A name with blanks is a test's title, unless it
 * is the path of a file in a clone.
 */
const NAME = String.raw`(\S+|\/.+\/agent_workspace\/.+)`;
const RESULT = new RegExp(String.raw`^(?:(ok|not ok) \d+ - ${NAME}|([✔✖]) ${NAME} \([\d.]+ms\))$`);
const SOURCE_FILE = /\.[cm]?[jt]sx?$/;

/**
 * Summaries of `node --test` (Node 20 to 24), by the TAP and the spec reporter; several are added up. A file
 * without a test in it is counted by Node as a test of the file's name: here it is no test at all, or, when it
 * failed, a file that did not load.
 */
export const parseNodeOutput: OutputParser = (lines) => {
  const summaries: TestCounts[] = [];
  let files = { passed: 0, failed: 0 };
  let current: Map<string, number> | undefined;
  lines.forEach((line, index) => {
    const result = RESULT.exec(line);
    // The spec reporter repeats failures after its summary, each below the line that says where it is.
    if (result !== null && lines[index - 1]?.startsWith('test at ') !== true) {
      const passed = result[1] === 'ok' || result[3] === '✔';
      if (SOURCE_FILE.test(result[2] ?? result[4] ?? '')) files[passed ? 'passed' : 'failed'] += 1;
    }
    const [, key, value] = SUMMARY.exec(line) ?? [];
    if (key === 'tests') current = new Map();
    if (key === undefined || current === undefined) return;
    current.set(key, Number(value));
    if (key !== 'todo') return;
    summaries.push(toCounts(current, files));
    files = { passed: 0, failed: 0 };
    current = undefined;
  });
  return sumCounts(summaries);
};

function toCounts(
  summary: ReadonlyMap<string, number>,
  files: { readonly passed: number; readonly failed: number },
): TestCounts {
  const count = (key: string): number => summary.get(key) ?? 0;
  return testCounts('node --test', {
    passed: Math.max(0, count('pass') - files.passed),
    failed: Math.max(0, count('fail') + count('cancelled') - files.failed),
    skipped: count('skipped') + count('todo'),
    unloaded: files.failed,
  });
}
