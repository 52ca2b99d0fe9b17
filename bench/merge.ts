import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { packageFolder } from '../src/base/version.js';
import { listTasks } from '../src/dataset/list-tasks.js';
import { prepareTask, type PrepareOptions } from '../src/dataset/prepare-task.js';
import { pairs, type Task } from '../src/dataset/task.js';
import { chooseWorkRoot } from '../src/sandbox/work-root.js';
import { withoutTestFiles } from '../src/git/test-files.js';
import { goldConflicts, type PairConflict } from '../src/referee/merge/gold-conflicts.js';
import type { Benchmark } from './benchmark.js';
import { sideBySide } from './side-by-side.js';

const SCRIPT = fileURLToPath(new URL('./merge-pairs.sh', import.meta.url));

/** What a pair of features is called in the script's answer. */
const nameOf = (
  { repoName, taskId }: Pick<Task, 'repoName' | 'taskId'>,
  one: number,
  other: number,
): string => `${repoName}/task${taskId}/${one}_${other}`;

/** All pairs of gold patches of the bundled dataset: our way against a work tree's. */
export const merge: Benchmark = {
  name: 'merge',
  question:
    'merging all pairs of gold patches of the bundled dataset against a shell loop "checkout, apply, commit, checkout, apply, commit, merge" in a work tree; repositories set up beforehand, in the same folder of temporary files',
  run: async (say) => {
    const tasks = await listTasks(path.join(packageFolder(), 'dataset'));
    const folder = await mkdtemp(path.join(await chooseWorkRoot(process.env), 'troupe-bench-'));
    try {
      say(`setting up ${tasks.length} tasks`);
      const places = { cacheFolder: path.join(folder, 'cache'), workFolder: folder };
      const list = await writePairs(tasks, folder, places);
      const ours = new Map<string, string>();
      const theirs = new Map<string, string>();
      const repetitions = 7;
      say(`${repetitions} × all pairs`);
      const times = await sideBySide(
        {
          troupe: async () => {
            const found = goldConflicts(tasks, { prepare: (task) => prepareTask(task, places) });
            for await (const { pairs: merged, fault } of found) {
              if (fault !== undefined) throw fault;
              for (const pair of merged) ours.set(nameOf(pair, ...pair.features), pair.status);
            }
          },
          shell: () => {
            for (const [name, status] of mergeInShell(list)) theirs.set(name, status);
          },
        },
        repetitions,
      );
      checkSame(ours, theirs);
      const conflicts = [...ours.values()].filter((status) => status === 'conflicts').length;
      return [
        {
          name: 'shell loop / Troupe',
          value: times.shell / times.troupe,
          unit: '×',
          target: { atLeast: 5 },
        },
        { name: 'a pair in Troupe', value: times.troupe / ours.size, unit: 'ms' },
        { name: 'a pair in the shell loop', value: times.shell / ours.size, unit: 'ms' },
        { name: 'pairs', value: ours.size, unit: 'pairs' },
        { name: 'of them with conflicts, by both alike', value: conflicts, unit: 'pairs' },
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Gives the script its repositories and patches: one line a pair, with name, repository and two patches. */
async function writePairs(tasks: readonly Task[], folder: string, places: PrepareOptions): Promise<string> {
  const lines: string[] = [];
  for (const task of tasks) {
    const prepared = await prepareTask(task, places);
    const place = path.join(folder, task.repoName, `task${task.taskId}`);
    const repository = path.join(place, 'repository');
    await mkdir(repository, { recursive: true });
    await prepared.populateClone(repository);
    const patches = new Map<number, string>();
    for (const feature of task.features) {
      const file = path.join(place, `feature${feature.id}.patch`);
      await writeFile(file, withoutTestFiles(await feature.goldPatch(), [await feature.testsPatch()]).patch);
      patches.set(feature.id, file);
    }
    for (const [one, other] of pairs(task.features)) {
      const name = nameOf(task, one.id, other.id);
      lines.push([name, repository, patches.get(one.id), patches.get(other.id)].join('\t'));
    }
  }
  const list = path.join(folder, 'pairs.tsv');
  await writeFile(list, `${lines.join('\n')}\n`);
  return list;
}

function mergeInShell(list: string): [string, PairConflict['status']][] {
  const { status, stdout, stderr } = spawnSync('bash', [SCRIPT, list], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the shell loop failed: ${stderr}`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.split('\t') as [string, PairConflict['status']]);
}

function checkSame(ours: ReadonlyMap<string, string>, theirs: ReadonlyMap<string, string>): void {
  const differing = [...ours].find(([name, status]) => theirs.get(name) !== status);
  if (differing === undefined && ours.size === theirs.size) return;
  throw new Error(`the two do not agree on ${differing?.join(': ') ?? 'how many pairs there are'}`);
}
