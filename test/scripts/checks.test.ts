import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { brokenLinks } from '../../scripts/check-docs.mjs';
import { packageComplaints } from '../../scripts/check-package.mjs';
import { countTests } from '../../scripts/count-tests.mjs';

describe('check of the documentation', () => {
  let project: string;
  beforeAll(async () => {
    project = await mkdtemp(path.join(tmpdir(), 'troupe-test-'));
    await mkdir(path.join(project, 'src'));
    await writeFile(path.join(project, 'src', 'a b.ts'), '');
    await writeFile(
      path.join(project, 'OTHER.md'),
      '# Other\n\n## What `it` does, *in full*\n\n## Twice\n\n## Twice\n',
    );
  });
  afterAll(() => rm(project, { recursive: true, force: true }));

  const check = async (text: string): Promise<string[]> => {
    await writeFile(path.join(project, 'README.md'), text);
    return brokenLinks(project, 'README.md');
  };

  it.each([
    '[site](https://example.org/x#y), [mail](mailto:a@example.org)',
    '[file](src/a%20b.ts) and [folder](./src) and [this](OTHER.md)',
    '[titled](OTHER.md "a title")',
    '# My heading\n[down](#my-heading)',
    '[heading](OTHER.md#what-it-does-in-full) [second](OTHER.md#twice-1)',
    '```md\n[not a link](nowhere.md)\n```',
    '`[not a link](nowhere.md)`',
    '~~~\n```\n[not a link](nowhere.md)\n~~~',
  ])('is content with %j', async (text) => {
    expect(await check(text)).toEqual([]);
  });

  it.each([
    ['\n\n[gone](nowhere.md)', 'README.md:3: nowhere.md is not there'],
    ['[gone](OTHER.md#nothing)', 'README.md:1: OTHER.md#nothing names no heading'],
    ['[gone](#nothing)', 'README.md:1: #nothing names no heading'],
    ['[third](OTHER.md#twice-2)', 'README.md:1: OTHER.md#twice-2 names no heading'],
    ['[out](../elsewhere.md)', 'README.md:1: ../elsewhere.md leads out of the project'],
    ['![image](picture.png)', 'README.md:1: picture.png is not there'],
    ['```\ncode\n```\n[gone](nowhere.md)', 'README.md:4: nowhere.md is not there'],
  ])('complains of %j', async (text, complaint) => {
    expect(await check(text)).toEqual([complaint]);
  });

  it('complains of a page that is missing', () => {
    expect(brokenLinks(project, 'ABSENT.md')).toEqual(['ABSENT.md: is missing']);
  });
});

describe('check of the package', () => {
  const description = {
    bin: { troupe: 'dist/src/cli/main.js' },
    exports: { '.': { types: './dist/src/index.d.ts', default: './dist/src/index.js' } },
  };
  const whole = [
    'README.md',
    'LICENSE',
    'package.json',
    'dist/src/cli/main.js',
    'dist/src/index.d.ts',
    'dist/src/index.js',
    'dist/agents/gold.js',
    'dist/scenarios/coop.js',
    'dataset/a_task/task1/run_tests.sh',
  ];

  it('is content with all that must travel', () => {
    expect(packageComplaints(description, whole)).toEqual([]);
  });

  it.each(whole)('complains when %s is left out', (file) => {
    const complaints = packageComplaints(
      description,
      whole.filter((other) => other !== file),
    );
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toContain('missing from the package');
  });

  it.each([
    '.env',
    'dataset/.env',
    'test/a.test.ts',
    'node_modules/x/y.js',
    'dist/bench/main.js',
    'logs/run.jsonl',
  ])('complains when %s travels', (file) => {
    expect(packageComplaints(description, [...whole, file])).toEqual([
      `${file} does not belong in the package`,
    ]);
  });
});

describe('count of the tests', () => {
  const report = (more: object): string =>
    JSON.stringify({
      numPassedTests: 5,
      numFailedTests: 0,
      numPendingTests: 0,
      numTodoTests: 0,
      success: true,
      ...more,
    });

  it('takes the numbers of the report', () => {
    expect(countTests(report({}), 0)).toEqual({ passed: 5, failed: 0, skipped: 0 });
    expect(countTests(report({ numFailedTests: 2, success: false }), 1)).toEqual({
      passed: 5,
      failed: 2,
      skipped: 0,
    });
    expect(countTests(report({ numPendingTests: 2, numTodoTests: 1 }), 0).skipped).toBe(3);
  });

  it('counts a failing run as a failure although no test of it failed', () => {
    expect(countTests(report({}), 1).failed).toBe(1);
    expect(countTests(report({ success: false }), 0).failed).toBe(1);
    expect(countTests(report({ numPassedTests: 0 }), 0).failed).toBe(1);
  });

  it.each(['', '{"numPassed', 'null', '[]', '"text"', '{"numPassedTests":"many"}'])(
    'counts %j, which is no report, as a failure',
    (text) => {
      expect(countTests(text, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
    },
  );
});
