import { execFile } from 'node:child_process';
import { closeSync, constants, fstatSync, mkdirSync, openSync, unlinkSync } from 'node:fs';
import { Socket } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';

/** One output stream of a command: what it writes to, and where the harness reads. */
export interface CommandPipe {
  /** File descriptor for the child; close it once the child has started. */
  readonly writer: number;
  readonly reader: Socket;
}

const BATCH = 16;

/**
 * Named pipes for commands' output. Node gives a child sockets where it is asked for pipes, and a socket cannot
 * be opened by name, so that `echo … > /dev/stderr` and `tee /dev/stderr` would fail in agents' commands.
 */
export class CommandPipes {
  readonly #folder: string;
  readonly #ready: string[] = [];
  #refilling: Promise<void> | undefined;
  #made = 0;
  #available = process.platform === 'linux';

  /** @param folder is made by the first use. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes pipes ahead of their use. */
  prepare(): Promise<void> {
    this.#refilling ??= this.#refill().finally(() => {
      this.#refilling = undefined;
    });
    return this.#refilling;
  }

  /** Two pipes, for stdout and stderr; `undefined` where named pipes cannot be had. */
  async take(): Promise<readonly [CommandPipe, CommandPipe] | undefined> {
    // A burst of commands may use up a batch before this one has its turn.
    while (this.#ready.length < 2 && this.#available) await this.prepare();
    const first = this.#open();
    if (first === undefined) return undefined;
    const second = this.#open();
    if (second === undefined) {
      closeSync(first.writer);
      first.reader.destroy();
      return undefined;
    }
    return [first, second];
  }

  async #refill(): Promise<void> {
    if (!this.#available) return;
    const names = Array.from({ length: BATCH }, (_, index) =>
      path.join(this.#folder, String(this.#made + index)),
    );
    this.#made += BATCH;
    try {
      mkdirSync(this.#folder, { recursive: true });
      await promisify(execFile)('mkfifo', ['-m', '600', ...names]);
      this.#ready.push(...names);
    } catch {
      this.#available = false;
    }
  }

  #open(): CommandPipe | undefined {
    const name = this.#ready.pop();
    if (name === undefined) return undefined;
    let reading: number | undefined;
    try {
      reading = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
      unlinkSync(name);
      if (!fstatSync(reading).isFIFO()) throw new Error('not a pipe');
      // Through the open end, so that the pipe cannot have been exchanged for one that blocks.
      const writer = openSync(`/proc/self/fd/${reading}`, constants.O_WRONLY);
      return { writer, reader: new Socket({ fd: reading, readable: true, writable: false }) };
    } catch {
      if (reading !== undefined) closeSync(reading);
      return undefined;
    }
  }
}
