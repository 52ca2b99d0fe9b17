import { mkdtemp, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { UserMistake } from '../base/errors.js';
import { listTasks } from '../dataset/list-tasks.js';
import { prepareTask } from '../dataset/prepare-task.js';
import type { PreparedTask } from '../dataset/prepared-task.js';
import { requireScript, selectFeatures, type Task } from '../dataset/task.js';
import { FolderAttachments } from '../log/attachments.js';
import type { RunEvent } from '../log/event.js';
import type { Phase } from '../log/run-events.js';
import { isScripted } from '../model/model-names.js';
import { resolveEndpoint, type Environment } from '../model/providers.js';
import type { EvaluationType } from '../referee/referee-effects.js';
import type { SandboxProvider } from '../sandbox/sandbox.js';
import { completeLimits, type RunLimits } from '../simulation/limits.js';
import { runSimulation, type SimulationResult } from '../simulation/run-simulation.js';
import { checkTeam, isAllScripted } from '../simulation/team.js';
import type { FileInterface } from './file-interface.js';
import { earlierPlanning, ResultWriter } from './result-writer.js';
import { RunLogSink } from './run-log-sink.js';

/** Options that every step of the pipeline takes. */
export interface StepOptions {
  readonly limits?: Partial<RunLimits>;
  readonly seed?: string;
  readonly schedule?: 'concurrent' | 'lockstep';
  /** Default: local sandboxes, ended with the run. */
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
  /** Reads the plans by agent, where planning was done before. */
  readonly plans?: () => Promise<ReadonlyMap<string, string>>;
  /** Reads the patches by agent, where execution was done before. */
  readonly patches?: () => Promise<ReadonlyMap<string, Buffer>>;
  /** Makes the patches from the task itself. */
  readonly goldPatches?: (task: PreparedTask) => Promise<ReadonlyMap<string, Buffer>>;
  readonly evaluation?: EvaluationType;
  /** What broke under the execution that made the patches, one line each. */
  readonly earlierFaults?: readonly string[];
}

/** What a step did, and where it wrote it. */
export interface StepResult extends SimulationResult {
  /** Absolute path of the event log. */
  readonly log: string;
  /** Absolute paths of the result files, log left out. */
  readonly files: readonly string[];
}

/**
 * Runs some phases of a run in its place in the logs folder; results are on disk as each phase ends.
 *
 * @throws {UserMistake} where the run cannot begin as asked; nothing is written then.
 */
export async function performRun(files: FileInterface, order: RunOrder): Promise<StepResult> {
  const found = await checkOrder(files, order);
  const plans = await order.plans?.();
  const given = await order.patches?.();
  const task = await prepareTask(found, { signal: order.signal });
  const patches = given ?? (await order.goldPatches?.(task));

  const log = path.join(files.folder, files.names.events(order.command));
  const attachments = new FolderAttachments(path.join(files.folder, files.names.attachments(order.command)));
  const earlier = order.phases.includes('planning')
    ? []
    : await earlierPlanning(files.folder, files.names.conversation);
  const sink = new RunLogSink(log, {
    attachments: attachments.folder,
    keepOlder: !isAllScripted(files.team) || order.schedule === 'concurrent',
  });
  const writer = new ResultWriter(files, attachments.folder, {
    earlierMessages: earlier,
    isGold: order.goldPatches !== undefined,
  });
  const simulation = runSimulation(files.scenario, {
    ...runOptions(order),
    task,
    features: files.features,
    models: files.models,
    phases: order.phases.filter((phase) => phase !== 'planning' || files.scenario.planning),
    sinks: [sink],
    attachments,
    ...(order.earlierFaults === undefined ? {} : { earlierFaults: order.earlierFaults }),
    ...(plans === undefined ? {} : { plans }),
    ...(patches === undefined ? {} : { patches }),
  });
  const seen: RunEvent[] = [];
  try {
    for await (const event of simulation) {
      seen.push(event);
      order.onEvent?.(event);
      if (event.type === 'phase-ended') await writer.write(seen);
    }
    if (sink.hasBegun) await writer.write(seen);
    return { ...(await simulation.result), log, files: writer.written };
  } catch (error) {
    // What broke under a run is on record, even where no phase began.
    if (!(error instanceof UserMistake)) {
      sink.begin();
      sink.close();
    }
    throw error;
  }
}

type PassedOn =
  'limits' | 'sandboxes' | 'seed' | 'schedule' | 'environment' | 'mergeModel' | 'signal' | 'evaluation';

function runOptions(order: RunOrder): Pick<RunOrder, PassedOn> {
  const { limits, seed, schedule, sandboxes, environment, mergeModel, signal, evaluation } = order;
  return {
    ...(limits === undefined ? {} : { limits }),
    ...(seed === undefined ? {} : { seed }),
    ...(schedule === undefined ? {} : { schedule }),
    ...(sandboxes === undefined ? {} : { sandboxes }),
    ...(environment === undefined ? {} : { environment }),
    ...(mergeModel === undefined ? {} : { mergeModel }),
    ...(signal === undefined ? {} : { signal }),
    ...(evaluation === undefined ? {} : { evaluation }),
  };
}

/** Finds the task, and every mistake that can be found before anything is done. */
async function checkOrder(files: FileInterface, order: RunOrder): Promise<Task> {
  const environment = order.environment ?? process.env;
  const [found] = await listTasks(files.datasetFolder, { repoName: files.repoName, taskId: files.taskId });
  if (found === undefined) throw new Error('listTasks gave no task and no error');
  const features = selectFeatures(found, files.features);
  completeLimits(order.limits);
  if (order.phases.some((phase) => phase !== 'evaluation')) {
    checkTeam(files.team, environment);
    await Promise.all(features.map((feature) => feature.description()));
  }
  if (order.phases.includes('evaluation')) {
    await requireScript(found, 'run_tests.sh');
    await Promise.all(features.map((feature) => feature.testsPatch()));
    checkMergeModel(order.mergeModel, environment);
  }
  await checkLogsFolder(files.folder);
  return found;
}

function checkMergeModel(name: string | undefined, environment: Environment): void {
  if (name === undefined) return;
  if (isScripted(name)) {
    throw new UserMistake(`${name} is scripted and cannot merge`, {
      code: 'merge-model-scripted',
      where: '--merge-model',
      remedy: 'name a live model, e.g. anthropic/claude-sonnet-4-5-20250929',
    });
  }
  resolveEndpoint(name, environment, '--merge-model');
}

/** The nearest folder that is there must be one that can be written. */
async function checkLogsFolder(folder: string): Promise<void> {
  let place = folder;
  let facts = await stat(place).catch(() => undefined);
  while (facts === undefined && path.dirname(place) !== place) {
    place = path.dirname(place);
    facts = await stat(place).catch(() => undefined);
  }
  // Trying is the only proof: permissions say nothing about file systems that hold no files.
  const isWritable = await mkdtemp(path.join(place, '.troupe-probe-')).then(
    (probe) => rmdir(probe).then(() => true),
    () => false,
  );
  if (facts?.isDirectory() === true && isWritable) return;
  throw new UserMistake(`${place} ${facts?.isDirectory() ? 'cannot be written' : 'is no folder'}`, {
    code: 'logs-folder-unusable',
    where: '--logs-dir',
    remedy: 'name a folder that you may write',
  });
}
