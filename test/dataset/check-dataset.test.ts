import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDataset, type CheckTests, type TaskCheck } from '../../src/dataset/check-dataset.js';
import { listTasks } from '../../src/dataset/list-tasks.js';
import { prepareTask } from '../../src/dataset/prepare-task.js';
import { scratchFolder } from '../git/scratch.js';
import { linePatch, patchBetween, usePatchScratch, writeTask, type ScratchFeature } from './scratch-dataset.js';

const scratch = scratchFolder();
usePatchScratch(scratch);

/** A feature's tests, as a check that needs no process: line N of lines.txt must say "by N". */
const readTree: CheckTests = async ({ store, feature }, tree) => {
  const [content] = await store.readBlobs([`${tree}:lines.txt`]);
  const line = content?.toString().split('\n')[feature.id - 1];
  return line === `by ${feature.id}` ? { passed: true } : { passed: false, reason: `line is "${line}"` };
};

const tests = patchBetween({}, { 'tests/test_x.txt': 'x\n' });
const good = (id: number): ScratchFeature => ({ gold: linePatch(id, `by ${id}`), tests });
const bothLines = patchBetween(
  { 'lines.txt': Array.from({ length: 10 }, (_, index) => `line ${index + 1}\n`).join('') },
  { 'lines.txt': `by 1\nby 2\n${Array.from({ length: 8 }, (_, index) => `line ${index + 3}\n`).join('')}` },
);

let count = 0;
async function check(content: Parameters<typeof writeTask>[1], runTests: CheckTests = readTree): Promise<TaskCheck> {
  const dataset = path.join(scratch, `dataset-${(count += 1)}`);
  writeTask(path.join(dataset, 'a_task', 'task1'), { ...content, others: { 'run_tests.sh': '', ...content?.others } });
  for await (const result of checkDataset(await listTasks(dataset), {
    prepare: (task) => prepareTask(task, { cacheFolder: path.join(scratch, 'cache') }),
    runTests,
  })) {
    return result;
  }
  throw new Error('no task was checked');
}

describe('checking a dataset', () => {
  it('finds a feature good that fails without its gold patch and passes with it and with all', async () => {
    const result = await check({ features: { feature1: good(1), feature2: good(2) }, others: { 'combined.patch': bothLines } });
    expect(result.faults).toEqual([]);
    expect(result.features).toEqual(
      [1, 2].map((feature) => ({
        repoName: 'a_task',
        taskId: 1,
        feature,
        isGood: true,
        problems: [],
        outcomes: {
          'without-gold': { passed: false, reason: `line is "line ${feature}"` },
          'with-gold': { passed: true },
          'with-combined': { passed: true },
        },
      })),
    );
  });

  it('finds tests that pass without the gold patch, or fail with it', async () => {
    const always = await check({ features: { feature1: good(1) } }, async () => ({ passed: true }));
    expect(always.features[0]?.problems).toEqual(['its tests pass without the gold patch']);
    const wrong = await check({ features: { feature1: { ...good(1), gold: linePatch(1, 'wrong') } } });
    expect(wrong.features[0]).toMatchObject({
      isGood: false,
      problems: ['its tests fail with the gold patch: line is "wrong"'],
    });
  });

  it('finds a combined.patch that loses a feature, and one that does not apply', async () => {
    const features = { feature1: good(1), feature2: good(2) };
    const losing = await check({ features, others: { 'combined.patch': linePatch(1, 'by 1') } });
    expect(losing.features.map((feature) => feature.problems)).toEqual([
      [],
      ['its tests fail with combined.patch: line is "line 2"'],
    ]);
    const broken = await check({ features, others: { 'combined.patch': linePatch(1, 'x', 'missing.txt') } });
    expect(broken.faults.map((fault) => fault.code)).toEqual(['patch-does-not-apply']);
    expect(broken.features.every((feature) => feature.isGood)).toBe(true);
  });

  it('names patches that are missing or do not apply', async () => {
    const result = await check({
      features: {
        feature1: { tests },
        feature2: { gold: linePatch(2, 'x', 'missing.txt'), tests },
        feature3: { gold: linePatch(3, 'by 3'), tests: 'nonsense' },
      },
    });
    expect(result.features.map((feature) => feature.problems)).toEqual([
      [expect.stringMatching(/feature1\/feature\.patch: feature\.patch is missing/)],
      [expect.stringMatching(/^feature\.patch does not apply to the base commit: .*missing\.txt/)],
      [expect.stringMatching(/^tests\.patch does not apply/)],
    ]);
  });

  it('says which script a task lacks', async () => {
    const result = await check({ features: { feature1: good(1) }, setup: undefined });
    expect(result).toMatchObject({ features: [], faults: [{ code: 'script-missing' }] });
  });
});
