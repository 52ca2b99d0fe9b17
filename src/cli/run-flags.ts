import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { Command } from '@commander-js/extra-typings';
import { UserMistake } from '../base/errors.js';
import { FileInterface } from '../experiment/file-interface.js';
import type { StepOptions } from '../experiment/perform-run.js';
import { parseTaskId } from '../dataset/list-tasks.js';
import type { RunLimits } from '../simulation/limits.js';

/** Reads a whole number of at least `least`. */
export function wholeNumber(least: number) {
  return (text: string): number => {
    if (!/^\d+$/.test(text) || Number(text) < least || !Number.isSafeInteger(Number(text))) {
      throw new InvalidArgumentError(`Give a whole number of at least ${least}.`);
    }
    return Number(text);
  };
}

/** Reads a number above 0. */
export function positiveNumber(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number) || number <= 0) {
    throw new InvalidArgumentError('Give a number above 0.');
  }
  return number;
}

/** Which run a command is about: flags as users of the Python tool know them. */
export function addRunFlags(command: Command) {
  return command
    .requiredOption('-s, --setting <name>', 'single, solo, coop or coop_ablation (or no_comm)')
    .requiredOption('--repo-name <name>', 'repository folder in the dataset, e.g. waypost_router_task')
    .requiredOption('--task-id <number>', 'task number')
    .requiredOption('-i, --feature1-id <id>', 'first feature', wholeNumber(0))
    .option('-j, --feature2-id <id>', 'second feature (not for single)', wholeNumber(0))
    .option('--model1 <name>', 'model of the first agent, provider/model or scripted/<persona>')
    .option('--model2 <name>', 'model of the second agent (default: --model1)')
    .option('--k <number>', 'number of the repeat', wholeNumber(1), 1)
    .option('--not-save-to-hf', 'do not save to Hugging Face (results stay local in any case)')
    .option('--dataset-dir <folder>', 'dataset folder (default: ./dataset, else the bundled one)')
    .option('--logs-dir <folder>', 'where results are written', 'logs')
    .addOption(
      new Option('--sandbox <kind>', 'where commands of agents run')
        .choices(['local'] as const)
        .default('local' as const),
    )
    .option('--seed <text>', 'seed of everything that is drawn', '1')
    .addOption(
      new Option(
        '--schedule <kind>',
        'order of the agents’ work (default: lockstep where all are scripted)',
      ).choices(['concurrent', 'lockstep'] as const),
    )
    .option('--max-cost <dollars>', 'dollars the run may cost', positiveNumber)
    .option('--max-tokens <number>', 'tokens the run may take', positiveNumber)
    .option('--json', 'print the result as JSON on stdout, everything else on stderr', false);
}

/** What {@link addRunFlags} reads. */
export interface RunFlags {
  readonly setting: string;
  readonly repoName: string;
  readonly taskId: string;
  readonly feature1Id: number;
  readonly feature2Id?: number | undefined;
  readonly model1?: string | undefined;
  readonly model2?: string | undefined;
  readonly k: number;
  readonly datasetDir?: string | undefined;
  readonly logsDir: string;
  readonly seed: string;
  readonly schedule?: 'concurrent' | 'lockstep' | undefined;
  readonly maxCost?: number | undefined;
  readonly maxTokens?: number | undefined;
}

/**
 * The run's files, as the flags say.
 *
 * @param fallbackModel model where none is given; without it a missing `--model1` is a mistake.
 */
export function filesFor(flags: RunFlags, fallbackModel?: string): FileInterface {
  const model1 = flags.model1 ?? fallbackModel;
  if (model1 === undefined) {
    throw new UserMistake('no model is given', {
      code: 'model-missing',
      where: '--model1',
      remedy: 'add e.g. -m1 anthropic/claude-sonnet-4-5-20250929, or -m1 scripted/gold to try without a key',
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
