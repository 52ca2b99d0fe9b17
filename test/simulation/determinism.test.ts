import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { coop, scenarios } from '../../scenarios/index.js';
import { personas } from '../../agents/personas/index.js';
import { ODDMENTS, ODDMENTS_PAIRS } from './oddments-task.js';
import { DATASET, ROUTER, workbench } from './workbench.js';

const bench = workbench();
const PROJECT = path.resolve(import.meta.dirname, '../..');

/** Runs of another process: every persona in every setting, and one on a bundled task. */
const PROGRAM = `
import { loadTask } from './src/dataset/list-tasks.js';
import { prepareTask } from './src/dataset/prepare-task.js';
import { FileSink } from './src/log/file-sink.js';
import { runSimulation } from './src/simulation/run-simulation.js';
import { scenarios } from './scenarios/index.js';
import { personas } from './agents/personas/index.js';
const [logs, cache, odd, bundled, seed, only] = process.argv.slice(2);
const prepared = async (folder, name) => prepareTask(await loadTask(folder, name, 1), { cacheFolder: cache });
const run = async (task, scenario, persona, features) => {
  if (only !== undefined && persona !== only) return;
  const name = [task.task.repoName, scenario.name, persona].join('-');
  // Referees are slow and alike: one setting shows what they write.
  const phases = ['planning', 'execution', ...(scenario.name === 'coop' && persona === 'gold' ? ['evaluation'] : [])];
  const sinks = [new FileSink(\`\${logs}/\${name}.jsonl\`)];
  await runSimulation(scenario, { task, features, models: [\`scripted/\${persona}\`], phases, sinks, seed, environment: {} }).result;
};
const oddments = await prepared(odd, ${JSON.stringify(ODDMENTS)});
const router = await prepared(bundled, ${JSON.stringify(ROUTER)});
for (const scenario of scenarios.values()) {
  const count = Math.max(...scenario.agents.flatMap((agent) => agent.features));
  for (const persona of personas.keys()) {
    if (persona === 'gold' || scenario.name === 'coop') await run(oddments, scenario, persona, [1, 3].slice(0, count));
  }
}
await run(router, scenarios.get('coop'), 'gold', [1, 4]);
`;

/** The project's sources as another process can run them. */
function transpileProject(target: string): void {
  for (const room of ['src', 'agents', 'scenarios']) {
    for (const name of readdirSync(path.join(PROJECT, room), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue;
      const file = path.join(target, room, name.replace(/\.ts$/, '.js'));
      mkdirSync(path.dirname(file), { recursive: true });
      const options = {
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
      };
      const source = readFileSync(path.join(PROJECT, room, name), 'utf8');
      writeFileSync(file, ts.transpileModule(source, { compilerOptions: options }).outputText);
    }
  }
  cpSync(path.join(PROJECT, 'package.json'), path.join(target, 'package.json'));
  symlinkSync(path.join(PROJECT, 'node_modules'), path.join(target, 'node_modules'));
  writeFileSync(path.join(target, 'program.js'), PROGRAM);
}

const logsIn = (folder: string): Map<string, string> =>
  new Map(
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]),
  );

describe('scripted runs', () => {
  it('write the same log byte for byte in another process and other folders, and other words for another seed', async () => {
    const odd = path.dirname(path.dirname((await bench.oddments()).task.folder));
    const project = path.join(bench.folder, 'project');
    transpileProject(project);
    const runIn = async (name: string, ...settings: string[]): Promise<Map<string, string>> => {
      const folder = path.join(bench.folder, name);
      const work = path.join(folder, 'work');
      mkdirSync(work, { recursive: true });
      const paths = ['logs', 'cache'].map((part) => path.join(folder, part));
      const program = path.join(project, 'program.js');
      await promisify(execFile)(process.execPath, [program, ...paths, odd, DATASET, ...settings], {
        cwd: folder,
        env: {
          PATH: process.env['PATH'],
          TROUPE_WORK_DIR: work,
          HOME: folder,
          TZ: name === 'one' ? 'UTC' : 'Asia/Tokyo',
        },
      });
      expect(readdirSync(work)).toEqual([]);
      return logsIn(path.join(folder, 'logs'));
    };
    const [one, other] = await Promise.all([runIn('one', '7'), runIn('a longer name of a folder', '7')]);
    const different = await runIn('three', '8', 'gold');
    expect([...one.keys()]).toHaveLength(scenarios.size + (personas.size - 1) + 1);
    for (const [name, log] of one) {
      expect(log.split('\n').length).toBeGreaterThan(20);
      expect(other.get(name), name).toBe(log);
    }
    const sent = (log: string | undefined): string[] => log?.match(/"type":"message-sent".*/g) ?? [];
    const gold = [...one.keys()].filter((name) => name.endsWith('-gold.jsonl') && name.includes('-coop'));
    expect(gold.some((name) => sent(one.get(name)).join() !== sent(different.get(name)).join())).toBe(true);
    // Nothing of this machine is in a log.
    for (const log of one.values()) expect(log).not.toContain(bench.folder);
  }, 120_000);

  it.each([...personas.keys()].filter((name) => name !== 'gold-rebase'))(
    'of %s make the same patches side by side as in turn',
    async (name) => {
      const models = [`scripted/${name}`];
      const features = ODDMENTS_PAIRS.odd;
      const turns = await bench.run(coop, { models, features, schedule: 'lockstep' });
      const together = await bench.run(coop, { models, features, schedule: 'concurrent' });
      for (const agent of ['agent1', 'agent2']) expect(together.patchOf(agent)).toBe(turns.patchOf(agent));
      expect(together.verdict).toEqual(turns.verdict);
      expect(together.runId).not.toBe(turns.runId);
    },
  );

  it('differ in their identifiers with the seed, and in nothing with the same', async () => {
    const ids = [];
    for (const seed of ['1', '1', '2'])
      ids.push((await bench.run(coop, { seed, phases: ['planning'] })).runId);
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
  });
});
