import { randomBytes } from 'node:crypto';

import type Docker from 'dockerode';

import { InfrastructureFault, TroupeError } from '../../base/errors.js';
import { MARKER_VARIABLE } from '../sandbox-environment.js';
import type { CommandOptions, CommandResult, ManagedSandbox } from '../sandbox.js';
import { settlesWithin, startInContainer } from './container-command.js';
import { readCommand, refuseByExitCode, writeCommand, type FileCommand } from './container-files.js';
import { commandFault, runDockerCommand } from './docker-command.js';
import { engineFault, statusOf } from './engine.js';
import { withArchiveContent } from './host-copy.js';
import type { ContainerPlaces } from './layout.js';
import { removeContainer } from './remove-container.js';
import { RUN_SCRIPT } from './run-script.js';
import { removeVolume } from './volumes.js';
import { Warden } from './warden.js';

export interface DockerSandboxParts {
  readonly docker: Docker;
  readonly container: Docker.Container;
  readonly warden: Warden;
  readonly places: ContainerPlaces;
  /** See `SandboxRequest.name`. */
  readonly name: string;
  readonly workRoot: string | undefined;
  /** Volumes that are this sandbox's alone. */
  readonly volumes: readonly string[];
  /** Called once everything is gone. */
  readonly forget: () => void;
}

/** Milliseconds that the reading or writing of one file may take. */
const FILE_TIMEOUT = 60_000;

/** A container and what is done in it. Made by `createDockerSandboxProvider`. */
export class DockerSandbox implements ManagedSandbox {
  readonly workspace: string;
  readonly inputs: string;
  readonly #parts: DockerSandboxParts;
  readonly #id = randomBytes(8).toString('hex');
  readonly #disposing = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();
  #warden: Warden;
  #commands = 0;
  #renewal: Promise<void> | undefined;
  #disposal: Promise<void> | undefined;

  constructor(parts: DockerSandboxParts) {
    this.#parts = parts;
    this.#warden = parts.warden;
    this.workspace = parts.places.workspace;
    this.inputs = parts.places.inputs;
  }

  run(command: readonly [string, ...string[]], options: CommandOptions = {}): Promise<CommandResult> {
    const variables = Object.entries(options.environment ?? {}).map(([name, value]) => `${name}=${value}`);
    const given = [...variables, ...command];
    if (given.some((part) => part.includes('\0'))) {
      return Promise.resolve(refusedCommand('arguments may not hold null characters'));
    }
    return this.#during(() =>
      this.#runScript(
        ['bash', '-c', RUN_SCRIPT, 'troupe', this.workspace, String(variables.length), ...given],
        options,
      ),
    );
  }

  readFile(file: string): Promise<Buffer> {
    return this.#during(async () => {
      const chunks: Buffer[] = [];
      await this.#fileCommand(file, readCommand(this.workspace, file), (bytes) => chunks.push(bytes));
      return Buffer.concat(chunks);
    });
  }

  writeFile(file: string, content: string | Uint8Array): Promise<void> {
    return this.#during(() => this.#fileCommand(file, writeCommand(this.workspace, file, content), () => {}));
  }

  async withFiles<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
    const { name, workRoot, container } = this.#parts;
    const archive = await this.#during(async () => {
      try {
        return await container.getArchive({ path: this.workspace });
      } catch (error) {
        // The agent has removed its clone, or what stands in its place is no folder.
        if (statusOf(error) === 404) return undefined;
        throw engineFault('the clone could not be copied out', error, 'files-not-copied');
      }
    });
    return withArchiveContent(workRoot, name, archive, use);
  }

  dispose(): Promise<void> {
    this.#disposal ??= this.#end();
    return this.#disposal;
  }

  async #end(): Promise<void> {
    const { container, docker, volumes, forget } = this.#parts;
    this.#disposing.abort(this.#disposedFault());
    await removeContainer(container);
    this.#warden.close();
    await Promise.allSettled(this.#underWay);
    for (const volume of volumes) await removeVolume(docker, volume);
    forget();
  }

  async #runScript(command: readonly [string, ...string[]], options: CommandOptions): Promise<CommandResult> {
    options.signal?.throwIfAborted();
    await this.#renewal;
    const marker = this.#nextMarker();
    const ends = [this.#disposing.signal, ...(options.signal === undefined ? [] : [options.signal])];
    return runDockerCommand({
      container: this.#parts.container,
      warden: this.#warden,
      marker,
      command,
      environment: [`${MARKER_VARIABLE}=${marker}`],
      options: { ...options, signal: AbortSignal.any(ends) },
      startAnew: () => this.#startAnew(),
    });
  }

  async #fileCommand(file: string, request: FileCommand, take: (bytes: Buffer) => void): Promise<void> {
    await this.#renewal;
    const marker = this.#nextMarker();
    const running = await startInContainer(this.#parts.container, {
      command: request.command,
      environment: [`${MARKER_VARIABLE}=${marker}`],
      stdin: request.stdin,
      take: (stream, bytes) => {
        if (stream === 'stdout') take(bytes);
      },
    });
    // An agent that exchanges the file for a pipe at the right moment gains nothing but a wait.
    if (!(await settlesWithin(running.exitCode, FILE_TIMEOUT))) {
      running.abandon();
      await this.#warden.end(marker);
      refuseByExitCode(file, 73);
    }
    refuseByExitCode(file, await running.exitCode);
  }

  #nextMarker(): string {
    this.#commands += 1;
    return `${this.#id}/${this.#commands}/`;
  }

  /**
   * Ends every process by starting the container again. Its files stay, but for those in /tmp. Only for agents
   * that have got at the warden.
   */
  #startAnew(): Promise<void> {
    this.#renewal ??= (async () => {
      const { container } = this.#parts;
      this.#warden.close();
      await container.restart({ t: 0 });
      this.#warden = await Warden.attach(container);
    })()
      .catch((error: unknown) => {
        throw engineFault('the container could not be started again', error, 'sandbox-lost');
      })
      .finally(() => {
        this.#renewal = undefined;
      });
    return this.#renewal;
  }

  /** Does something that disposal waits for, and tells the engine's errors apart from the command's. */
  async #during<Result>(act: () => Promise<Result>): Promise<Result> {
    if (this.#disposal !== undefined) throw this.#disposedFault();
    const work = act();
    this.#underWay.add(work);
    try {
      return await work;
    } catch (error) {
      if (this.#disposal !== undefined) throw this.#disposedFault();
      if (error instanceof TroupeError || statusOf(error) === undefined) throw error;
      throw commandFault(error, this.workspace);
    } finally {
      this.#underWay.delete(work);
    }
  }

  #disposedFault(): InfrastructureFault {
    return new InfrastructureFault('the sandbox has been disposed of', {
      code: 'sandbox-disposed',
      where: this.workspace,
    });
  }
}

function refusedCommand(complaint: string): CommandResult {
  return {
    exitCode: 126,
    stdout: '',
    stderr: `${complaint}\n`,
    timedOut: false,
    truncated: false,
    duration: 0,
  };
}
