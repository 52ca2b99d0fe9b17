import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { chmod, lstat, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';

import { InfrastructureFault } from '../base/errors.js';
import { commandPipes } from './command-pipes.js';
import type { Enclosure, SandboxPlaces } from './enclosure.js';
import { processTime, sweepProcesses } from './process-sweep.js';
import { removeFolder } from './remove-folder.js';
import type { CommandOptions, CommandResult, ManagedSandbox, SandboxRequest } from './sandbox.js';

/**
 * A sandbox whose files lie in a folder of this machine. How its commands run and what they see is its enclosure's
 * matter; making, ending and removing are the same for all.
 */
export class FolderSandbox implements ManagedSandbox {
  readonly workspace: string;
  readonly inputs: string;
  readonly #places: SandboxPlaces;
  readonly #enclosure: Enclosure;
  /** With the harness's process id, so that what a dead one left is known. */
  readonly #id = `${process.pid}-${randomBytes(8).toString('hex')}`;
  readonly #since = processTime();
  readonly #drained = new Set<Readable>();
  readonly #forget: () => void;
  readonly #disposing = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();
  #commands = 0;
  #disposal: Promise<void> | undefined;

  /** @param forget is called once nothing is left of the sandbox. */
  constructor(places: SandboxPlaces, enclosure: Enclosure, forget: () => void) {
    this.#places = places;
    this.#enclosure = enclosure;
    this.#forget = forget;
    this.workspace = enclosure.workspace;
    this.inputs = enclosure.inputs;
  }

  async fill(request: SandboxRequest): Promise<void> {
    const { workspace, inputs, home, temporary } = this.#places;
    for (const folder of [workspace, inputs, home, temporary]) await mkdir(folder, { recursive: true });
    for (const [name, content] of Object.entries(request.inputs ?? {})) {
      await writeFile(path.join(inputs, name), content, { mode: 0o444 });
    }
    await chmod(inputs, 0o555);
    // Costs a process, whose start goes unnoticed beside the filling.
    const prepared = [commandPipes.prepare(this.#places.root), this.#enclosure.prepare()];
    try {
      await request.populate(workspace);
    } finally {
      await Promise.allSettled(prepared);
    }
    await Promise.all(prepared);
  }

  run(command: readonly [string, ...string[]], options: CommandOptions = {}): Promise<CommandResult> {
    return this.#during(async () => {
      options.signal?.throwIfAborted();
      await this.#restoreWorkspace();
      this.#commands += 1;
      const marker = `${this.#id}/${this.#commands}/`;
      const pipes = await commandPipes.take(this.#places.root);
      const ends = [this.#disposing.signal, ...(options.signal === undefined ? [] : [options.signal])];
      return this.#enclosure.run({
        command,
        marker,
        options: { ...options, signal: AbortSignal.any(ends) },
        pipes,
        sweep: () => sweepProcesses({ marker, since: this.#since }),
        keepDraining: (stream) => this.#keepDraining(stream),
      });
    });
  }

  readFile(file: string): Promise<Buffer> {
    return this.#during(async () => {
      await this.#restoreWorkspace();
      return this.#enclosure.readFile(file);
    });
  }

  writeFile(file: string, content: string | Uint8Array): Promise<void> {
    return this.#during(async () => {
      await this.#restoreWorkspace();
      await this.#enclosure.writeFile(file, content);
    });
  }

  async withFiles<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
    await this.#during(() => this.#restoreWorkspace());
    return use(this.#places.workspace);
  }

  dispose(): Promise<void> {
    this.#disposal ??= this.#end();
    return this.#disposal;
  }

  /** What can be done for {@link dispose} while the harness's process exits. */
  disposeSynchronously(): void {
    this.#sweep();
    try {
      rmSync(this.#places.root, { recursive: true, force: true });
    } catch {
      // Nobody is left to be told.
    }
    this.#enclosure.endSynchronously();
  }

  async #end(): Promise<void> {
    this.#disposing.abort(this.#disposedFault());
    this.#sweep();
    if (this.#underWay.size > 0) {
      await Promise.allSettled(this.#underWay);
      this.#sweep();
    }
    for (const stream of this.#drained) stream.destroy();
    await this.#enclosure.end();
    await chmod(this.#places.inputs, 0o755).catch(() => {});
    await removeFolder(this.#places.root);
    this.#forget();
  }

  /** Does something that disposal waits for, so that nothing is made anew behind its back. */
  async #during<Result>(act: () => Promise<Result>): Promise<Result> {
    if (this.#disposal !== undefined) throw this.#disposedFault();
    const work = act();
    this.#underWay.add(work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(work);
    }
  }

  #sweep(): void {
    if (this.#commands > 0)
      sweepProcesses({ marker: `${this.#id}/`, folder: this.#places.root, since: this.#since });
  }

  /** A background process may go on writing; it must neither block nor die of a closed pipe. */
  #keepDraining(stream: Readable & { unref?: () => void }): void {
    if (stream.destroyed) return;
    if (this.#disposal !== undefined) {
      stream.destroy();
      return;
    }
    stream.removeAllListeners('data');
    stream.resume();
    stream.unref?.();
    this.#drained.add(stream);
    stream.once('close', () => this.#drained.delete(stream));
  }

  /** The agent may have removed its clone, or put a link in its place that leads elsewhere. */
  async #restoreWorkspace(): Promise<void> {
    const { workspace } = this.#places;
    for (const folder of [path.dirname(workspace), workspace]) {
      const stats = await lstat(folder).catch(() => undefined);
      if (stats?.isDirectory() === true) continue;
      if (stats !== undefined) await rm(folder, { force: true });
      await mkdir(folder, { recursive: true });
    }
  }

  #disposedFault(): InfrastructureFault {
    return new InfrastructureFault('the sandbox has been disposed of', {
      code: 'sandbox-disposed',
      where: this.workspace,
    });
  }
}
