import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, mkdirSync, openSync, rmSync } from 'node:fs';
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
const MAXIMUM_TRIES = 20;

/**
 * Named pipes for commands' output. Node gives a child sockets where it is asked for pipes, and a socket cannot
 * be opened by name, so that `echo … > /dev/stderr` and `tee /dev/stderr` would fail in agents' commands.
 *
 * Pipes are made by a process of their own, many at a time, and opened and unlinked at once: no command ever
 * finds one by its name, and those that wait may serve any sandbox.
 */
export class CommandPipes {
  readonly #ready: number[] = [];
  #refilling: Promise<void> | undefined;
  #available = process.platform === 'linux';

  /**
   * Makes pipes ahead of their use.
   *
   * @param folder a private folder, in which they have their names while they are made.
   */
  async prepare(folder: string): Promise<void> {
    if (this.#ready.length >= 2) return;
    this.#refilling ??= this.#refill(folder).finally(() => {
      this.#refilling = undefined;
    });
    await this.#refilling;
  }

  /**
   * Two pipes, for stdout and stderr; `undefined` where named pipes cannot be had.
   *
   * @param folder as for {@link prepare}.
   */
  async take(folder: string): Promise<readonly [CommandPipe, CommandPipe] | undefined> {
    // A burst of commands may use up a batch before this one has its turn.
    for (let tries = 0; tries < MAXIMUM_TRIES && this.#ready.length < 2; tries += 1)
      await this.prepare(folder);
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

  async #refill(folder: string): Promise<void> {
    if (!this.#available) return;
    const place = path.join(folder, `pipes-${randomBytes(6).toString('hex')}`);
    const names = Array.from({ length: BATCH }, (_, index) => path.join(place, String(index)));
    try {
      mkdirSync(place, { recursive: true, mode: 0o700 });
      await promisify(execFile)('mkfifo', ['-m', '600', ...names]);
      for (const name of names) {
        const reading = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
        if (fstatSync(reading).isFIFO()) this.#ready.push(reading);
        else closeSync(reading);
      }
    } catch (error) {
      // A folder that went away meanwhile says nothing about the next; a program that is missing does.
      const { code, path: missing } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' && missing === 'mkfifo') this.#available = false;
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  }

  #open(): CommandPipe | undefined {
    const reading = this.#ready.pop();
    if (reading === undefined) return undefined;
    try {
      const writer = openSync(`/proc/self/fd/${reading}`, constants.O_WRONLY);
      return { writer, reader: new Socket({ fd: reading, readable: true, writable: false }) };
    } catch {
      closeSync(reading);
      return undefined;
    }
  }
}

/** The pipes of all sandboxes of this process. */
export const commandPipes = new CommandPipes();
