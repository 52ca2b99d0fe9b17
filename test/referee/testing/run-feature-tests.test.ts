import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { InfrastructureFault } from '../../../src/base/errors.js';
import {
  KEPT_OUTPUT,
  runFeatureTests,
  runFeatureTestsInOneTree,
  type TestBench,
} from '../../../src/referee/testing/run-feature-tests.js';
import { createLocalSandboxProvider } from '../../../src/sandbox/local-sandbox.js';
import { execFileSync } from 'node:child_process';

/** A run_tests.sh in the manner of CooperBench's. */
const SCRIPT = `#!/bin/bash
set -e
repo=$1; tests=$2; feature=$3
[ "$(basename "$(dirname "$repo")")" = agent_workspace ] || { echo "wrong parent"; exit 99; }
cd "$repo"
trap 'git reset -q --hard; git clean -fdq' EXIT
[ -z "$feature" ] || git apply --ignore-whitespace "$feature"
git apply --ignore-whitespace "$tests"
node --test --test-reporter=tap sum.test.mjs
`;

const tests = (...bodies: string[]): string => {
  const lines = [
    "import { test } from 'node:test';",
    "import assert from 'node:assert';",
    "import { sum } from './sum.mjs';",
    ...bodies,
  ];
  return `diff --git a/sum.test.mjs b/sum.test.mjs\nnew file mode 100644\n--- /dev/null\n+++ b/sum.test.mjs\n@@ -0,0 +1,${lines.length} @@\n${lines.map((line) => `+${line}\n`).join('')}`;
};
const GOOD = "test('adds', () => assert.equal(sum(1, 2), 3));";
const BAD = "test('adds more', () => assert.equal(sum(1, 2), 4));";

describe("running a feature's tests", () => {
  let scratch: string;
  let workRoot: string;
  let bench: TestBench;
  beforeAll(async () => {
    scratch = await mkdtemp(path.join(tmpdir(), 'troupe-test-'));
    workRoot = path.join(scratch, 'work');
    await mkdir(workRoot);
  });
  afterAll(() => rm(scratch, { recursive: true, force: true }));
  beforeEach(async () => {
    bench = await benchWith(SCRIPT);
  });
  afterEach(async () => {
    expect(await readdir(workRoot), 'sandboxes left behind').toEqual([]);
  });

  const benchWith = async (script: string): Promise<TestBench> => {
    const testScript = path.join(await mkdtemp(path.join(scratch, 'task-')), 'run_tests.sh');
    await writeFile(testScript, script);
    return {
      provider: createLocalSandboxProvider({ workRoot }),
      folderName: 'sum_repo',
      testScript,
      timeout: 60_000,
      populate: async (folder) => {
        await writeFile(path.join(folder, 'sum.mjs'), 'export const sum = (a, b) => a + b;\n');
        const git = (...parameters: string[]): unknown =>
          execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t.invalid', ...parameters], {
            cwd: folder,
          });
        git('init', '-q');
        git('add', '.');
        git('commit', '-qm', 'base');
      },
    };
  };

  it('passes a tree whose tests pass, and counts them', async () => {
    const result = await runFeatureTests({ ...bench, testsPatch: tests(GOOD) });
    expect(result).toMatchObject({ passed: true, exitCode: 0, testsPassed: 1, testsFailed: 0 });
    expect(result).not.toHaveProperty('reason');
    expect(result.output).toContain('# pass 1');
    expect(result.duration).toBeGreaterThan(0);
  });

  it('fails a tree whose tests fail', async () => {
    const result = await runFeatureTests({ ...bench, testsPatch: Buffer.from(tests(GOOD, BAD)) });
    expect(result).toMatchObject({ passed: false, reason: 'tests-failed', testsPassed: 1, testsFailed: 1 });
  });

  it('fails a run of no test although the script is content', async () => {
    const result = await runFeatureTests({ ...bench, testsPatch: tests() });
    expect(result).toMatchObject({ passed: false, exitCode: 0, reason: 'no-test-ran' });
  });

  it('fails tests that do not load', async () => {
    const result = await runFeatureTests({ ...bench, testsPatch: tests("import './missing.mjs';") });
    expect(result).toMatchObject({ passed: false, reason: 'not-loaded', testsPassed: 0 });
  });

  it('fails a tests patch that does not apply', async () => {
    const result = await runFeatureTests({ ...bench, testsPatch: 'no patch at all\n' });
    expect(result).toMatchObject({ passed: false, reason: 'no-summary' });
    expect(result).not.toHaveProperty('testsPassed');
  });

  it('hands the script a feature patch where one is given', async () => {
    const featurePatch =
      '--- a/sum.mjs\n+++ b/sum.mjs\n@@ -1 +1 @@\n-export const sum = (a, b) => a + b;\n+export const sum = () => 4;\n';
    const result = await runFeatureTests({ ...bench, featurePatch, testsPatch: tests(BAD) });
    expect(result).toMatchObject({ passed: true, testsPassed: 1 });
  });

  it('kills a script that does not end', async () => {
    const endless = await benchWith('echo begun; sleep 1000');
    const result = await runFeatureTests({ ...endless, timeout: 400, testsPatch: '' });
    expect(result).toMatchObject({ passed: false, exitCode: 124, reason: 'timeout', output: 'begun\n' });
  });

  it('keeps the order of stdout and stderr, and only the end of much output', async () => {
    const loud = await benchWith('echo first; echo second >&2; echo third; exit 3');
    expect((await runFeatureTests({ ...loud, testsPatch: '' })).output).toBe('first\nsecond\nthird\n');
    const louder = await benchWith('for i in {1..40000}; do echo "line ü $i"; done; exit 3');
    const { output } = await runFeatureTests({ ...louder, testsPatch: '' });
    expect(Buffer.byteLength(output)).toBeLessThanOrEqual(KEPT_OUTPUT);
    expect(output).toMatch(/line ü 40000\n$/);
    expect(output).not.toContain('\uFFFD');
  });

  it('counts in all of the output, not only in what is kept', async () => {
    const loud = await benchWith('echo "3 passed in 0.1s"; yes | head -c 200000; exit 0');
    expect(await runFeatureTests({ ...loud, testsPatch: '' })).toMatchObject({
      passed: true,
      testsPassed: 3,
    });
  });

  it('does not take script or patch from the tested tree', async () => {
    const populate = async (folder: string): Promise<void> => {
      await bench.populate(folder);
      await writeFile(path.join(folder, 'run_tests.sh'), 'echo "9 passed in 0.1s"\n');
      await writeFile(path.join(folder, 'tests.patch'), '');
    };
    const result = await runFeatureTests({ ...bench, populate, testsPatch: tests(BAD) });
    expect(result).toMatchObject({ passed: false, testsFailed: 1 });
  });

  it('runs several features in one tree where that is asked for', async () => {
    let filled = 0;
    const populate = async (folder: string): Promise<void> => {
      filled += 1;
      await bench.populate(folder);
    };
    const results = await runFeatureTestsInOneTree(
      { ...bench, populate },
      { feature1: tests(GOOD), feature2: tests(BAD), feature3: tests(GOOD, GOOD) },
    );
    expect(
      Object.entries(results).map(([name, { passed, testsPassed }]) => [name, passed, testsPassed]),
    ).toEqual([
      ['feature1', true, 1],
      ['feature2', false, 0],
      ['feature3', true, 2],
    ]);
    expect(filled).toBe(1);
  });

  describe('is no test result when the world breaks', () => {
    it('because the script is not there', async () => {
      const failure = runFeatureTests({ ...bench, testScript: '/nowhere/run_tests.sh', testsPatch: '' });
      await expect(failure).rejects.toMatchObject({
        name: 'InfrastructureFault',
        code: 'test-script-unreadable',
        where: '/nowhere/run_tests.sh',
      });
    });

    it('because the clone cannot be filled', async () => {
      const fault = new InfrastructureFault('disk full', { code: 'disk' });
      const failure = runFeatureTests({ ...bench, populate: () => Promise.reject(fault), testsPatch: '' });
      await expect(failure).rejects.toBe(fault);
    });

    it('because the script cannot be started', async () => {
      const populate = async (folder: string): Promise<void> => {
        const inputs = path.resolve(folder, '../../inputs');
        await chmod(inputs, 0o755);
        await rm(path.join(inputs, 'run_tests.sh'));
      };
      const failure = runFeatureTests({ ...bench, populate, testsPatch: '' });
      await expect(failure).rejects.toMatchObject({
        name: 'InfrastructureFault',
        code: 'test-script-not-started',
        where: bench.testScript,
      });
    });

    it('but a script that calls a missing program has failed', async () => {
      const script = await benchWith('no-such-program-here');
      expect(await runFeatureTests({ ...script, testsPatch: '' })).toMatchObject({
        passed: false,
        exitCode: 127,
        reason: 'no-summary',
      });
    });

    it('and being stopped is neither', async () => {
      const controller = new AbortController();
      const slow = await benchWith('sleep 1000');
      const running = runFeatureTests({ ...slow, testsPatch: '', signal: controller.signal });
      setTimeout(() => controller.abort(new Error('stopped')), 200);
      await expect(running).rejects.toThrow('stopped');
    });
  });
});
