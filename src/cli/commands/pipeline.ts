import { existsSync } from 'node:fs';
import path from 'node:path';
import type { FileInterface } from '../../experiment/file-interface.js';
import type { StepOptions, StepResult } from '../../experiment/perform-run.js';
import { EXIT, runCommand } from '../command-context.js';
import { progressReporter } from '../progress.js';
import { filesFor, stepOptions, type RunFlags } from '../run-flags.js';
import { printReport, reportAsJson } from '../run-report.js';

/** One step of the pipeline as a command. */
export interface StepCommand {
  readonly flags: RunFlags & {
    readonly json: boolean;
    readonly maxActions?: number | undefined;
    readonly maxMinutes?: number | undefined;
    readonly mergeModel?: string | undefined;
  };
  /** Model where `--model1` is not given. */
  readonly fallbackModel?: string;
  readonly step: (files: FileInterface, options: StepOptions) => Promise<StepResult>;
}

/** Runs a step with live progress, prints what came of it, and says how to go on when it was interrupted. */
export async function runStep({ flags, fallbackModel, step }: StepCommand): Promise<void> {
  let files: FileInterface | undefined;
  await runCommand(
    async ({ terminal, signal }) => {
      files = filesFor(flags, fallbackModel);
      const onEvent = progressReporter(terminal, flags.setting);
      const mergeModel = flags.mergeModel === undefined ? {} : { mergeModel: flags.mergeModel };
      const result = await step(files, { ...stepOptions(flags), ...mergeModel, signal, onEvent });
      if (flags.json) terminal.print(JSON.stringify(reportAsJson(result), null, 2));
      else printReport(result, terminal);
      return result.status === 'broke' ? EXIT.broke : EXIT.done;
    },
    { goOn: () => howToGoOn(process.argv.slice(2), files) },
  );
}

/** The command that goes on where an interrupted one stopped: a `run` whose plans are there need not plan again. */
export function howToGoOn(words: readonly string[], files: FileInterface | undefined): string {
  const [command, ...rest] = words;
  const planned =
    files !== undefined &&
    files.scenario.planning &&
    files.team.every((_, index) => existsSync(path.join(files.folder, files.names.plan(index))));
  const next = command === 'run' && planned ? ['execute', ...withoutFlag(rest, '--max-iterations')] : words;
  return ['troupe', ...next].map(shellWord).join(' ');
}

function withoutFlag(words: readonly string[], flag: string): string[] {
  const index = words.indexOf(flag);
  return index === -1
    ? words.filter((word) => !word.startsWith(`${flag}=`))
    : [...words.slice(0, index), ...words.slice(index + 2)];
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
