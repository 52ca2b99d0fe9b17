import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ODDMENTS, writeOddments } from '../simulation/oddments-task.js';
import { commandLine, linesOf, PROJECT } from './command-line.js';

const line = commandLine();
let source: string;

beforeAll(() => {
  source = writeOddments(line.root);
});

/** A copy of the dataset with only the features asked for, changed as told. */
function copy(name: string, features: readonly number[], change: (task: string) => void = () => {}): string {
  const folder = path.join(line.root, name);
  cpSync(source, folder, { recursive: true, verbatimSymlinks: true });
  const task = path.join(folder, ODDMENTS, 'task1');
  for (const id of [1, 2, 3, 4, 5, 6]) {
    if (!features.includes(id)) rmSync(path.join(task, `feature${id}`), { recursive: true });
  }
  rmSync(path.join(task, 'combined.patch'));
  change(task);
  return folder;
}

interface Conflicts {
  readonly pairs: readonly {
    readonly feature1Id: number;
    readonly feature2Id: number;
    readonly status: string;
    readonly score: number;
  }[];
  readonly totals: Readonly<Record<string, number>>;
  readonly errors: readonly { readonly code: string; readonly message: string }[];
}

describe('dataset list', () => {
  it('counts tasks, features and pairs of the bundled dataset', async () => {
    const { code, stdout, stderr } = await line.run(['dataset', 'list']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const rows = linesOf(stdout);
    expect(rows[0]).toBe('repository\ttask\tfeatures\tpairs');
    expect(rows).toContain('waypost_router_task\t1\t1 2 3 4 5\t10');
    expect(rows.at(-1)).toBe('5 tasks, 24 features, 47 pairs');
  });

  it.runIf(existsSync(path.join(PROJECT, '../shared/cooperbench/dataset')))(
    'reads the texts of the published dataset, which has no scripts',
    async () => {
      const published = path.join(PROJECT, '../shared/cooperbench/dataset');
      const { code, stdout } = await line.run(['dataset', 'list', '--dataset-dir', published, '--json']);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ totals: { tasks: 30, features: 199, pairs: 652 } });
      const one = ['--repo-name', 'pallets_jinja_task', '--task-id', '1621', '--dataset-dir', published];
      const conflicts = await line.run(['dataset', 'conflicts', ...one, '--json']);
      expect(conflicts.code).toBe(2);
      expect(linesOf(conflicts.stderr)).toHaveLength(1);
      expect(conflicts.stderr).toMatch(/setup\.sh is missing.*\(add setup\.sh/);
      expect((JSON.parse(conflicts.stdout) as Conflicts).errors).toMatchObject([{ code: 'script-missing' }]);
      const check = await line.run(['dataset', 'check', ...one]);
      expect(check.code).toBe(2);
      expect(linesOf(check.stderr)).toHaveLength(1);
      expect(check.stderr).toMatch(/run_tests\.sh is missing/);
    },
  );

  it('lists what is asked for only', async () => {
    const words = ['--repo-name', 'larder_cache_task', '--task-id', 'task1', '--json'];
    const { stdout } = await line.run(['dataset', 'list', ...words]);
    expect(JSON.parse(stdout)).toEqual({
      tasks: [{ repoName: 'larder_cache_task', taskId: 1, features: [1, 2, 3, 4], pairs: 6 }],
      totals: { tasks: 1, features: 4, pairs: 6 },
    });
  });
});

describe('dataset conflicts', () => {
  it('tells clean, conflicting and missing pairs apart, with totals', async () => {
    const folder = copy('conflicting', [1, 2, 3, 5, 6], (task) =>
      writeFileSync(
        path.join(task, 'feature2/feature.patch'),
        '--- a/lines.txt\n+++ b/lines.txt\n@@ -1 +1 @@\n-no\n+yes\n',
      ),
    );
    const { code, stdout, stderr } = await line.run([
      'dataset',
      'conflicts',
      '--dataset-dir',
      folder,
      '--json',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { pairs, totals, errors } = JSON.parse(stdout) as Conflicts;
    const statusOf = (one: number, other: number): string | undefined =>
      pairs.find((pair) => pair.feature1Id === one && pair.feature2Id === other)?.status;
    expect(statusOf(1, 3)).toBe('conflicts');
    expect(statusOf(5, 6)).toBe('conflicts');
    expect(statusOf(1, 5)).toBe('clean');
    for (const [one, other] of [
      [1, 2],
      [2, 3],
      [2, 5],
    ] as const) {
      expect(statusOf(one, other)).toBe('missing_input');
    }
    expect(totals).toMatchObject({ pairs: 10, clean: 4, conflicts: 2, missing_input: 4 });
    expect(errors).toEqual([]);
    const plain = await line.run(['dataset', 'conflicts', '--dataset-dir', folder]);
    expect(linesOf(plain.stdout).at(-1)).toBe(
      '10 pairs: 4 clean, 2 conflicts, 4 missing_input (20 % conflict)',
    );
    expect(plain.stdout).toMatch(/^oddments_task\t1\t1 \+ 3\tconflicts\t\d+\tlines\.txt$/m);
  });

  it('reports a task that cannot be set up, and goes on with the others', async () => {
    const folder = copy('half-broken', [1, 5]);
    const other = path.join(folder, 'aa_task');
    cpSync(path.join(folder, ODDMENTS), other, { recursive: true, verbatimSymlinks: true });
    writeFileSync(path.join(other, 'task1/setup.sh'), 'exit 3\n');
    const { code, stdout, stderr } = await line.run(['dataset', 'conflicts', '--dataset-dir', folder]);
    expect(code).toBe(2);
    expect(linesOf(stderr)).toHaveLength(1);
    expect(stderr).toMatch(/^error: .*aa_task\/task1\/setup\.sh: setup\.sh failed with exit code 3/);
    expect(stdout).toMatch(/1 pairs: 1 clean.*1 tasks not set up/);
  });
});

describe('dataset check', () => {
  it('finds good features good', async () => {
    const folder = copy('good', [1, 5]);
    const { code, stdout, stderr } = await line.run(['dataset', 'check', '--dataset-dir', folder]);
    expect(code, stderr).toBe(0);
    expect(stdout).toBe('2 of 2 features are good\n');
    expect(linesOf(stderr)).toEqual([`${ODDMENTS}/task1/feature1  ok`, `${ODDMENTS}/task1/feature5  ok`]);
  });

  it.each<[string, (task: string) => void, RegExp]>([
    [
      'tests that pass already',
      (task) => cpSync(path.join(task, 'feature5/tests.patch'), path.join(task, 'feature1/tests.patch')),
      /feature1 {2}.*its tests fail with the gold patch/,
    ],
    [
      'a gold patch that does not apply',
      (task) =>
        writeFileSync(path.join(task, 'feature1/feature.patch'), '--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n'),
      /feature1 {2}.*feature\.patch does not apply/,
    ],
    [
      'a file name that would write to the terminal',
      (task) =>
        writeFileSync(
          path.join(task, 'feature1/feature.patch'),
          '--- "a/\\033[2Jx"\n+++ "b/\\033[2Jx"\n@@ -1 +1 @@\n-a\n+b\n',
        ),
      /feature1 {2}.*feature\.patch does not apply/,
    ],
    [
      'a combined patch that breaks a feature',
      (task) => cpSync(path.join(task, 'feature5/feature.patch'), path.join(task, 'combined.patch')),
      /feature1 {2}.*its tests fail with combined\.patch/,
    ],
  ])('finds %s', async (_name, change, complaint) => {
    const folder = copy(`check-${_name.replaceAll(' ', '-')}`, [1, 5], change);
    const { code, stdout, stderr } = await line.run(['dataset', 'check', '--dataset-dir', folder, '--json']);
    expect(code).toBe(2);
    expect(stderr).toMatch(complaint);
    expect(stderr).not.toContain('\u001b');
    const { features, totals } = JSON.parse(stdout) as {
      features: { feature: number; isGood: boolean }[];
      totals: object;
    };
    expect(features.map(({ feature, isGood }) => [feature, isGood])).toEqual([
      [1, false],
      [5, true],
    ]);
    expect(totals).toEqual({ features: 2, good: 1 });
  });

  it.each<[string, string, RegExp]>([
    ['no JSON', '{"tasks": [', /subsets\/lite\.json: the file is no JSON.*\(mend the file/],
    ['a field of the wrong kind', '{"tasks": [{"repo": 1}]}', /subsets\/lite\.json: tasks\[0\]\.repo: /],
    [
      'a feature that is not there',
      `{"tasks": [{"repo": "${ODDMENTS}", "task_id": 1, "pairs": [[1, 9]]}]}`,
      /subsets\/lite\.json: tasks\[0\]\.pairs\[0\]: .* has no feature 9/,
    ],
  ])('finds a subset with %s', async (name, text, complaint) => {
    const folder = copy(`subset-${name.replaceAll(' ', '-')}`, [1]);
    mkdirSync(path.join(folder, 'subsets'));
    writeFileSync(path.join(folder, 'subsets/lite.json'), text);
    const { code, stderr } = await line.run(['dataset', 'check', '--dataset-dir', folder]);
    expect(code).toBe(2);
    const errors = linesOf(stderr).filter((told) => told.startsWith('error: '));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(complaint);
  });

  it('leaves neither a process nor a folder behind', () => {
    line.expectNothingLeft();
  });
});
