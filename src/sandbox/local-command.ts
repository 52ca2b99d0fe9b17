import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';

import { describeError, InfrastructureFault } from '../base/errors.js';
import type { CommandPipe } from './command-pipes.js';
import { OutputCapture } from './output-capture.js';
import type { CommandOptions, CommandResult } from './sandbox.js';

export interface LocalCommand {
  readonly command: readonly [string, ...string[]];
  /** The program that is blamed where nothing can be started; that of `command` where absent. */
  readonly program?: string;
  /** Whether `command` is a wrapper of ours around the program, whose absence is no fault of the program's. */
  readonly isWrapped?: boolean;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly options: CommandOptions;
  /** For stdout and stderr; Node's own where absent. */
  readonly pipes: readonly [CommandPipe, CommandPipe] | undefined;
  /** Descriptors that the command gets as its 3, 4, …, or none in that place; they stay open here. */
  readonly descriptors?: readonly (number | 'ignore')[];
  /**
   * Starts the command in another way: gives a process that opens its descriptors itself, so that they, and the
   * pipes' ends, must stay open until it has ended.
   */
  readonly launch?: () => ChildProcess;
  /**
   * Looks after the command while it runs: is given its process id and a way to end it, with a line for stderr
   * that says why; gives the function that stops the looking.
   */
  readonly guard?: (id: number, end: (reason: string) => void) => () => void;
  /** Ends whatever the command started that has left its process group. */
  readonly sweep: () => void;
  /** Is given streams that a background process still holds after the command itself has ended. */
  readonly keepDraining: (stream: Readable) => void;
}

const DEFAULT_TIMEOUT = 120_000;
const LONGEST_TIMER = 2 ** 31 - 1;
const DEFAULT_MAXIMUM_OUTPUT = 64 * 1024;
/** Milliseconds without output after which an ended command's streams, held open by others, are given up. */
const QUIET = 50;
const QUIET_AT_MOST = 500;
/** Milliseconds to wait for the end of a killed process; one stuck in the kernel must not hang the run. */
const DEATH_AT_MOST = 5_000;

/** Runs one command in a process group of its own; see `Sandbox.run` for results and errors. */
export async function runLocalCommand(request: LocalCommand): Promise<CommandResult> {
  const { options } = request;
  const started = performance.now();
  const captures = [0, 1].map(() => new OutputCapture(options.maximumOutput ?? DEFAULT_MAXIMUM_OUTPUT)) as [
    OutputCapture,
    OutputCapture,
  ];
  let timedOut = false;
  let reason = '';
  const result = (exitCode: number, complaint = reason): CommandResult => ({
    exitCode: timedOut ? 124 : exitCode,
    stdout: captures[0].text(),
    stderr: captures[1].text() + complaint,
    timedOut,
    truncated: captures.some((capture) => capture.truncated),
    duration: performance.now() - started,
  });

  const child = await start(request);
  if ('refused' in child) return result(child.refused, child.complaint);
  const streams = outputStreams(child.process, request.pipes);
  const watch = new QuietWatch(streams);
  streams.forEach((stream, index) => stream.on('data', (chunk: Buffer) => captures[index]?.push(chunk)));
  feed(child.process, options.stdin);

  const ended = once(child.process, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const { promise: givenUp, resolve: giveUp } = deferred<[null, 'SIGKILL']>();
  let deathTimer: NodeJS.Timeout | undefined;
  const kill = (): void => {
    if (child.process.exitCode === null && child.process.signalCode === null) killGroup(child.process);
    request.sweep();
    deathTimer ??= setTimeout(() => giveUp([null, 'SIGKILL']), DEATH_AT_MOST);
  };
  const timer = setTimeout(
    () => {
      timedOut = true;
      kill();
    },
    Math.min(options.timeout ?? DEFAULT_TIMEOUT, LONGEST_TIMER),
  );
  options.signal?.addEventListener('abort', kill, { once: true });
  if (options.signal?.aborted === true) kill();
  const stopGuard = request.guard?.(child.process.pid as number, (why) => {
    reason = `${why}\n`;
    kill();
  });
  try {
    const [exitCode, signal] = await Promise.race([ended, givenUp]);
    clearTimeout(timer);
    if (request.launch !== undefined) closeWriters(request.pipes);
    await watch.settled();
    options.signal?.throwIfAborted();
    return result(exitCode ?? 128 + (signal === null ? 0 : constants.signals[signal]));
  } finally {
    stopGuard?.();
    clearTimeout(timer);
    clearTimeout(deathTimer);
    options.signal?.removeEventListener('abort', kill);
    for (const stream of streams) if (!stream.readableEnded) request.keepDraining(stream);
  }
}

type Started = { readonly process: ChildProcess } | { readonly refused: number; readonly complaint: string };

async function start(request: LocalCommand): Promise<Started> {
  const [program, ...parameters] = request.command;
  const { pipes, descriptors = [] } = request;
  try {
    const child =
      request.launch?.() ??
      spawn(program, parameters, {
        cwd: request.folder,
        env: request.environment,
        detached: true,
        stdio: [
          request.options.stdin === undefined ? 'ignore' : 'pipe',
          pipes?.[0].writer ?? 'pipe',
          pipes?.[1].writer ?? 'pipe',
          ...descriptors,
        ],
      });
    if (child.pid === undefined) {
      const [error] = (await once(child, 'error')) as [unknown];
      throw error;
    }
    // Failures after the start (a kill that comes late) say nothing about the command.
    child.on('error', () => {});
    return { process: child };
  } catch (error) {
    if (request.launch !== undefined) closeWriters(pipes);
    for (const pipe of pipes ?? []) pipe.reader.destroy();
    return refusalToStart(request, error);
  } finally {
    // Both ends are wanted where the process opens them itself; see `launch`.
    if (request.launch === undefined) closeWriters(pipes);
  }
}

function closeWriters(pipes: LocalCommand['pipes']): void {
  for (const pipe of pipes ?? []) closeSync(pipe.writer);
}

/** Failures to start that the command itself is to blame for, as shells report them. */
const BLAMED_ON_COMMAND: Readonly<Record<string, readonly [number, string]>> = {
  ENOENT: [127, 'command not found'],
  EACCES: [126, 'permission denied'],
  EPERM: [126, 'permission denied'],
  EISDIR: [126, 'is a folder'],
  ENOTDIR: [126, 'not a folder'],
  ELOOP: [126, 'too many symbolic links'],
  ENOEXEC: [126, 'not an executable format'],
  ENAMETOOLONG: [126, 'name too long'],
  E2BIG: [126, 'argument list too long'],
  ERR_INVALID_ARG_VALUE: [126, 'arguments may not hold null characters'],
};

/** Those of them that a wrapper of ours meets too: what is wrong with the arguments it passes on. */
const BLAMED_ON_ARGUMENTS = ['E2BIG', 'ERR_INVALID_ARG_VALUE'];

function refusalToStart(request: LocalCommand, error: unknown): Started {
  const { command, program = command[0], isWrapped = false } = request;
  const code = (error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined) ?? '';
  const blamed = BLAMED_ON_COMMAND[code];
  if (blamed !== undefined && (!isWrapped || BLAMED_ON_ARGUMENTS.includes(code)))
    return { refused: blamed[0], complaint: `${program}: ${blamed[1]}\n` };
  throw new InfrastructureFault(`a command could not be started: ${describeError(error)}`, {
    code: 'command-not-started',
    where: program.slice(0, 200),
    cause: error,
  });
}

function outputStreams(child: ChildProcess, pipes: LocalCommand['pipes']): readonly [Readable, Readable] {
  if (pipes !== undefined) return [pipes[0].reader, pipes[1].reader];
  return [child.stdout as Readable, child.stderr as Readable];
}

function feed(child: ChildProcess, stdin: CommandOptions['stdin']): void {
  // A command may end without reading what it is given.
  child.stdin?.on('error', () => {});
  child.stdin?.end(stdin);
}

function deferred<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function killGroup(child: ChildProcess): void {
  try {
    process.kill(-(child.pid as number), 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}

/** Tells when the streams of an ended command have ended too, or have gone quiet because others hold them. */
class QuietWatch {
  #open = 0;
  #lastData = performance.now();
  #onChange = (): void => {};

  constructor(streams: readonly Readable[]) {
    for (const stream of streams) {
      this.#open += 1;
      stream.on('data', () => {
        this.#lastData = performance.now();
      });
      stream.on('error', () => {});
      stream.once('close', () => {
        this.#open -= 1;
        this.#onChange();
      });
    }
  }

  async settled(): Promise<void> {
    const from = performance.now();
    for (;;) {
      // A turn of the event loop reads what is there to be read; without it, a loop that was held up would take
      // its own delay for quiet.
      await new Promise((resolve) => setImmediate(resolve));
      const now = performance.now();
      const wait = Math.min(Math.max(from, this.#lastData) + QUIET, from + QUIET_AT_MOST) - now;
      if (this.#open === 0 || wait <= 0) return;
      await this.#changeOrAfter(wait);
    }
  }

  async #changeOrAfter(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#onChange = () => {
        if (this.#open > 0) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
