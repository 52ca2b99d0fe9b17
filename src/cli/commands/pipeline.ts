import type { FileInterface } from '../../experiment/file-interface.js';
import type { StepOptions, StepResult } from '../../experiment/perform-run.js';
import type { RunEvent } from '../../log/event.js';
import { isScripted } from '../../model/model-names.js';
import { createSandboxProvider } from '../../sandbox/create-sandbox-provider.js';
import { runCommand } from '../command-context.js';
import { EXIT } from '../exit-codes.js';
import { howToGoOn, programWord } from '../go-on.js';
import { progressReporter } from '../progress.js';
import type { RunFlags } from '../run-flags.js';
import { filesFor, stepOptions } from '../run-request.js';
import { printReport, reportAsJson } from '../run-report.js';
import type { Terminal } from '../terminal.js';

/** One step of the pipeline as a command. */
export interface StepCommand {
  readonly flags: RunFlags & {
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
  const seen: RunEvent[] = [];
  await runCommand(
    async ({ terminal, signal }) => {
      const files = filesFor(flags, fallbackModel);
      const report = progressReporter(terminal, files.setting);
      const onEvent = (event: RunEvent): void => {
        seen.push(event);
        if (event.type === 'run-started' && flags.sandbox === 'local')
          warnOfLiveModels(event.agents, terminal);
        report(event);
      };
      const mergeModel = flags.mergeModel === undefined ? {} : { mergeModel: flags.mergeModel };
      const kind = flags.sandbox === 'unconfined' ? 'local' : flags.sandbox;
      const image = process.env['TROUPE_BASE_IMAGE'];
      const sandboxes = await createSandboxProvider(kind, { docker: image === undefined ? {} : { image } });
      let result: StepResult;
      try {
        result = await step(files, { ...stepOptions(flags), ...mergeModel, sandboxes, signal, onEvent });
      } finally {
        await sandboxes.disposeAll();
      }
      if (flags.json) terminal.print(JSON.stringify(reportAsJson(result), null, 2));
      else printReport(result, terminal);
      return result.status === 'broke' ? EXIT.broke : EXIT.done;
    },
    { goOn: () => howToGoOn(thisProgram(), process.argv.slice(2), seen) },
  );
}

/** Says so where what live models write is about to run unconfined. */
function warnOfLiveModels(agents: readonly { readonly model: string }[], terminal: Terminal): void {
  if (agents.every(({ model }) => isScripted(model))) return;
  terminal.note(
    'commands that live models write run unconfined on this machine; --sandbox confined or docker keeps them in',
  );
}

/** See {@link programWord}. */
export function thisProgram(): string {
  return programWord(process.argv[1] ?? 'troupe', process.env, process.cwd());
}
