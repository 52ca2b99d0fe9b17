import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { loadTask } from '../../src/dataset/list-tasks.js';
import { prepareTask } from '../../src/dataset/prepare-task.js';
import type { PreparedTask } from '../../src/dataset/prepared-task.js';
import { MemoryAttachments } from '../../src/log/attachments.js';
import { fromContent } from '../../src/log/content.js';
import { eventsOf, type EventOf, type EventType, type RunEvent } from '../../src/log/event.js';
import { parseLogLine } from '../../src/log/read-log.js';
import type { Scenario } from '../../src/scenario/scenario.js';
import {
  runSimulation,
  type Simulation,
  type SimulationResult,
} from '../../src/simulation/run-simulation.js';
import type { SimulationOptions } from '../../src/simulation/simulation-options.js';
import { ODDMENTS, ODDMENTS_PAIRS, writeOddments } from './oddments-task.js';

/** The bundled dataset, and the task that most runs are about: its tests are quick. */
export const DATASET = path.resolve(import.meta.dirname, '../../dataset');
export const ROUTER = 'waypost_router_task';

/** What a run left, with the questions that tests ask of it. */
export interface Run extends SimulationResult {
  /** Contents of attachments by name. */
  readonly attachments: ReadonlyMap<string, string>;
  of<Type extends EventType>(type: Type): EventOf<Type>[];
  /** `reason` of an agent's `agent-stopped` event. */
  stopOf(agent: string, phase?: 'planning' | 'execution'): string | undefined;
  /** Text of an agent's patch; empty where none was taken. */
  patchOf(agent: string): string;
  /** Output of an agent's tool calls, in order. */
  outputsOf(agent: string, tool?: string): string[];
}

export interface Workbench {
  /** A folder that is gone after the suite. */
  readonly folder: string;
  /** Where sandboxes and stores of runs are made; empty between runs. */
  readonly workRoot: string;
  /** A task of the bundled dataset, prepared once. */
  task(repoName?: string): Promise<PreparedTask>;
  /** The task of `oddments-task.ts`, which runs use unless they are given another. */
  oddments(): Promise<PreparedTask>;
  start(
    scenario: Scenario,
    options: Partial<SimulationOptions>,
  ): Promise<Simulation & { attachments: MemoryAttachments }>;
  run(scenario: Scenario, options: Partial<SimulationOptions>): Promise<Run>;
}

/**
 * A place to run simulations in, for the suite around it: scratch folders, one cache of prepared tasks, and after
 * each test the proof that runs left neither a file nor a process.
 */
export function workbench(): Workbench {
  const folder = mkdtempSync(path.join(tmpdir(), 'troupe-bench-'));
  const workRoot = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'bench-of-runs-'));
  const prepared = new Map<string, Promise<PreparedTask>>();
  beforeAll(() => {
    process.env['TROUPE_WORK_DIR'] = workRoot;
  });
  afterEach(() => {
    expect(readdirSync(workRoot)).toEqual([]);
    expect(processesUnder(workRoot)).toEqual([]);
  });
  afterAll(() => {
    delete process.env['TROUPE_WORK_DIR'];
    for (const scratch of [folder, workRoot]) rmSync(scratch, { recursive: true, force: true });
  });
  let odd: string | undefined;
  const prepare = (datasetFolder: string, repoName: string): Promise<PreparedTask> => {
    const known =
      prepared.get(repoName) ??
      loadTask(datasetFolder, repoName, 1).then((task) =>
        prepareTask(task, { cacheFolder: path.join(folder, 'cache'), workFolder: folder }),
      );
    prepared.set(repoName, known);
    return known;
  };
  const bench: Workbench = {
    folder,
    workRoot,
    task: (repoName = ROUTER) => prepare(DATASET, repoName),
    oddments() {
      odd ??= writeOddments(folder);
      return prepare(odd, ODDMENTS);
    },
    async start(scenario, options) {
      const attachments = new MemoryAttachments();
      const simulation = runSimulation(scenario, {
        task: await bench.oddments(),
        features: [...ODDMENTS_PAIRS.clean].slice(
          0,
          Math.max(...scenario.agents.flatMap((agent) => agent.features)),
        ),
        models: ['scripted/gold'],
        attachments,
        environment: {},
        ...options,
      });
      return Object.assign(simulation, { attachments });
    },
    async run(scenario, options) {
      const simulation = await bench.start(scenario, options);
      const result = await simulation.result;
      for (const event of result.events) expect(parseLogLine(JSON.stringify(event))).toEqual({ event });
      return asRun(result, simulation.attachments.contents);
    },
  };
  return bench;
}

export function asRun(result: SimulationResult, attachments: ReadonlyMap<string, string> = new Map()): Run {
  const { events } = result;
  const of = <Type extends EventType>(type: Type): EventOf<Type>[] => eventsOf(events, type);
  return {
    ...result,
    attachments,
    of,
    stopOf: (agent, phase = 'execution') =>
      of('agent-stopped').find((event) => event.agent === agent && event.phase === phase)?.reason,
    patchOf(agent) {
      const taken = of('patch-taken').find((event) => event.agent === agent);
      return taken === undefined ? '' : fromContent(taken.patch).toString('utf8');
    },
    outputsOf: (agent, tool) =>
      of('tool-returned')
        .filter((event) => event.agent === agent && (tool === undefined || event.tool === tool))
        .map((event) => event.output),
  };
}

/** Types of the events that name an agent, in order. */
export function storyOf(events: readonly RunEvent[], agent: string): string[] {
  return events.filter((event) => 'agent' in event && event.agent === agent).map((event) => event.type);
}

/** Processes of this machine that work in a folder or carry its path in their environment; this one left out. */
export function processesUnder(folder: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) return false;
    try {
      if (readlinkSync(`/proc/${pid}/cwd`).startsWith(folder)) return true;
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`${folder}/troupe-`);
    } catch {
      return false;
    }
  });
}
