import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { chmod, lstat, mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';

import { InfrastructureFault, UserMistake } from '../base/errors.js';
import { CommandPipes } from './command-pipes.js';
import { runLocalCommand } from './local-command.js';
import { processTime, sweepProcesses } from './process-sweep.js';
import { removeFolder } from './remove-folder.js';
import { MARKER_VARIABLE, sandboxEnvironment } from './sandbox-environment.js';
import type {
  CommandOptions,
  CommandResult,
  ManagedSandbox,
  SandboxProvider,
  SandboxRequest,
} from './sandbox.js';
import { chooseWorkRoot, makeSandboxFolder } from './work-root.js';
import { readWorkspaceFile, writeWorkspaceFile } from './workspace-files.js';

export interface LocalSandboxOptions {
  /** Folder under which sandboxes are made; chosen by `chooseWorkRoot` where absent. */
  readonly workRoot?: string;
}

/**
 * Sandboxes that are folders and process groups of this machine. They keep agents' work apart and leave nothing
 * behind, but they confine nothing: a command can read and write whatever the user who runs Troupe can.
 */
export function createLocalSandboxProvider(options: LocalSandboxOptions = {}): SandboxProvider {
  const live = new Set<LocalSandbox>();
  return {
    kind: 'local',
    async create(request) {
      checkNames(request);
      const root = options.workRoot ?? (await chooseWorkRoot(process.env));
      const folder = await realpath(await makeSandboxFolder(root, request.name));
      const sandbox = new LocalSandbox(folder, request, () => live.delete(sandbox));
      live.add(sandbox);
      endWithProcess(sandbox);
      try {
        await sandbox.fill(request);
      } catch (error) {
        await sandbox.dispose();
        throw error;
      }
      return sandbox;
    },
    async disposeAll() {
      const results = await Promise.allSettled([...live].map((sandbox) => sandbox.dispose()));
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    },
  };
}

class LocalSandbox implements ManagedSandbox {
  readonly workspace: string;
  readonly inputs: string;
  readonly #root: string;
  readonly #id = randomBytes(8).toString('hex');
  readonly #since = processTime();
  readonly #environment: Readonly<Record<string, string>>;
  readonly #pipes: CommandPipes;
  readonly #drained = new Set<Readable>();
  readonly #forget: () => void;
  readonly #disposing = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();
  #commands = 0;
  #disposal: Promise<void> | undefined;

  constructor(root: string, request: SandboxRequest, forget: () => void) {
    this.#root = root;
    this.#forget = forget;
    this.workspace = path.join(root, 'agent_workspace', request.folderName);
    this.inputs = path.join(root, 'inputs');
    this.#pipes = new CommandPipes(path.join(root, 'pipes'));
    this.#environment = sandboxEnvironment({
      name: request.name,
      home: path.join(root, 'home'),
      temporary: path.join(root, 'tmp'),
      harness: process.env,
      harnessHome: homedir(),
    });
  }

  async fill(request: SandboxRequest): Promise<void> {
    for (const folder of [
      this.workspace,
      this.inputs,
      path.join(this.#root, 'home'),
      path.join(this.#root, 'tmp'),
    ]) {
      await mkdir(folder, { recursive: true });
    }
    for (const [name, content] of Object.entries(request.inputs ?? {})) {
      await writeFile(path.join(this.inputs, name), content, { mode: 0o444 });
    }
    await chmod(this.inputs, 0o555);
    // Costs a process, whose start goes unnoticed beside the filling.
    const pipes = this.#pipes.prepare();
    try {
      await request.populate(this.workspace);
    } finally {
      await pipes;
    }
  }

  run(command: readonly [string, ...string[]], options: CommandOptions = {}): Promise<CommandResult> {
    return this.#during(async () => {
      options.signal?.throwIfAborted();
      await this.#restoreWorkspace();
      this.#commands += 1;
      const marker = `${this.#id}/${this.#commands}/`;
      const pipes = await this.#pipes.take();
      const ends = [this.#disposing.signal, ...(options.signal === undefined ? [] : [options.signal])];
      return runLocalCommand({
        command,
        folder: this.workspace,
        environment: { ...this.#environment, ...options.environment, [MARKER_VARIABLE]: marker },
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
      return readWorkspaceFile(this.workspace, file);
    });
  }

  writeFile(file: string, content: string | Uint8Array): Promise<void> {
    return this.#during(async () => {
      await this.#restoreWorkspace();
      await writeWorkspaceFile(this.workspace, file, content);
    });
  }

  async withFiles<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
    await this.#during(() => this.#restoreWorkspace());
    return use(this.workspace);
  }

  dispose(): Promise<void> {
    this.#disposal ??= this.#end();
    return this.#disposal;
  }

  /** What can be done for {@link dispose} while the harness's process exits. */
  disposeSynchronously(): void {
    this.#sweep();
    try {
      rmSync(this.#root, { recursive: true, force: true });
    } catch {
      // Nobody is left to be told.
    }
  }

  async #end(): Promise<void> {
    this.#disposing.abort(this.#disposedFault());
    this.#sweep();
    if (this.#underWay.size > 0) {
      await Promise.allSettled(this.#underWay);
      this.#sweep();
    }
    for (const stream of this.#drained) stream.destroy();
    await chmod(this.inputs, 0o755).catch(() => {});
    await removeFolder(this.#root);
    this.#forget();
    liveInProcess.delete(this);
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
      sweepProcesses({ marker: `${this.#id}/`, folder: this.#root, since: this.#since });
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
    for (const folder of [path.dirname(this.workspace), this.workspace]) {
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

const liveInProcess = new Set<LocalSandbox>();
let endsWithProcess = false;

/** A last resort: leaves neither processes nor files when the harness exits without disposing. */
function endWithProcess(sandbox: LocalSandbox): void {
  liveInProcess.add(sandbox);
  if (endsWithProcess) return;
  endsWithProcess = true;
  process.on('exit', () => {
    for (const left of liveInProcess) left.disposeSynchronously();
  });
}

function checkNames(request: SandboxRequest): void {
  for (const [where, name] of [
    ['folderName', request.folderName],
    ...Object.keys(request.inputs ?? {}).map((input) => ['inputs', input]),
  ] as [string, string][]) {
    if (name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name)) continue;
    throw new UserMistake(`"${name}" cannot be the name of a file or folder`, {
      code: 'invalid-name',
      where,
      remedy: 'use one name without slashes',
    });
  }
}
