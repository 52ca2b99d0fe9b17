import { describeError, Interrupted, UserMistake } from '../base/errors.js';
import { readEnvironmentFile } from './environment-file.js';
import { EXIT } from './exit-codes.js';
import { harmless } from './plain-text.js';
import { ownWorkFolder } from './own-work-folder.js';
import { openTerminal, type Terminal } from './terminal.js';

/** What a command's body is given. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a command's body: reads `.env`, turns Ctrl-C into an abort, and errors into one line and an exit code. A
 * second Ctrl-C ends the process at once, and leaves neither processes nor folders of its own.
 *
 * @param options.goOn the command line that goes on after an interruption.
 */
export async function runCommand(
  body: (context: CommandContext) => Promise<number>,
  options: { readonly goOn?: () => string } = {},
): Promise<void> {
  const terminal = openTerminal();
  const controller = new AbortController();
  const workFolder = ownWorkFolder();
  const interrupt = (): void => {
    if (controller.signal.aborted) {
      // Listeners of exit run in their order: the sandboxes' own end their processes first.
      process.on('exit', () => workFolder.removeNow());
      process.exit(EXIT.interrupted);
    }
    terminal.note('interrupted: stopping agents and writing what there is (again to stop at once)');
    controller.abort(new Interrupted());
  };
  for (const name of SIGNALS) process.on(name, interrupt);
  // A reader that has seen enough, such as head, is no fault; a run goes on and writes its files.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const sayHowToGoOn = (): void => {
    if (options.goOn !== undefined) terminal.note(`go on with: ${options.goOn()}`);
  };
  try {
    readEnvironmentFile('.env');
    await workFolder.open();
    const code = await body({ terminal, signal: controller.signal });
    if (controller.signal.aborted) sayHowToGoOn();
    process.exitCode = controller.signal.aborted ? EXIT.interrupted : code;
  } catch (error) {
    terminal.status('');
    if (controller.signal.aborted || error instanceof Interrupted) {
      sayHowToGoOn();
      process.exitCode = EXIT.interrupted;
    } else {
      terminal.note(`error: ${harmless(describeError(error))}`);
      process.exitCode = error instanceof UserMistake ? EXIT.mistake : EXIT.broke;
    }
  } finally {
    workFolder.removeNow();
    for (const name of SIGNALS) process.off(name, interrupt);
  }
}
