import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { Command } from '@commander-js/extra-typings';

// Nothing of the simulation is imported here, so that --help is there at once.

/** Reads a whole number of at least `least`. */
export function wholeNumber(least: number) {
  return (text: string): number => {
    if (!/^\d+$/.test(text) || Number(text) < least || !Number.isSafeInteger(Number(text))) {
      throw new InvalidArgumentError(`give a whole number of at least ${least}`);
    }
    return Number(text);
  };
}

/** Reads a number above 0. */
export function positiveNumber(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number) || number <= 0) {
    throw new InvalidArgumentError('give a number above 0');
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
    .addOption(new Option('--create-pr', 'as the Python tool has it, for results on Hugging Face').hideHelp())
    .option('--dataset-dir <folder>', 'dataset folder (default: ./dataset, else the bundled one)')
    .option('--logs-dir <folder>', 'where results are written', 'logs')
    .addOption(
      new Option('--sandbox <kind>', 'where commands of agents run')
        .choices(['local', 'confined', 'docker', 'unconfined'] as const)
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
  readonly createPr?: true | undefined;
  readonly datasetDir?: string | undefined;
  readonly logsDir: string;
  /** `unconfined` is `local` with the user's word that it may be so. */
  readonly sandbox: 'local' | 'confined' | 'docker' | 'unconfined';
  readonly seed: string;
  readonly schedule?: 'concurrent' | 'lockstep' | undefined;
  readonly maxCost?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly json: boolean;
}
