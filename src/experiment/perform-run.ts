import { mkdir, readFile, rename, stat } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { listTasks } from '../dataset/list-tasks.js';
import { prepareTask } from '../dataset/prepare-task.js';
import type { PreparedTask } from '../dataset/prepared-task.js';
import { requireScript, selectFeatures } from '../dataset/task.js';
import { FolderAttachments } from '../log/attachments.js';
import type { RunEvent } from '../log/event.js';
import { FileSink } from '../log/file-sink.js';
import type { Phase } from '../log/run-events.js';
import type { Environment } from '../model/providers.js';
import type { EvaluationType } from '../referee/referee-effects.js';
import { createLocalSandboxProvider } from '../sandbox/local-sandbox.js';
import type { SandboxProvider } from '../sandbox/sandbox.js';
import type { RunLimits } from '../simulation/limits.js';
import { runSimulation, type SimulationResult } from '../simulation/run-simulation.js';
import { checkTeam, isAllScripted } from '../simulation/team.js';
import type { FileInterface } from './file-interface.js';
import { resultFiles } from './result-files.js';

/** Options that every step of the pipeline takes. */
export interface StepOptions {
  readonly limits?: Partial<RunLimits>;
  readonly seed?: string;
  readonly schedule?: 'concurrent' | 'lockstep';
  /** Default: local sandboxes. */
  readonly sandboxes?: SandboxProvider;
  /** Keys and base URLs of live models. Default: `process.env`. */
  readonly environment?: Environment;
  readonly mergeModel?: string;
  readonly signal?: AbortSignal;
  /** Told of every event as it happens. */
  readonly onEvent?: (event: RunEvent) => void;
}

export interface RunOrder extends StepOptions {
  /** Name of the command in the names of log and attachments. */
  readonly command: 'run' | 'plan' | 'execute' | 'evaluate';
  readonly phases: readonly Phase[];
  readonly plans?: ReadonlyMap<string, string>;
  readonly patches?: (task: PreparedTask) => Promise<ReadonlyMap<string, Buffer>>;
  readonly evaluation?: EvaluationType;
}

/** What a step did, and where it wrote it. */
export interface StepResult extends SimulationResult {
  /** Absolute path of the event log. */
  readonly log: string;
  /** Absolute paths of the result files, log left out. */
  readonly files: readonly string[];
}

/** Runs some phases of a run in its place in the logs folder; results are on disk as each phase ends. */
export async function performRun(files: FileInterface, order: RunOrder): Promise<StepResult> {
  const [found] = await listTasks(files.datasetFolder, { repoName: files.repoName, taskId: files.taskId });
  if (found === undefined) throw new Error('listTasks gave no task and no error');
  selectFeatures(found, files.features);
  if (order.phases.includes('evaluation')) await requireScript(found, 'run_tests.sh');
  if (order.phases.some((phase) => phase !== 'evaluation'))
    checkTeam(files.team, order.environment ?? process.env);
  const task = await prepareTask(found, { signal: order.signal });
  const patches = await order.patches?.(task);

  const log = path.join(files.folder, files.names.events(order.command));
  if (!isAllScripted(files.team)) await keepOlder(log);
  const attachments = new FolderAttachments(path.join(files.folder, files.names.attachments(order.command)));
  const sandboxes = order.sandboxes ?? createLocalSandboxProvider();
  const { command: _command, onEvent, plans, phases, ...shared } = order;
  const simulation = runSimulation(files.scenario, {
    ...shared,
    task,
    features: files.features,
    models: files.models,
    phases: phases.filter((phase) => phase !== 'planning' || files.scenario.planning),
    sandboxes,
    sinks: [new FileSink(log)],
    attachments,
    ...(plans === undefined ? {} : { plans }),
    ...(patches === undefined ? {} : { patches }),
  } as Parameters<typeof runSimulation>[1]);
  const seen: RunEvent[] = [];
  const written = new Map<string, string>();
  const write = (): Promise<void> => writeResults(files, seen, attachments.folder, written);
  try {
    for await (const event of simulation) {
      seen.push(event);
      onEvent?.(event);
      if (event.type === 'phase-ended') await write();
    }
    await write();
    return { ...(await simulation.result), log, files: [...written.keys()] };
  } finally {
    await sandboxes.disposeAll();
  }
}

async function writeResults(
  files: FileInterface,
  events: readonly RunEvent[],
  attachments: string,
  written: Map<string, string>,
): Promise<void> {
  const output = (name: string): string => {
    try {
      return readFileSync(path.join(attachments, name), 'utf8');
    } catch {
      return '';
    }
  };
  for (const { name, content } of resultFiles(events, files.key, output)) {
    const file = path.join(files.folder, name);
    const text = content.toString('latin1');
    if (written.get(file) === text) continue;
    for (const folder of [files.folder, files.cacheFolder]) {
      await mkdir(folder, { recursive: true });
      await writeFileAtomic(path.join(folder, name), content);
    }
    written.set(file, text);
  }
}

/** Moves an earlier log of the same name aside: what was paid for is not overwritten. */
async function keepOlder(log: string): Promise<void> {
  const older = await stat(log).catch(() => undefined);
  if (older === undefined) return;
  const first = (await readFile(log, 'utf8')).split('\n', 1)[0] ?? '';
  const id = /"runId":"([^"]+)"/.exec(first)?.[1] ?? String(Math.round(older.mtimeMs));
  await rename(log, log.replace(/\.jsonl$/, `.${id}.jsonl`));
}
