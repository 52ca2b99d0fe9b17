import { existsSync } from 'node:fs';
import { describeError, Interrupted, UserMistake } from '../base/errors.js';
import { openTerminal, type Terminal } from './terminal.js';

/** Exit codes: what is scored as failure is still a finished run. */
export const EXIT = { done: 0, broke: 1, mistake: 2, interrupted: 130 } as const;

/** What a command's body is given. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * Runs a command's body: reads `.env`, turns Ctrl-C into an abort, and errors into one line and an exit code. A
 * second Ctrl-C ends the process at once.
 */
export async function runCommand(
  body: (context: CommandContext) => Promise<number>,
  options: { readonly goOn?: () => string } = {},
): Promise<void> {
  const terminal = openTerminal();
  const controller = new AbortController();
  let interruptions = 0;
  const interrupt = (): void => {
    interruptions += 1;
    if (interruptions > 1) process.exit(EXIT.interrupted);
    terminal.note('interrupted: stopping agents and writing what there is (again to stop at once)');
    controller.abort(new Interrupted());
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  const sayHowToGoOn = (): void => {
    if (options.goOn !== undefined) terminal.note(`go on with: ${options.goOn()}`);
  };
  try {
    if (existsSync('.env')) process.loadEnvFile('.env');
    const code = await body({ terminal, signal: controller.signal });
    if (controller.signal.aborted) sayHowToGoOn();
    process.exitCode = controller.signal.aborted ? EXIT.interrupted : code;
  } catch (error) {
    terminal.status('');
    if (controller.signal.aborted || error instanceof Interrupted) {
      sayHowToGoOn();
      process.exitCode = EXIT.interrupted;
    } else {
      terminal.note(`error: ${describeError(error)}`);
      process.exitCode = error instanceof UserMistake ? EXIT.mistake : EXIT.broke;
    }
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}
