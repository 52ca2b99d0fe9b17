import { GoldTrees } from '../../agents/personas/gold-trees.js';
import path from 'node:path';
import { UserMistake } from '../base/errors.js';
import type { PreparedTask } from '../dataset/prepared-task.js';
import type { EvaluationType } from '../referee/referee-effects.js';
import { checkOrigin, earlierWork } from './earlier-work.js';
import type { FileInterface, ResultLocation } from './file-interface.js';
import { performRun, type StepOptions, type StepResult } from './perform-run.js';

export interface PlanOptions extends StepOptions {
  /** Model calls an agent may make. Default 25. */
  readonly maxIterations?: number;
}

export interface ExecutionOptions extends StepOptions {
  /** Where the plans are. Default `logs`. */
  readonly planLocation?: ResultLocation;
}

export interface EvaluationOptions extends StepOptions {
  /** `test`: each agent's patch by itself; `merge`: all patches merged. Default: as the setting integrates. */
  readonly evalType?: EvaluationType;
  /** Where the patches are; `gold` takes the dataset's own. Default `logs`. */
  readonly patchLocation?: ResultLocation | 'gold';
}

/** Has the team plan; writes plans, trajectory and conversation. */
export function createPlan(files: FileInterface, options: PlanOptions = {}): Promise<StepResult> {
  return performRun(files, { ...withIterations(options), command: 'plan', phases: ['planning'] });
}

/** Has the team carry out the plans made before; writes patches, trajectories and conversation. */
export async function createExecution(
  files: FileInterface,
  options: ExecutionOptions = {},
): Promise<StepResult> {
  const { planLocation = 'logs', ...shared } = options;
  const plans = (): Promise<ReadonlyMap<string, string>> =>
    byAgent(files, (index) => files.readPlan(index, planLocation));
  return performRun(files, {
    ...shared,
    command: 'execute',
    phases: ['execution'],
    ...(files.scenario.planning ? { plans } : {}),
  });
}

/**
 * Has the referee merge and test the patches made before; writes report, diffs and result, and the task's
 * aggregated results.
 */
export async function evaluate(files: FileInterface, options: EvaluationOptions = {}): Promise<StepResult> {
  const { patchLocation = 'logs', evalType, ...shared } = options;
  if (evalType === 'merge' && files.team.length < 2) {
    throw new UserMistake(`${files.setting} has one patch; there is nothing to merge`, {
      code: 'eval-type-invalid',
      where: '--eval-type',
      remedy: 'use --eval-type test',
    });
  }
  const order = {
    ...shared,
    command: 'evaluate' as const,
    phases: ['evaluation'] as const,
    ...(evalType === undefined ? {} : { evaluation: evalType }),
  };
  if (patchLocation === 'gold') {
    // Whoever's models are named: these patches are nobody's but the dataset's.
    const gold = files.withModel('scripted/gold');
    return performRun(gold, { ...order, goldPatches: (task) => goldPatches(gold, task) });
  }
  const work = patchLocation === 'logs' ? await earlierWork(files) : undefined;
  const readPatch = async (index: number): Promise<Buffer> => {
    const patch = await files.readPatch(index, patchLocation);
    const file = path.join(files.folder, files.names.patch(index));
    checkOrigin(files.team[index]?.id ?? '', patch, file, work);
    return patch;
  };
  return performRun(files, {
    ...order,
    patches: () => byAgent(files, readPatch),
    earlierFaults: work?.faults ?? [],
  });
}

/** Plans, executes and evaluates in one go. */
export function runAll(files: FileInterface, options: PlanOptions = {}): Promise<StepResult> {
  return performRun(files, {
    ...withIterations(options),
    command: 'run',
    phases: ['planning', 'execution', 'evaluation'],
  });
}

function withIterations({ maxIterations, ...options }: PlanOptions): StepOptions {
  if (maxIterations === undefined) return options;
  return { ...options, limits: { ...options.limits, planningIterations: maxIterations } };
}

async function byAgent<Value>(
  files: FileInterface,
  read: (index: number) => Promise<Value>,
): Promise<ReadonlyMap<string, Value>> {
  const entries = files.team.map(async ({ id }, index): Promise<[string, Value]> => [id, await read(index)]);
  return new Map(await Promise.all(entries));
}

/** The gold patches of each agent's features; joined into one patch where an agent has several. */
function goldPatches(files: FileInterface, task: PreparedTask): Promise<ReadonlyMap<string, Buffer>> {
  return task.withRunStore(async (store) => {
    const trees = new GoldTrees(store, task.baseCommit, task.task);
    const patches = files.team.map(async (member): Promise<[string, Buffer]> => {
      const feature = task.task.features.find((candidate) => candidate.id === member.features[0]);
      if (member.features.length === 1 && feature !== undefined)
        return [member.id, await feature.goldPatch()];
      const { tree } = await trees.join(member.features);
      return [member.id, await store.diff(task.baseCommit, tree)];
    });
    return new Map(await Promise.all(patches));
  });
}
