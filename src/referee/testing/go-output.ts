import { testCounts, type OutputParser, type TestCounts } from './test-counts.js';

/** Output of `go test`, plain, with -v, and with -json. Of a test with subtests only the outermost counts. */
export const parseGoOutput: OutputParser = (lines) => parseJsonLines(lines) ?? parsePlainLines(lines);

interface GoEvent {
  readonly Action: string;
  readonly Package?: string;
  readonly Test?: string;
}

function parseJsonLines(lines: readonly string[]): TestCounts | undefined {
  const tally = new Tally();
  for (const line of lines) {
    const event = readEvent(line);
    if (event === undefined) continue;
    if (event.Test === undefined) tally.package(event.Action, event.Package ?? '');
    else if (!event.Test.includes('/')) tally.test(event.Action, event.Package ?? '');
  }
  return tally.counts();
}

function readEvent(line: string): GoEvent | undefined {
  if (!line.startsWith('{"') || !line.includes('"Action":')) return undefined;
  try {
    const event: unknown = JSON.parse(line);
    return isEvent(event) ? event : undefined;
  } catch {
    return undefined;
  }
}

function isEvent(value: unknown): value is GoEvent {
  if (typeof value !== 'object' || value === null) return false;
  const { Action: action, Package: name = '', Test: test = '' } = value as Record<string, unknown>;
  return typeof action === 'string' && typeof name === 'string' && typeof test === 'string';
}

class Tally {
  readonly #sums = { pass: 0, fail: 0, skip: 0 };
  readonly #withFailedTest = new Set<string>();
  #unloaded = 0;
  #found = false;

  test(action: string, packageName: string): void {
    if (action !== 'pass' && action !== 'fail' && action !== 'skip') return;
    this.#found = true;
    this.#sums[action] += 1;
    if (action === 'fail') this.#withFailedTest.add(packageName);
  }

  package(action: string, name: string): void {
    if (action !== 'pass' && action !== 'fail' && action !== 'skip') return;
    this.#found = true;
    if (action === 'fail' && !this.#withFailedTest.has(name)) this.#unloaded += 1;
  }

  counts(): TestCounts | undefined {
    if (!this.#found) return undefined;
    const { pass, fail, skip } = this.#sums;
    return testCounts('go test', { passed: pass, failed: fail, skipped: skip, unloaded: this.#unloaded });
  }
}

const PACKAGE = /^(ok {2}|FAIL|\? {3})\t\S+(?:\t| )(.*)$/;

function parsePlainLines(lines: readonly string[]): TestCounts | undefined {
  const tests = { PASS: 0, FAIL: 0, SKIP: 0 };
  const packages = { passed: 0, failed: 0, unloaded: 0 };
  let verbose = false;
  let found = false;
  let failedTests = 0;
  for (const line of lines) {
    if (line.startsWith('=== RUN ')) verbose = true;
    const test = /^--- (PASS|FAIL|SKIP): \S+ \([\d.]+s\)$/.exec(line)?.[1] as keyof typeof tests | undefined;
    if (test !== undefined) {
      tests[test] += 1;
      found = true;
      if (test === 'PASS') verbose = true;
      if (test === 'FAIL') failedTests += 1;
    }
    const [, verdict, rest = ''] = PACKAGE.exec(line) ?? [];
    if (verdict === undefined) continue;
    found = true;
    if (verdict === 'FAIL') packages[failedTests > 0 ? 'failed' : 'unloaded'] += 1;
    else if (verdict === 'ok  ' && !rest.includes('[no tests to run]')) packages.passed += 1;
    failedTests = 0;
  }
  if (!found) return undefined;
  const { passed, failed, unloaded } = packages;
  return verbose
    ? testCounts('go test', { passed: tests.PASS, failed: tests.FAIL, skipped: tests.SKIP, unloaded })
    : testCounts('go test', { passed, failed, unloaded, unit: 'packages' });
}
