import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type Docker from 'dockerode';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { coop } from '../../../scenarios/index.js';
import { loadTask } from '../../../src/dataset/list-tasks.js';
import { prepareTask } from '../../../src/dataset/prepare-task.js';
import type { PreparedTask } from '../../../src/dataset/prepared-task.js';
import { eventsOf } from '../../../src/log/event.js';
import { createDockerSandboxProvider } from '../../../src/sandbox/docker/docker-provider.js';
import { connectEngine } from '../../../src/sandbox/docker/engine.js';
import { LABELS } from '../../../src/sandbox/docker/labels.js';
import { runSimulation } from '../../../src/simulation/run-simulation.js';
import { describeWithDocker, TEST_IMAGE } from './docker-engine.js';

const DATASET = path.resolve(import.meta.dirname, '../../../dataset');
const RUN = `coop-${process.pid}`;

describeWithDocker('a coop run in Docker', () => {
  let docker: Docker;
  let folder: string;
  beforeAll(async () => {
    docker = connectEngine();
    folder = await realpath(await mkdtemp(path.join(tmpdir(), 'troupe-coop-')));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const prepare = async (repoName: string): Promise<PreparedTask> =>
    prepareTask(await loadTask(DATASET, repoName, 1), { cacheFolder: path.join(folder, 'cache') });

  it.each([
    ['waypost_router_task', 'node'],
    ['ledgerline_config_task', 'python'],
  ])(
    'plans, works, merges and tests %s, and leaves nothing on the engine',
    async (repoName) => {
      const workRoot = await mkdtemp(path.join(folder, 'work-'));
      const sandboxes = createDockerSandboxProvider({ image: TEST_IMAGE, run: RUN, workRoot });
      const [image] = await docker.listImages({ filters: { reference: [TEST_IMAGE] } });
      expect(image).toBeDefined();
      let most = 0;
      const simulation = runSimulation(coop, {
        task: await prepare(repoName),
        features: [1, 2],
        models: ['scripted/gold', 'scripted/gold'],
        sandboxes,
      });
      for await (const event of simulation) {
        if (event.type !== 'tool-called') continue;
        const filters = { label: [`${LABELS.run}=${RUN}`] };
        most = Math.max(most, (await docker.listContainers({ filters })).length);
      }
      const result = await simulation.result;
      const tests = eventsOf(result.events, 'tests-finished');
      expect(tests.length).toBeGreaterThanOrEqual(2);
      expect(tests.some(({ passed }) => passed)).toBe(true);
      expect(eventsOf(result.events, 'fault-occurred')).toEqual([]);
      expect(eventsOf(result.events, 'run-ended')).toMatchObject([{ status: 'done' }]);
      expect(most).toBe(2);
      await sandboxes.disposeAll();

      const filters = { label: [`${LABELS.run}=${RUN}`] };
      expect(await docker.listContainers({ all: true, filters })).toEqual([]);
      expect((await docker.listVolumes({ filters })).Volumes ?? []).toEqual([]);
      expect(await docker.listNetworks({ filters })).toEqual([]);
      expect(await readdir(workRoot)).toEqual([]);
    },
    60_000,
  );
});
