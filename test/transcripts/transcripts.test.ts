import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTask } from '../../src/dataset/list-tasks.js';
import { prepareTask } from '../../src/dataset/prepare-task.js';
import type { PreparedTask } from '../../src/dataset/prepared-task.js';
import { eventsOf, type RunEvent } from '../../src/log/event.js';
import { readLog } from '../../src/log/read-log.js';
import { runSimulation } from '../../src/simulation/run-simulation.js';
import { scenarios } from '../../scenarios/index.js';

const PROJECT = path.resolve(import.meta.dirname, '..', '..');
const FOLDER = path.join(PROJECT, 'transcripts');
const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.jsonl'));

let cacheFolder: string;
let task: PreparedTask;

beforeAll(async () => {
  cacheFolder = await mkdtemp(path.join(tmpdir(), 'troupe-transcripts-'));
  const found = await loadTask(path.join(PROJECT, 'dataset'), 'waypost_router_task', 1);
  task = await prepareTask(found, { cacheFolder });
});

afterAll(() => rm(cacheFolder, { recursive: true, force: true }));

async function read(name: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  const broken: unknown[] = [];
  for await (const event of readLog(path.join(FOLDER, name), (line) => broken.push(line))) events.push(event);
  expect(broken).toEqual([]);
  return events;
}

/** A log without what depends on the version of Troupe or of the test runner. */
function comparable(events: readonly RunEvent[]): object[] {
  return events.map((event) => {
    if (event.type === 'run-started') return { ...event, troupeVersion: '' };
    if (event.type !== 'tests-finished') return event;
    const { testsPassed: _passed, testsFailed: _failed, reason: _reason, ...rest } = event;
    return rest;
  });
}

describe('the recorded transcripts', () => {
  it('are there', () => expect(names.length).toBeGreaterThanOrEqual(4));

  it.each(names)('%s is whole: numbered without a gap, begun and ended', async (name) => {
    const events = await read(name);
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
    expect(events[0]?.type).toBe('run-started');
    expect(events.at(-1)).toMatchObject({ type: 'run-ended', status: 'done' });
  });

  it.each(names)('%s comes out the same when its scenario is run again', async (name) => {
    const events = await read(name);
    const [started] = eventsOf(events, 'run-started');
    if (started === undefined) throw new Error('the transcript has no beginning');
    const scenario = scenarios.get(started.scenario);
    if (scenario === undefined) throw new Error(`there is no scenario ${started.scenario}`);
    const again = await runSimulation(scenario, {
      task,
      features: started.features,
      models: started.agents.map((agent) => agent.model),
      seed: started.seed,
    }).result;
    expect(comparable(again.events)).toEqual(comparable(events));
  });

  it('show what the channel is worth: open succeeds where closed conflicts', async () => {
    const verdictOf = async (name: string) => eventsOf(await read(name), 'verdict-reached').at(-1)?.verdict;
    expect(await verdictOf('coop_gold-rebase.jsonl')).toMatchObject({ success: true, strategy: 'naive' });
    expect(await verdictOf('coop_ablation_gold-rebase.jsonl')).toMatchObject({ success: false, lostAt: 'conflict' });
  });
});
