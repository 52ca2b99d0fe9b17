import { UserMistake } from '../base/errors.js';
import { parseTaskId } from '../dataset/list-tasks.js';
import { FileInterface, findScenario } from '../experiment/file-interface.js';
import type { StepOptions } from '../experiment/perform-run.js';
import type { RunLimits } from '../simulation/limits.js';
import type { RunFlags } from './run-flags.js';

/**
 * The run's files, as the flags say.
 *
 * @param fallbackModel model where none is given; without it a missing `--model1` is a mistake.
 */
export function filesFor(flags: RunFlags, fallbackModel?: string): FileInterface {
  // A misspelt setting is the commoner slip, and is told before a model is asked for.
  findScenario(flags.setting);
  const model1 = flags.model1 ?? fallbackModel;
  if (model1 === undefined) {
    throw new UserMistake('no model is given', {
      code: 'model-missing',
      where: '--model1',
      remedy: 'add e.g. -m1 anthropic/claude-sonnet-4-5-20250929, or -m1 scripted/gold to try without a key',
    });
  }
  if (flags.createPr === true) {
    throw new UserMistake('results cannot be saved to Hugging Face yet', {
      code: 'hf-not-available',
      where: '--create-pr',
      remedy: 'leave it out; results stay in --logs-dir',
    });
  }
  return new FileInterface({
    setting: flags.setting,
    repoName: flags.repoName,
    taskId: parseTaskId(flags.taskId),
    k: flags.k,
    feature1Id: flags.feature1Id,
    ...(flags.feature2Id === undefined ? {} : { feature2Id: flags.feature2Id }),
    model1,
    ...(flags.model2 === undefined ? {} : { model2: flags.model2 }),
    ...(flags.datasetDir === undefined ? {} : { datasetFolder: flags.datasetDir }),
    logsFolder: flags.logsDir,
  });
}

/** The options that every step takes, as the flags say. */
export function stepOptions(
  flags: RunFlags & { readonly maxActions?: number | undefined; readonly maxMinutes?: number | undefined },
): Pick<StepOptions, 'limits' | 'seed' | 'schedule'> {
  const limits: { -readonly [Name in keyof RunLimits]?: RunLimits[Name] } = {};
  if (flags.maxCost !== undefined) limits.dollars = flags.maxCost;
  if (flags.maxTokens !== undefined) limits.tokens = flags.maxTokens;
  if (flags.maxActions !== undefined) limits.executionActions = flags.maxActions;
  if (flags.maxMinutes !== undefined) limits.executionTime = flags.maxMinutes * 60_000;
  return { limits, seed: flags.seed, ...(flags.schedule === undefined ? {} : { schedule: flags.schedule }) };
}
