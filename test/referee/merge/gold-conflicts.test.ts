import { execFileSync } from 'node:child_process';
import { writeFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { InfrastructureFault } from '../../../src/base/errors.js';
import { listTasks } from '../../../src/dataset/list-tasks.js';
import { prepareTask } from '../../../src/dataset/prepare-task.js';
import type { Task } from '../../../src/dataset/task.js';
import {
  goldConflicts,
  summarizeConflicts,
  type TaskConflicts,
} from '../../../src/referee/merge/gold-conflicts.js';
import { git, scratchFolder } from '../../git/scratch.js';
import { linePatch, patchBetween, usePatchScratch, writeTask } from '../../dataset/scratch-dataset.js';

const scratch = scratchFolder();
usePatchScratch(scratch);
const cacheFolder = path.join(scratch, 'cache');
const prepare = (task: Task) => prepareTask(task, { cacheFolder });

async function conflictsOf(dataset: string, by = prepare): Promise<TaskConflicts[]> {
  const results: TaskConflicts[] = [];
  for await (const result of goldConflicts(await listTasks(dataset), { prepare: by })) results.push(result);
  return results;
}

const testLine = patchBetween({}, { 'tests/test_x.txt': 'one\n' });
const otherTestLine = patchBetween({}, { 'tests/test_x.txt': 'two\n' });

describe('merging gold patches', () => {
  const dataset = path.join(scratch, 'dataset');
  writeTask(path.join(dataset, 'a_task', 'task1'), {
    features: {
      feature1: { gold: linePatch(2, 'by one') + testLine, tests: '' },
      feature2: { gold: linePatch(2, 'by two') + otherTestLine, tests: '' },
      feature3: {
        gold: linePatch(9, 'by three') + patchBetween({}, { 'probe.txt': '3\n' }),
        tests: patchBetween({}, { 'probe.txt': '3\n' }),
      },
      feature4: { gold: linePatch(5, 'nothing', 'missing.txt'), tests: '' },
      feature5: { gold: '', tests: '' },
      feature6: { tests: '' },
    },
  });

  it('tells clean pairs, conflicts and missing input apart, with counts and reasons', async () => {
    const [result] = await conflictsOf(dataset);
    const found = result?.pairs.map((pair) => [
      pair.features.join('-'),
      pair.status,
      pair.sections,
      pair.lines,
      pair.score,
    ]);
    expect(found?.slice(0, 3)).toEqual([
      ['1-2', 'conflicts', 1, 2, 24],
      ['1-3', 'clean', 0, 0, 0],
      ['1-4', 'missing_input', 0, 0, 0],
    ]);
    expect(result?.pairs).toHaveLength(15);
    expect(result?.pairs[0]?.files).toEqual([
      { file: 'lines.txt', kinds: ['contents'], sections: 1, lines: 2 },
    ]);
    const reason = (features: string): string | undefined =>
      result?.pairs.find((pair) => pair.features.join('-') === features)?.reason;
    expect(reason('1-4')).toMatch(/feature4\/feature\.patch: .*missing\.txt/);
    expect(reason('2-5')).toMatch(/feature5\/feature\.patch: the patch is empty/);
    expect(reason('3-6')).toMatch(/feature6\/feature\.patch: feature\.patch is missing/);
    expect(summarizeConflicts(result === undefined ? [] : [result])).toEqual({
      pairs: 15,
      clean: 2,
      conflicts: 1,
      missing_input: 12,
      failedTasks: 0,
    });
  });

  it('goes on with other tasks where one cannot be set up', async () => {
    const mixed = path.join(scratch, 'mixed');
    const features = {
      feature1: { gold: linePatch(2, 'x'), tests: '' },
      feature2: { gold: linePatch(8, 'y'), tests: '' },
    };
    writeTask(path.join(mixed, 'a_task', 'task1'), { features, setup: undefined });
    writeTask(path.join(mixed, 'b_task', 'task1'), { features });
    const results = await conflictsOf(mixed);
    expect(results[0]?.fault).toMatchObject({ code: 'script-missing' });
    expect(results[1]?.pairs.map((pair) => pair.status)).toEqual(['clean']);
    expect(summarizeConflicts(results)).toMatchObject({ pairs: 1, failedTasks: 1 });
  });

  it('reports a fault of the world for its task, and stops when aborted', async () => {
    const broken = (): Promise<never> => Promise.reject(new InfrastructureFault('disk full', { code: 'x' }));
    expect((await conflictsOf(dataset, broken))[0]?.fault?.code).toBe('x');
    const signal = AbortSignal.abort(new Error('enough'));
    const all = goldConflicts(await listTasks(dataset), { prepare, signal });
    await expect(all.next()).rejects.toThrow('enough');
  });
});

describe('the bundled dataset', () => {
  it('merges pair by pair as plain git does in a work tree', async () => {
    const [task] = await listTasks(path.resolve('dataset'), { repoName: 'waypost_router_task' });
    if (task === undefined) throw new Error('the task is gone');
    const prepared = await prepare(task);
    const folder = path.join(scratch, 'plain');
    await prepared.populateClone(folder);
    const patches = path.join(scratch, 'patches');
    mkdirSync(patches);
    for (const feature of task.features) {
      git(folder, 'checkout', '-q', '-b', `feature${feature.id}`, prepared.baseCommit);
      writeFileSync(path.join(patches, `${feature.id}`), await feature.goldPatch());
      git(folder, 'apply', '--index', path.join(patches, `${feature.id}`));
      git(folder, 'commit', '-qm', 'gold');
    }
    const plain = (one: number, other: number): string => {
      git(folder, 'checkout', '-q', '--detach', `feature${one}`);
      try {
        git(folder, 'merge', '-q', `feature${other}`);
        return 'clean';
      } catch {
        git(folder, 'merge', '--abort');
        return 'conflicts';
      }
    };
    for await (const { pairs } of goldConflicts([task], { prepare })) {
      expect(pairs.length).toBe((task.features.length * (task.features.length - 1)) / 2);
      expect(pairs.map((pair) => pair.status)).toEqual(pairs.map((pair) => plain(...pair.features)));
    }
    expect(execFileSync('git', ['status', '--porcelain'], { cwd: folder }).toString()).toBe('');
  });
});
