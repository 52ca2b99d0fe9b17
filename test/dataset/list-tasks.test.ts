import { mkdirSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserMistake } from '../../src/base/errors.js';
import { listTasks, loadTask, parseTaskId } from '../../src/dataset/list-tasks.js';
import { editDistance, nearestNames } from '../../src/dataset/nearest-names.js';
import { pairs, requireScript, selectFeatures } from '../../src/dataset/task.js';
import { scratchFolder } from '../git/scratch.js';
import { writeTask } from './scratch-dataset.js';

const scratch = scratchFolder();
const dataset = path.join(scratch, 'dataset');
writeTask(path.join(dataset, 'alpha_task', 'task0'), { features: { feature10: {}, feature2: {}, feature1: {} } });
writeTask(path.join(dataset, 'alpha_task', 'task1621'));
writeTask(path.join(dataset, 'beta_task', 'task7'), { setup: undefined });
mkdirSync(path.join(dataset, 'subsets'));
mkdirSync(path.join(dataset, 'alpha_task', 'notes'));

async function mistakeOf(work: Promise<unknown>): Promise<UserMistake> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UserMistake)) throw new Error(`no user mistake but ${String(error)}`);
  expect(error.toLine()).not.toContain('\n');
  expect(error.where).toBeTypeOf('string');
  expect(error.remedy).toBeTypeOf('string');
  return error;
}

describe('listing tasks', () => {
  it('finds every task by name and number, with its features in the numbers’ order', async () => {
    const tasks = await listTasks(dataset);
    expect(tasks.map((task) => [task.repoName, task.taskId])).toEqual([
      ['alpha_task', 0],
      ['alpha_task', 1621],
      ['beta_task', 7],
    ]);
    expect(tasks[0]?.features.map((feature) => feature.id)).toEqual([1, 2, 10]);
    expect(await tasks[0]?.features[0]?.description()).toBe('# feature1\n');
  });

  it('keeps to the repository and task that are asked for, task 0 included', async () => {
    expect(await listTasks(dataset, { repoName: 'alpha_task' })).toHaveLength(2);
    expect(await listTasks(dataset, { taskId: 0 })).toHaveLength(1);
    expect((await loadTask(dataset, 'beta_task', 7)).folder).toBe(path.join(dataset, 'beta_task', 'task7'));
  });

  it('suggests the nearest names for an unknown repository', async () => {
    const mistake = await mistakeOf(listTasks(dataset, { repoName: 'alhpa_task' }));
    expect(mistake).toMatchObject({ code: 'repo-not-found', remedy: 'the nearest names are alpha_task, beta_task' });
  });

  it('lists the tasks there are for an unknown one', async () => {
    const mistake = await mistakeOf(loadTask(dataset, 'alpha_task', 5));
    expect(mistake.code).toBe('task-not-found');
    expect(mistake.remedy).toContain('0, 1621');
  });

  it('names a dataset folder that is missing or holds no task', async () => {
    expect((await mistakeOf(listTasks(path.join(scratch, 'nowhere')))).code).toBe('dataset-not-found');
    mkdirSync(path.join(scratch, 'empty'));
    expect((await mistakeOf(listTasks(path.join(scratch, 'empty')))).code).toBe('dataset-empty');
  });

  it('refuses two folders with the same number, of features and of tasks', async () => {
    const twice = path.join(scratch, 'twice');
    writeTask(path.join(twice, 'a_task', 'task1'), { features: { feature1: {}, feature01: {} } });
    const mistake = await mistakeOf(listTasks(twice));
    expect(mistake).toMatchObject({ code: 'feature-id-repeated', message: 'feature01 and feature1 have the same number' });
    writeTask(path.join(twice, 'b_task', 'task2'));
    writeTask(path.join(twice, 'b_task', 'task02'));
    expect((await mistakeOf(listTasks(twice, { repoName: 'b_task' }))).code).toBe('task-id-repeated');
  });

  it('refuses a task without features', async () => {
    const bare = path.join(scratch, 'bare');
    writeTask(path.join(bare, 'a_task', 'task1'), { features: {} });
    expect((await mistakeOf(listTasks(bare))).code).toBe('task-without-features');
  });
});

describe('a task', () => {
  it('names a patch that is missing by its file', async () => {
    const task = await loadTask(dataset, 'alpha_task', 0);
    const mistake = await mistakeOf(task.features[0]?.goldPatch() ?? Promise.resolve());
    expect(mistake.code).toBe('task-file-missing');
    expect(mistake.where).toBe(path.join(task.folder, 'feature1', 'feature.patch'));
    expect(await task.combinedPatch()).toBeUndefined();
  });

  it('says which script is missing, and what for, only where it is needed', async () => {
    const task = await loadTask(dataset, 'beta_task', 7);
    const mistake = await mistakeOf(requireScript(task, 'setup.sh'));
    expect(mistake.code).toBe('script-missing');
    expect(mistake.toLine()).toMatch(/beta_task\/task7\/setup\.sh: setup\.sh is missing, and it makes/);
  });

  it('gives the features asked for in that order', async () => {
    const task = await loadTask(dataset, 'alpha_task', 0);
    expect(selectFeatures(task, [10, 1]).map((feature) => feature.id)).toEqual([10, 1]);
  });

  it('lists its features for one that it does not have', async () => {
    const task = await loadTask(dataset, 'alpha_task', 0);
    const mistake = await mistakeOf((async () => selectFeatures(task, [1, 3]))());
    expect(mistake).toMatchObject({ code: 'feature-not-found', remedy: 'this task has the features 1, 2, 10' });
  });

  it('refuses the same feature twice', async () => {
    const task = await loadTask(dataset, 'alpha_task', 0);
    expect((await mistakeOf((async () => selectFeatures(task, [2, 2]))())).code).toBe('feature-repeated');
  });
});

describe('a task number', () => {
  it.each([
    ['1621', 1621],
    ['task1621', 1621],
    ['0', 0],
    [' task0 ', 0],
  ])('is read from %j', (text, number) => {
    expect(parseTaskId(text)).toBe(number);
  });

  it.each(['', 'task', '-1', '1.5', 'task1x', '0x10'])('is not read from %j', (text) => {
    expect(() => parseTaskId(text)).toThrow(UserMistake);
  });
});

describe('pairs', () => {
  it('are n choose 2, each once, in order', () => {
    expect(pairs([1, 2, 10])).toEqual([
      [1, 2],
      [1, 10],
      [2, 10],
    ]);
    fc.assert(fc.property(fc.nat(12), (n) => pairs(Array.from({ length: n })).length === (n * (n - 1)) / 2));
  });
});

describe('nearest names', () => {
  it('prefer a name that holds what was typed', () => {
    expect(nearestNames('jinja', ['pallets_click_task', 'pallets_jinja_task', 'ginga'])).toContain('pallets_jinja_task');
    expect(nearestNames('x', [])).toEqual([]);
  });

  it('are measured by a distance that is symmetric and zero only for equals', () => {
    const word = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(word, word, (one, other) => {
        expect(editDistance(one, other)).toBe(editDistance(other, one));
        expect(editDistance(one, other) === 0).toBe(one === other);
        expect(editDistance(one, other)).toBeLessThanOrEqual(Math.max(one.length, other.length));
      }),
    );
  });
});
