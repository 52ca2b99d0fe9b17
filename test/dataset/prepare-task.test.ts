import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { listTasks, loadTask } from '../../src/dataset/list-tasks.js';
import { prepareTask } from '../../src/dataset/prepare-task.js';
import { git, scratchFolder } from '../git/scratch.js';

const scratch = scratchFolder();
const dataset = path.resolve('dataset');

describe('preparing a bundled task', () => {
  it('smoke', async () => {
    expect((await listTasks(dataset)).length).toBeGreaterThan(0);
    const task = await loadTask(dataset, 'waypost_router_task', 1);
    const prepared = await prepareTask(task, { cacheFolder: path.join(scratch, 'cache') });
    expect(prepared.folderName).toBe('waypost_repo');
    const clone = path.join(scratch, 'clone');
    await prepared.populateClone(clone);
    expect(git(clone, 'status', '--porcelain')).toBe('');
    const store = await prepared.createRunStore(path.join(scratch, 'run'));
    const outcome = await store.applyPatch(prepared.baseCommit, await task.features[0]!.goldPatch());
    expect(outcome.status).toBe('applied');
    if (outcome.status !== 'applied') return;
    const evaluation = path.join(scratch, 'evaluation');
    await prepared.populateEvaluation(store, outcome.tree, evaluation);
    expect(git(evaluation, 'fsck', '--strict')).toBe('');
    expect(readFileSync(path.join(evaluation, 'package.json'), 'utf8')).toContain('waypost');
    const { tree, leftOut } = await prepared.snapshot(store, evaluation);
    expect(leftOut).toEqual([]);
    expect(tree).toBe(outcome.tree);
  });
});
