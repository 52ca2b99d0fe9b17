import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserMistake } from '../../src/base/errors.js';
import { listTasks } from '../../src/dataset/list-tasks.js';
import { listSubsets, readSubset, subsetMistakes } from '../../src/dataset/subset.js';
import { scratchFolder } from '../git/scratch.js';
import { writeTask } from './scratch-dataset.js';

const dataset = path.join(scratchFolder(), 'dataset');
mkdirSync(path.join(dataset, 'subsets'), { recursive: true });
writeTask(path.join(dataset, 'a_task', 'task1'), { features: { feature1: {}, feature2: {} } });

function writeSubset(name: string, content: unknown): void {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  writeFileSync(path.join(dataset, 'subsets', `${name}.json`), text);
}

async function lineOf(name: string): Promise<string> {
  const error = await readSubset(dataset, name).catch((reason: unknown) => reason);
  if (!(error instanceof UserMistake)) throw new Error('expected a user mistake');
  return `${error.code} ${error.toLine()}`;
}

describe('a subset', () => {
  it('tells tasks and pairs', async () => {
    writeSubset('good', { name: 'good', stats: { pairs: 1 }, tasks: [{ repo: 'a_task', task_id: 1, pairs: [[1, 2]] }] });
    const subset = await readSubset(dataset, 'good');
    expect(subset.tasks).toEqual([{ repoName: 'a_task', taskId: 1, pairs: [[1, 2]] }]);
    expect(subsetMistakes(subset, await listTasks(dataset))).toEqual([]);
  });

  it('that does not exist is named with the nearest there is', async () => {
    writeSubset('flash', { tasks: [] });
    expect(await lineOf('flush')).toMatch(/^subset-not-found .*did you mean flash/);
  });

  it('that is no JSON is named by its file', async () => {
    writeSubset('broken', '{"tasks": [');
    expect(await lineOf('broken')).toMatch(/^json-unreadable .*subsets\/broken\.json: the file is no JSON/);
  });

  it.each([
    ['a wrong field', { tasks: [{ repo: 'a_task', task_id: 'one', pairs: [] }] }, 'tasks[0].task_id'],
    ['a pair of three', { tasks: [{ repo: 'a_task', task_id: 1, pairs: [[1, 2, 3]] }] }, 'tasks[0].pairs[0]'],
    ['no tasks', {}, 'tasks'],
    ['a list', [], 'the file'],
  ])('with %s is named by file and field', async (_, content, field) => {
    writeSubset('wrong', content);
    expect(await lineOf('wrong')).toMatch(/^subset-invalid .*wrong\.json: /);
    expect(await lineOf('wrong')).toContain(`: ${field}: `);
  });

  it('that asks for what the dataset lacks gets one mistake for each', async () => {
    writeSubset('lost', {
      tasks: [
        { repo: 'a_task', task_id: 1, pairs: [[1, 2], [1, 3], [2, 2]] },
        { repo: 'b_task', task_id: 1, pairs: [] },
      ],
    });
    const mistakes = subsetMistakes(await readSubset(dataset, 'lost'), await listTasks(dataset));
    expect(mistakes.map((mistake) => mistake.message)).toEqual([
      'tasks[0].pairs[1]: a_task/task1 has no feature 3',
      'tasks[0].pairs[2]: feature 2 is paired with itself',
      'tasks[1]: there is no b_task/task1',
    ]);
  });

  it('is listed by name', async () => {
    expect(await listSubsets(dataset)).toContain('flash');
    expect(await listSubsets(path.join(dataset, 'nowhere'))).toEqual([]);
  });

  it('of the bundled dataset names only tasks and features that are there', async () => {
    const bundled = path.resolve('dataset');
    const tasks = await listTasks(bundled);
    const names = await listSubsets(bundled);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const subset = await readSubset(bundled, name);
      const present = { ...subset, tasks: subset.tasks.filter((entry) => tasks.some((task) => task.repoName === entry.repoName)) };
      expect(subsetMistakes(present, tasks)).toEqual([]);
    }
  });
});
