/**
 * Reads vitest's JSON report and prints "<passed> <failed> <skipped>".
 *
 *   node scripts/count-tests.mjs <report.json> <vitest's exit code>
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/**
 * A failing run counts at least one failure, also where no test of it failed: a file that does not load, an
 * unhandled error, a report that is missing or not whole.
 */
export function countTests(reportText, exitCode) {
  let report = {};
  try {
    report = JSON.parse(reportText) ?? {};
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const count = (name) => (Number.isInteger(report[name]) ? report[name] : 0);
  const passed = count('numPassedTests');
  const skipped = count('numPendingTests') + count('numTodoTests');
  const failed = count('numFailedTests');
  const broken = exitCode !== 0 || report.success === false || passed + failed + skipped === 0;
  return { passed, failed: Math.max(failed, broken ? 1 : 0), skipped };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  let text = '';
  try {
    text = readFileSync(process.argv[2], 'utf8');
  } catch {
    // Counted as a failure.
  }
  const { passed, failed, skipped } = countTests(text, Number(process.argv[3]));
  process.stdout.write(`${passed} ${failed} ${skipped}\n`);
}
