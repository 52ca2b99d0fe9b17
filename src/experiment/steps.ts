import { GoldTrees } from '../../agents/personas/gold-trees.js';
import { UserMistake } from '../base/errors.js';
import type { PreparedTask } from '../dataset/prepared-task.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EvaluationType } from '../referee/referee-effects.js';
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
  const plans = new Map<string, string>();
  if (files.scenario.planning) {
    for (const [index, member] of files.team.entries()) {
      plans.set(member.id, await files.readPlan(index, planLocation));
    }
  }
  return performRun(files, { ...shared, command: 'execute', phases: ['execution'], plans });
}

/** Has the referee merge and test the patches made before; writes report, diffs and result. */
export async function evaluate(files: FileInterface, options: EvaluationOptions = {}): Promise<StepResult> {
  const { patchLocation = 'logs', evalType, ...shared } = options;
  if (evalType === 'merge' && files.team.length < 2) {
    throw new UserMistake(`${files.setting} has one patch; there is nothing to merge`, {
      code: 'eval-type-invalid',
      where: '--eval-type',
      remedy: 'use --eval-type test',
    });
  }
  const fromFiles = new Map<string, Buffer>();
  if (patchLocation !== 'gold') {
    for (const [index, member] of files.team.entries()) {
      fromFiles.set(member.id, await files.readPatch(index, patchLocation));
    }
  }
  return performRun(files, {
    ...shared,
    command: 'evaluate',
    phases: ['evaluation'],
    patches: async (task) => (patchLocation === 'gold' ? goldPatches(files, task) : fromFiles),
    ...(evalType === undefined ? {} : { evaluation: evalType }),
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

/** The gold patches of each agent's features; joined into one patch where an agent has several. */
async function goldPatches(files: FileInterface, task: PreparedTask): Promise<ReadonlyMap<string, Buffer>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'troupe-gold-'));
  try {
    const store = await task.createRunStore(path.join(folder, 'store'));
    const trees = new GoldTrees(store, task.baseCommit, task.task);
    const patches = files.team.map(async (member): Promise<[string, Buffer]> => {
      const feature = task.task.features.find((candidate) => candidate.id === member.features[0]);
      if (member.features.length === 1 && feature !== undefined)
        return [member.id, await feature.goldPatch()];
      const { tree } = await trees.join(member.features);
      return [member.id, await store.diff(task.baseCommit, tree)];
    });
    return new Map(await Promise.all(patches));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
