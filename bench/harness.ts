import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { coop } from '../scenarios/index.js';
import { packageFolder } from '../src/base/version.js';
import { loadTask } from '../src/dataset/list-tasks.js';
import { prepareTask } from '../src/dataset/prepare-task.js';
import type { PreparedTask } from '../src/dataset/prepared-task.js';
import { selectFeatures } from '../src/dataset/task.js';
import { withoutTestFiles } from '../src/git/test-files.js';
import { taskConflicts } from '../src/referee/merge/gold-conflicts.js';
import { createLocalSandboxProvider } from '../src/sandbox/local-sandbox.js';
import { chooseWorkRoot } from '../src/sandbox/work-root.js';
import { runSimulation } from '../src/simulation/run-simulation.js';
import type { Benchmark } from './benchmark.js';
import { sideBySide } from './side-by-side.js';

const SCRIPT = fileURLToPath(new URL('./coop-run.sh', import.meta.url));
const REPOSITORY = 'waypost_router_task';
/** Says that one test passed, and does nothing: the tests' own time is not the harness's. */
const NO_TESTS = `#!/usr/bin/env bash
printf '# tests 1\\n# pass 1\\n# fail 0\\n'
`;

/** What Troupe itself costs in a run: agents, channel, log, sandboxes and referee around the same git work. */
export const harness: Benchmark = {
  name: 'harness',
  question:
    'a whole scripted coop run in this process (plan, execute, merge, 2 test runs alone and 2 merged; task prepared; test script answers at once) against a plain shell script that does the same git work and calls the same test script',
  run: async (say) => {
    const root = await chooseWorkRoot(process.env);
    const folder = await mkdtemp(path.join(root, 'troupe-bench-'));
    try {
      const task = await taskWithoutTests(folder);
      const features = await cleanPair(task);
      const shell = await shellRun(task, features, folder);
      const repetitions = 15;
      say(`${repetitions} × ${REPOSITORY}, features ${features.join(' and ')}`);
      const times = await sideBySide(
        {
          'scripted/gold': () => troupeRun(task, features, 'scripted/gold'),
          shell,
          'scripted/silent': () => troupeRun(task, features, 'scripted/silent'),
        },
        repetitions,
      );
      return [
        {
          name: 'coop run of scripted/gold / shell script',
          value: times['scripted/gold'] / times.shell,
          unit: '×',
          target: { atMost: 1.5 },
        },
        {
          name: 'coop run of scripted/silent / shell script',
          value: times['scripted/silent'] / times.shell,
          unit: '×',
        },
        { name: 'coop run of scripted/gold', value: times['scripted/gold'], unit: 'ms' },
        { name: 'shell script', value: times.shell, unit: 'ms' },
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function taskWithoutTests(folder: string): Promise<PreparedTask> {
  const dataset = path.join(folder, 'dataset');
  await cp(path.join(packageFolder(), 'dataset', REPOSITORY), path.join(dataset, REPOSITORY), {
    recursive: true,
  });
  const task = await loadTask(dataset, REPOSITORY, 1);
  await writeFile(path.join(task.folder, 'run_tests.sh'), NO_TESTS, { mode: 0o755 });
  return prepareTask(task, { cacheFolder: path.join(folder, 'cache'), workFolder: folder });
}

/** Two features whose gold patches merge without a conflict, so that run and script go the same way. */
async function cleanPair(task: PreparedTask): Promise<[number, number]> {
  const found = (await taskConflicts(task.task, task)).find((pair) => pair.status === 'clean');
  if (found === undefined) throw new Error(`${REPOSITORY} has no pair that merges`);
  return [...found.features];
}

async function troupeRun(task: PreparedTask, features: readonly number[], model: string): Promise<void> {
  const sandboxes = createLocalSandboxProvider();
  try {
    const { result } = runSimulation(coop, {
      task,
      features,
      models: [model],
      sandboxes,
      environment: process.env,
    });
    const { status, verdict } = await result;
    if (status !== 'done' || verdict?.success !== true) {
      throw new Error(`the run of ${model} ended ${status}: ${verdict?.explanation ?? 'no verdict'}`);
    }
  } finally {
    await sandboxes.disposeAll();
  }
}

async function shellRun(task: PreparedTask, ids: readonly number[], folder: string): Promise<() => void> {
  const place = path.join(folder, 'shell');
  const repository = path.join(place, 'repository');
  await mkdir(repository, { recursive: true });
  await task.populateClone(repository);
  const patches: string[] = [];
  const tests: string[] = [];
  for (const feature of selectFeatures(task.task, ids)) {
    const testsPatch = await feature.testsPatch();
    patches.push(path.join(place, `feature${feature.id}.patch`));
    tests.push(path.join(feature.folder, 'tests.patch'));
    await writeFile(patches.at(-1) ?? '', withoutTestFiles(await feature.goldPatch(), [testsPatch]).patch);
  }
  const script = path.join(task.task.folder, 'run_tests.sh');
  return () => {
    const { status, stderr } = spawnSync(
      'bash',
      [SCRIPT, repository, path.join(place, 'run'), script, ...patches, ...tests],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`the shell script failed: ${stderr}`);
  };
}
