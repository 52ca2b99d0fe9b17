import type { Duplex } from 'node:stream';

import type { Container } from 'dockerode';

import { FrameReader, type OutputStream } from './frames.js';

export interface ContainerCommand {
  readonly command: readonly [string, ...string[]];
  /** `NAME=value`. */
  readonly environment: readonly string[];
  readonly stdin?: string | Uint8Array | undefined;
  readonly take: (stream: OutputStream, bytes: Buffer) => void;
}

/** A command under way in a container. */
export interface RunningCommand {
  /**
   * The exit code, once the command has ended and its output has been taken; output that a background process
   * still holds open is not waited for.
   */
  readonly exitCode: Promise<number>;
  /** Waits for the command no longer. Does not end it. */
  abandon(): void;
}

/** Milliseconds between looks at a command that says nothing. */
const FIRST_LOOK = 100;
const LOOKS_AT_MOST_EVERY = 1_000;
/** Milliseconds without output after which an ended command's streams, held open by others, are given up. */
const QUIET = 50;
const QUIET_AT_MOST = 500;
/** Looks for an exit code that the engine has yet to note. */
const LAST_LOOKS = 40;

/** Starts a command in a running container. Throws what the engine throws. */
export async function startInContainer(
  container: Container,
  request: ContainerCommand,
): Promise<RunningCommand> {
  const hasInput = request.stdin !== undefined;
  const exec = await container.exec({
    Cmd: [...request.command],
    Env: [...request.environment],
    AttachStdin: hasInput,
    AttachStdout: true,
    AttachStderr: true,
    WorkingDir: '/',
  });
  const stream = (await exec.start({ hijack: true, stdin: hasInput })) as Duplex;
  let lastOutput = performance.now();
  const frames = new FrameReader((name, bytes) => {
    lastOutput = performance.now();
    request.take(name, bytes);
  });
  let abandoned = false;
  const closed = new Promise<void>((resolve) => {
    // A connection that breaks has ended too; what became of the command, the engine is asked.
    stream.on('error', () => resolve());
    stream.on('end', () => resolve());
    stream.on('close', () => resolve());
  });
  stream.on('data', (chunk: Buffer) => frames.push(chunk));
  if (hasInput) stream.end(request.stdin);

  const look = async (): Promise<number | undefined> => {
    const { Running, ExitCode } = await exec.inspect();
    return Running || ExitCode === null ? undefined : ExitCode;
  };
  const wait = async (): Promise<number> => {
    for (let pause = FIRST_LOOK; ; pause = Math.min(pause * 1.5, LOOKS_AT_MOST_EVERY)) {
      if (await settlesWithin(closed, pause)) break;
      if (abandoned) return -1;
      if (performance.now() - lastOutput < QUIET) continue;
      const exitCode = await look();
      if (exitCode === undefined) continue;
      const from = performance.now();
      while (
        performance.now() - Math.max(from, lastOutput) < QUIET &&
        performance.now() - from < QUIET_AT_MOST
      ) {
        if (await settlesWithin(closed, QUIET)) break;
      }
      return exitCode;
    }
    for (let count = 0; count < LAST_LOOKS; count += 1) {
      const exitCode = await look();
      if (exitCode !== undefined) return exitCode;
      await settlesWithin(new Promise(() => {}), 25);
    }
    throw new Error('the connection to a running command was lost');
  };
  const exitCode = wait().finally(() => stream.destroy());
  // Whoever abandons a command does not look at its end.
  exitCode.catch(() => {});
  return {
    exitCode,
    abandon: () => {
      abandoned = true;
      stream.destroy();
    },
  };
}

/** Whether a promise settles within so many milliseconds. */
export async function settlesWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  try {
    return await Promise.race([
      promise.then(
        () => true,
        () => true,
      ),
      late,
    ]);
  } finally {
    clearTimeout(timer);
  }
}
