import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { parseTestOutput } from '../../../src/referee/testing/test-output.js';

const counts = (output: string): [number, number, number, number] | undefined => {
  const found = parseTestOutput(output);
  return found && [found.passed, found.failed, found.skipped, found.unloaded];
};

const tap = (pass: number, fail: number, cancelled = 0, skipped = 0, todo = 0): string =>
  `1..9\n# tests ${pass + fail + cancelled + skipped + todo}\n# suites 1\n# pass ${pass}\n# fail ${fail}\n# cancelled ${cancelled}\n# skipped ${skipped}\n# todo ${todo}\n# duration_ms 49.31\n`;

const bar = (text: string): string => `${'='.repeat(20)} ${text} ${'='.repeat(20)}\n`;

describe('test output of each runner', () => {
  it.each([
    ['node TAP', tap(4, 1, 2, 3, 1), [4, 3, 4, 0]],
    ['node TAP, several runs', tap(4, 1) + tap(2, 0), [6, 1, 0, 0]],
    ['node TAP, a file without a test', `ok 1 - t/empty.test.js\n${tap(1, 0)}`, [0, 0, 0, 0]],
    [
      'node TAP, a file that does not load',
      `ok 1 - one\nnot ok 2 - /x/load.test.mjs\n${tap(1, 1)}`,
      [1, 0, 0, 1],
    ],
    [
      'node spec',
      '✔ one (1.01ms)\n✖ bad (0.6ms)\nℹ tests 2\nℹ suites 0\nℹ pass 1\nℹ fail 1\nℹ cancelled 0\nℹ skipped 0\nℹ todo 0\nℹ duration_ms 9\n\n✖ failing tests:\n\ntest at t/b.js:1:1\n✖ bad (0.6ms)\n',
      [1, 1, 0, 0],
    ],
    [
      'node spec, a file that does not load, named twice, before another run',
      `✖ t/l.test.js (40.4ms)\nℹ tests 1\nℹ pass 0\nℹ fail 1\nℹ cancelled 0\nℹ skipped 0\nℹ todo 0\n✖ failing tests:\n\ntest at t/l.test.js:1:1\n✖ t/l.test.js (40.4ms)\n${tap(3, 2)}`,
      [3, 2, 0, 1],
    ],
    ['unittest', '..\n------\nRan 2 tests in 0.001s\n\nOK\n', [2, 0, 0, 0]],
    ['unittest skips', 'Ran 3 tests in 0.001s\n\nOK (skipped=2, expected failures=1)\n', [1, 0, 2, 0]],
    [
      'unittest failures',
      'Ran 6 tests in 0.001s\n\nFAILED (failures=1, errors=1, skipped=1, expected failures=1, unexpected successes=1)\n',
      [2, 3, 1, 0],
    ],
    ['unittest of nothing', 'Ran 0 tests in 0.000s\n\nNO TESTS RAN\n', [0, 0, 0, 0]],
    ['unittest of nothing, older', 'Ran 0 tests in 0.000s\n\nOK\n', [0, 0, 0, 0]],
    [
      'unittest import error',
      'ERROR: test_x (unittest.loader._FailedTest.test_x)\nRan 3 tests in 0.000s\n\nFAILED (errors=1)\n',
      [2, 0, 0, 1],
    ],
    [
      'unittest setUpClass error',
      'ERROR: setUpClass (test_x.A)\nRan 2 tests in 0.000s\n\nFAILED (errors=1)\n',
      [2, 0, 0, 1],
    ],
    ['pytest', bar('3 failed, 52 passed, 1 skipped, 2 warnings in 0.18s'), [52, 3, 1, 0]],
    ['pytest -q', '1 failed, 1 passed, 1 skipped, 1 xfailed, 1 error in 0.77s\n', [2, 2, 1, 0]],
    ['pytest for long', bar('2 passed in 3723.00s (1:02:03)'), [2, 0, 0, 0]],
    ['pytest twice', bar('7 passed in 1.53s') + bar('9 passed in 1.51s'), [16, 0, 0, 0]],
    ['pytest of nothing', bar('no tests ran in 0.83s'), [0, 0, 0, 0]],
    ['pytest of nothing chosen', '4 deselected in 0.70s\n', [0, 0, 0, 0]],
    [
      'pytest collection error',
      `__________ ERROR collecting test_load.py __________\n!!! Interrupted: 1 error during collection !!!\n${bar('1 error in 0.95s')}`,
      [0, 0, 0, 1],
    ],
    [
      'jest',
      'Test Suites: 1 failed, 1 total\nTests:       1 failed, 1 skipped, 1 todo, 4 passed, 7 total\nSnapshots:   0 total\nTime:        0.4 s\n',
      [4, 1, 2, 0],
    ],
    [
      'jest, a suite that does not load',
      '  ● Test suite failed to run\n\n    load\n\nTest Suites: 1 failed, 1 passed, 2 total\nTests:       3 passed, 3 total\n',
      [3, 0, 0, 1],
    ],
    ['jest of nothing', 'No tests found, exiting with code 0\n', [0, 0, 0, 0]],
    [
      'vitest',
      ' Test Files  3 failed (3)\n      Tests  1 failed | 5 passed | 1 skipped | 1 todo (8)\n   Start at  09:00:43\n',
      [5, 1, 2, 0],
    ],
    [
      'vitest, a file that does not load',
      '⎯⎯⎯⎯⎯⎯ Failed Suites 1 ⎯⎯⎯⎯⎯⎯⎯\n Test Files  1 failed (1)\n      Tests  no tests\n',
      [0, 0, 0, 1],
    ],
    [
      'vitest, an unhandled error',
      ' Test Files  1 passed (1)\n      Tests  2 passed (2)\n     Errors  1 error\n',
      [2, 0, 0, 1],
    ],
    ['vitest of nothing', 'No test files found, exiting with code 1\n', [0, 0, 0, 0]],
    ['mocha', '\n  1 passing (3ms)\n  2 pending\n  3 failing\n\n  1) s\n       bad:\n', [1, 3, 2, 0]],
    ['mocha of nothing', '\n\n  0 passing (1ms)\n\n', [0, 0, 0, 0]],
    [
      'go test -v',
      '=== RUN   TestA\n=== RUN   TestA/sub\n--- PASS: TestA (0.00s)\n    --- PASS: TestA/sub (0.00s)\n--- FAIL: TestB (0.01s)\n--- SKIP: TestC (0.00s)\nFAIL\nFAIL\texample.org/x\t0.003s\n',
      [1, 1, 1, 0],
    ],
    [
      'go test -v, a package that does not build',
      '=== RUN   TestA\n--- PASS: TestA (0.00s)\nPASS\nok  \texample.org/a\t0.003s\nFAIL\texample.org/b [build failed]\n',
      [1, 0, 0, 1],
    ],
    [
      'go test -json',
      [
        { Action: 'run', Package: 'p', Test: 'TestA' },
        { Action: 'output', Package: 'p', Test: 'TestA', Output: '--- FAIL: TestZ (0.00s)\n' },
        { Action: 'pass', Package: 'p', Test: 'TestA/sub' },
        { Action: 'pass', Package: 'p', Test: 'TestA', Elapsed: 0 },
        { Action: 'fail', Package: 'p', Test: 'TestB' },
        { Action: 'fail', Package: 'p' },
        { Action: 'skip', Package: 'q', Test: 'TestC' },
        { Action: 'fail', Package: 'broken' },
      ]
        .map((event) => `${JSON.stringify(event)}\n`)
        .join(''),
      [1, 1, 1, 1],
    ],
    [
      'cargo test, several crates',
      'running 3 tests\ntest result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s\n\ntest result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 5 filtered out; finished in 0.00s\n',
      [3, 1, 1, 0],
    ],
    [
      'cargo test, a crate that does not build',
      'error: could not compile `ct` (lib) due to 1 previous error\n',
      [0, 0, 0, 1],
    ],
    [
      'cargo test, a crash',
      "error: test failed, to rerun pass `--lib`\n\nCaused by:\n  process didn't exit successfully: `/x/ct` (signal: 11, SIGSEGV: invalid memory reference)\n",
      [0, 0, 0, 1],
    ],
    [
      'cargo test with a harness of its own',
      '     Running src/tests.rs (target/debug/deps/tests-52a2759a859b1a53)\n2 passed, 0 failed, 2354 skipped\n',
      [2, 0, 2354, 0],
    ],
  ])('is counted: %s', (name, output, expected) => {
    expect(counts(output)).toEqual(expected);
    expect(parseTestOutput(output)?.runner.split(' ')[0]).toBe(name.split(/[ ,]/)[0]);
    expect(counts(output.replaceAll('\n', '\r\n')), 'with Windows line ends').toEqual(expected);
    expect(counts(`noise\n\n${output}Cleaning up repository...\nHEAD is now at 1\n`), 'among noise').toEqual(
      expected,
    );
    const coloured = output.replace(/\d+ [a-z]+/g, (part) => `\u001B[1m\u001B[32m${part}\u001B[0m`);
    expect(counts(coloured), 'in colour').toEqual(expected);
  });

  it('counts packages where go tells of nothing else, and none where none ran', () => {
    const ran = 'ok  \tx/a\t0.002s\nok  \tx/b\t(cached)\n?   \tx/c\t[no test files]\n';
    expect(parseTestOutput(ran)).toMatchObject({ unit: 'packages', passed: 2, failed: 0 });
    const none = 'ok  \tx/a\t0.002s [no tests to run]\nok  \tx/b\t0.002s [no tests to run]\n';
    expect(parseTestOutput(none)).toMatchObject({ unit: 'packages', passed: 0, failed: 0 });
    const failed = '--- FAIL: TestX (0.00s)\nFAIL\nFAIL\tx/a\t0.003s\nFAIL\tx/b [build failed]\nFAIL\n';
    expect(parseTestOutput(failed)).toMatchObject({ unit: 'packages', failed: 1, unloaded: 1 });
  });

  it('adds up the runners of one output', () => {
    expect(parseTestOutput(tap(2, 1) + bar('3 passed in 0.1s'))).toMatchObject({
      runner: 'several',
      passed: 5,
      failed: 1,
    });
  });

  it.each([
    '',
    'Segmentation fault\n',
    'all 12 tests passed\n',
    'error: No valid patches in input\n',
    'I waited: 3 passed in the corridor\n',
    '5 apples in 3s\n',
    '{"Action":1}\n{"Action":"pass"\n{"Action":"run","Package":"p"}\n',
    'x 3 passed, 2 failed, 1 skipped\n',
    '2 passed, 0 failed, 3 skipped\n',
  ])('sees no summary in %j', (output) => {
    expect(parseTestOutput(output)).toBeUndefined();
  });

  it('never throws and never counts below nought, whatever the output', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '# tests 1',
        '# pass 0',
        '# fail 0',
        '# todo 0',
        'ok 1 - a.js',
        '✖ a.js (1ms)',
        'Ran 0 tests in 0s',
        'FAILED (failures=9, errors=',
        'ERROR: x unittest.loader._FailedTest',
        '=== 1 error in 1s ===',
        '_ ERROR collecting x _',
        'Tests:  1 total',
        ' Tests  no tests',
        '  1 passing (1ms)',
        '  1 failing',
        '--- FAIL: T (0.0s)',
        'FAIL\tp\t0.0s',
        'ok  \tp\t[no tests to run]',
        '{"Action":"fail"}',
        '{"Action":"pass","Test":null}',
        'test result: ok. 1 passed; 0 failed; 0 ignored;',
        '\u001B[31m',
        '\r',
        '99999999999999999999 passed in 1s',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), fc.constantFrom('\n', '\r\n', ''), (pieces, joint) => {
        const found = parseTestOutput(pieces.join(joint));
        if (found === undefined) return;
        for (const number of [found.passed, found.failed, found.skipped, found.unloaded]) {
          expect(number).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is not slowed down by hostile lines', () => {
    const hostile = [
      '1 a'.repeat(100_000),
      '1 passed, '.repeat(100_000),
      ' '.repeat(300_000),
      '='.repeat(300_000),
    ];
    expect(parseTestOutput(`${hostile.join('\n')}\n${tap(1, 0)}`)).toMatchObject({ passed: 1 });
    const many = '1 passed, 2 failed, x\n'.repeat(100_000);
    expect(parseTestOutput(many + tap(1, 0))).toMatchObject({ passed: 1 });
  });
});

describe('test output of the runners at hand', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'troupe-test-'));
    const write = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);
    write(
      'mixed.test.cjs',
      `const { test, it, describe } = require('node:test');
       test('good', () => {}); test('bad', () => { throw new Error('x'); });
       test.skip('left out', () => {}); describe('suite', () => { it('inner', () => {}); });`,
    );
    write('load.test.cjs', `throw new Error('does not load');`);
    write('empty.test.cjs', '');
    write(
      'test_mixed.py',
      `import unittest
class Mixed(unittest.TestCase):
    def test_good(self): pass
    def test_bad(self): self.fail()
    def test_error(self): raise ValueError()
    @unittest.skip("left out")
    def test_skip(self): pass
`,
    );
    write('test_load.py', 'import no_such_module_here\n');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (command: string, ...parameters: string[]): string => {
    const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...environment } = process.env;
    const { stdout, stderr, error } = spawnSync(command, parameters, {
      cwd: folder,
      encoding: 'utf8',
      env: { ...environment, FORCE_COLOR: '1' },
    });
    if (error !== undefined) throw error;
    return stdout + stderr;
  };

  it.each(['tap', 'spec'])('is counted: node --test with the %s reporter', (reporter) => {
    const test = (...files: string[]): string =>
      run(process.execPath, '--test', `--test-reporter=${reporter}`, ...files);
    expect(counts(test('mixed.test.cjs'))).toEqual([2, 1, 1, 0]);
    expect(counts(test('empty.test.cjs'))).toEqual([0, 0, 0, 0]);
    expect(counts(test('load.test.cjs'))).toEqual([0, 0, 0, 1]);
    expect(counts(test('mixed.test.cjs', 'load.test.cjs') + test('mixed.test.cjs'))).toEqual([4, 2, 2, 1]);
  });

  it('is counted: python -m unittest', () => {
    expect(counts(run('python3', '-m', 'unittest', 'test_mixed'))).toEqual([1, 2, 1, 0]);
    expect(counts(run('python3', '-m', 'unittest', 'test_mixed', 'test_load'))).toEqual([1, 2, 1, 1]);
  });
});
