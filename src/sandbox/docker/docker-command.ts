import type { Container } from 'dockerode';

import { describeError, InfrastructureFault } from '../../base/errors.js';
import { OutputCapture } from '../output-capture.js';
import type { CommandOptions, CommandResult } from '../sandbox.js';
import { settlesWithin, startInContainer, type RunningCommand } from './container-command.js';
import type { Warden } from './warden.js';

export interface DockerCommand {
  readonly container: Container;
  readonly warden: Warden;
  /** Value of the marker variable that the command and its descendants carry. */
  readonly marker: string;
  /** The whole command, the script around it included. */
  readonly command: readonly [string, ...string[]];
  /** `NAME=value`, the marker among them. */
  readonly environment: readonly string[];
  readonly options: CommandOptions;
  /** Has the container begin anew, with its files; called when nothing else ends a command. */
  readonly startAnew: () => Promise<void>;
}

const DEFAULT_TIMEOUT = 120_000;
const LONGEST_TIMER = 2 ** 31 - 1;
const DEFAULT_MAXIMUM_OUTPUT = 64 * 1024;
/** Milliseconds to wait for the end of a killed command. */
const DEATH_AT_MOST = 5_000;
const TRIES = 3;

/** Runs one command in a container; see `Sandbox.run` for results and errors. */
export async function runDockerCommand(request: DockerCommand): Promise<CommandResult> {
  const { options } = request;
  const started = performance.now();
  const timeout = Math.min(options.timeout ?? DEFAULT_TIMEOUT, LONGEST_TIMER);
  let attempt = await tryCommand(request, timeout);
  for (let tries = 1; attempt.notStarted !== undefined && tries < TRIES; tries += 1) {
    if (attempt.notStarted === 'too-long') break;
    // What earlier commands left running has used up the processes that the container may have.
    if (!(await request.warden.endAll())) await request.startAnew();
    attempt = await tryCommand(request, timeout);
  }
  const { captures, timedOut } = attempt;
  const result = (exitCode: number, stdout: string, stderr: string): CommandResult => ({
    exitCode,
    stdout,
    stderr,
    timedOut,
    truncated: captures.stdout.truncated || captures.stderr.truncated,
    duration: performance.now() - started,
  });
  if (attempt.notStarted === 'too-long') return result(126, '', 'argument list too long\n');
  if (attempt.notStarted === 'no-room') return result(126, '', 'too many processes\n');
  return result(timedOut ? 124 : attempt.exitCode, captures.stdout.text(), captures.stderr.text());
}

interface Attempt {
  readonly exitCode: number;
  readonly timedOut: boolean;
  readonly captures: { readonly stdout: OutputCapture; readonly stderr: OutputCapture };
  /** Why the engine could not even begin; the command is to blame for it, or those before it. */
  readonly notStarted?: 'too-long' | 'no-room';
}

async function tryCommand(request: DockerCommand, timeout: number): Promise<Attempt> {
  const { options, container } = request;
  const { signal } = options;
  const maximum = options.maximumOutput ?? DEFAULT_MAXIMUM_OUTPUT;
  const captures = { stdout: new OutputCapture(maximum), stderr: new OutputCapture(maximum) };
  signal?.throwIfAborted();
  const running = await startInContainer(container, {
    command: request.command,
    environment: request.environment,
    stdin: options.stdin,
    take: (name, bytes) => captures[name].push(bytes),
  });
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const toldToEnd = new Promise<'timeout' | 'abort'>((resolve) => {
    timer = setTimeout(() => resolve('timeout'), timeout);
    onAbort = () => resolve('abort');
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
  });
  try {
    const first = await Promise.race([running.exitCode, toldToEnd]);
    if (typeof first === 'number') {
      const notStarted = whyNotStarted(first, captures.stdout.text() + captures.stderr.text());
      return {
        exitCode: first,
        timedOut: false,
        captures,
        ...(notStarted === undefined ? {} : { notStarted }),
      };
    }
    if (!(await endCommand(request, running))) {
      running.abandon();
      // A container that is being removed needs no more.
      if (first === 'timeout' || !request.warden.isClosed) await request.startAnew();
    }
    signal?.throwIfAborted();
    return { exitCode: 124, timedOut: true, captures };
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
  }
}

/** Kills a command with all it started; false when that could not be done. */
async function endCommand({ warden, marker }: DockerCommand, running: RunningCommand): Promise<boolean> {
  const from = performance.now();
  while (performance.now() - from < DEATH_AT_MOST) {
    if (!(await warden.end(marker))) return false;
    // The command may have come to life just after the warden had looked.
    if (await settlesWithin(running.exitCode, DEATH_AT_MOST / 20)) return warden.end(marker);
  }
  return false;
}

/** Reads the engine's own complaint, which it gives in place of the command's output. */
export function whyNotStarted(exitCode: number, output: string): Attempt['notStarted'] {
  if (exitCode !== 126 && exitCode !== 127 && exitCode !== 255 && exitCode !== 128) return undefined;
  if (!/^(?:OCI runtime exec failed|Error: crun|runc exec failed|exec failed)/.test(output)) return undefined;
  return /argument list too long/i.test(output) ? 'too-long' : 'no-room';
}

/** A fault of a command that the engine would not run or lost sight of. */
export function commandFault(error: unknown, where: string): InfrastructureFault {
  return new InfrastructureFault(`a command could not be run: ${describeError(error)}`, {
    code: 'command-not-started',
    where,
    cause: error,
  });
}
