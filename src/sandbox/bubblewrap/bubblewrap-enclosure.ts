import { closeSync, constants, openSync, readSync, unlinkSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import path from 'node:path';

import { InfrastructureFault } from '../../base/errors.js';
import type { EnclosedCommand, Enclosure } from '../enclosure.js';
import { runLocalCommand, type LocalCommand } from '../local-command.js';
import { MARKER_VARIABLE } from '../sandbox-environment.js';
import type { CommandResult } from '../sandbox.js';
import {
  confinedCommand,
  confiningArguments,
  INSIDE,
  type Confinement,
  type Helpers,
} from './bubblewrap-arguments.js';
import { readConfinedFile, writeConfinedFile, type ShownFolder } from './confined-files.js';
import { ControlGroup, type ControlGroupPlaces } from './control-group.js';
import { findSystemProgram, isAtLeast } from './find-bubblewrap.js';
import type { ConfinedLimits } from './limits.js';
import { makePrivateEtc } from './private-etc.js';
import { withoutInherited } from './inherited-descriptors.js';
import { ResourceWatch } from './resource-watch.js';
import { Standby } from './standby.js';

export interface BubblewrapEnclosureRequest {
  readonly confinement: Confinement;
  readonly environment: Readonly<Record<string, string>>;
  readonly helpers: Helpers;
  readonly limits: ConfinedLimits;
  readonly filter: Buffer | undefined;
  /** `undefined` where the kernel cannot be asked to count. */
  readonly groups: ControlGroupPlaces | undefined;
}

/** Runs every command in namespaces of its own, over the same files. */
export class BubblewrapEnclosure implements Enclosure {
  readonly workspace: string;
  readonly inputs = INSIDE.inputs;
  readonly #request: BubblewrapEnclosureRequest;
  readonly #confining: readonly string[];
  readonly #clone: ShownFolder;
  readonly #filterFile: string;
  readonly #statusFolder: string;
  #statuses = 0;
  #group: ControlGroup | undefined;
  #standby: Standby | undefined;
  #watch: ResourceWatch | undefined;

  constructor(request: BubblewrapEnclosureRequest) {
    const { places, workspace } = request.confinement;
    this.#request = request;
    this.workspace = workspace;
    this.#confining = confiningArguments(request.confinement);
    this.#clone = { folder: places.workspace, shownAs: workspace };
    this.#filterFile = path.join(places.root, 'filter');
    this.#statusFolder = path.join(places.root, 'status');
  }

  async prepare(): Promise<void> {
    const { confinement, filter, groups, limits } = this.#request;
    const { places, view } = confinement;
    await mkdir(places.sharedMemory, { recursive: true });
    await mkdir(this.#statusFolder, { recursive: true });
    await makePrivateEtc(places.etc, view.shown);
    if (filter !== undefined) await writeFile(this.#filterFile, filter, { mode: 0o400 });
    if (groups !== undefined) this.#group = ControlGroup.create(groups, limits);
    const bash = findSystemProgram('bash');
    if (this.#group !== undefined && bash !== undefined) {
      const marker = `${process.pid}-standby/`;
      this.#standby = new Standby(bash, this.#statusFolder, this.#group.entrances, marker);
      this.#standby.prepare();
    }
    this.#watch = new ResourceWatch(
      [places.workspace, places.home, places.temporary, places.sharedMemory],
      limits,
      this.#group === undefined,
    );
  }

  async run({ marker, ...request }: EnclosedCommand): Promise<CommandResult> {
    const { environment, helpers, limits, filter } = this.#request;
    const status = this.#openStatus();
    const filterDescriptor =
      filter === undefined ? undefined : openSync(this.#filterFile, constants.O_RDONLY);
    const command = confinedCommand({
      helpers,
      confining: this.#confining,
      environment: { ...environment, ...request.options.environment, [MARKER_VARIABLE]: marker },
      limits,
      limitsProcesses: PROCESSES_COUNT_BY_NAMESPACE,
      command: request.command,
      descriptors: { status: 3, filter: filterDescriptor === undefined ? undefined : 4 },
      groups: this.#standby === undefined ? (this.#group?.entrances ?? []) : [],
    });
    try {
      const result = await runLocalCommand({
        ...request,
        ...this.#launch(command, marker, request, [status, filterDescriptor]),
        program: request.command[0],
        isWrapped: true,
        command,
        folder: '/',
        // Nothing that the agent may choose (LD_PRELOAD) reaches bubblewrap itself.
        environment: { [MARKER_VARIABLE]: marker },
        descriptors:
          filterDescriptor === undefined
            ? [status, ...withoutInherited(1)]
            : [status, filterDescriptor, ...withoutInherited(2)],
        guard: (id, end) => this.#watch?.watch(id, end) ?? ((): void => {}),
      });
      if (result.exitCode !== 0 && !result.timedOut && !saysThatCommandBegan(status)) checkRefusal(result);
      return result;
    } finally {
      closeSync(status);
      if (filterDescriptor !== undefined) closeSync(filterDescriptor);
    }
  }

  /** How the command comes to run in its control groups without waiting for the kernel. */
  #launch(
    command: readonly [string, ...string[]],
    marker: string,
    { pipes, options }: Pick<EnclosedCommand, 'pipes' | 'options'>,
    [status, filter]: readonly [number, number | undefined],
  ): Pick<LocalCommand, 'launch'> {
    const standby = this.#standby;
    // What holds null characters is for the ordinary start to refuse.
    if (standby === undefined || pipes === undefined || command.some((each) => each.includes('\0')))
      return {};
    const order = {
      command,
      marker,
      descriptors: [pipes[0].writer, pipes[1].writer, status, filter] as const,
      readsStdin: options.stdin !== undefined,
    };
    return { launch: () => standby.launch(order) };
  }

  readFile(file: string): Promise<Buffer> {
    return readConfinedFile(this.#clone, file);
  }

  writeFile(file: string, content: string | Uint8Array): Promise<void> {
    return writeConfinedFile(this.#clone, file, content);
  }

  async end(): Promise<void> {
    this.#standby?.end();
    await this.#group?.remove();
  }

  endSynchronously(): void {
    this.#standby?.end();
    this.#group?.removeSynchronously();
  }

  /** A file without a name, into which bubblewrap writes how far it came. */
  #openStatus(): number {
    this.#statuses += 1;
    const file = path.join(this.#statusFolder, String(this.#statuses));
    const descriptor = openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
    unlinkSync(file);
    return descriptor;
  }
}

/** From Linux 5.14 on, a limit on a user's processes set in a user namespace counts those of the namespace. */
const PROCESSES_COUNT_BY_NAMESPACE = isAtLeast(release(), [5, 14]);

/** bubblewrap tells an exit code only of a command whose confinement was complete. */
function saysThatCommandBegan(status: number): boolean {
  const buffer = Buffer.alloc(4096);
  const length = readSync(status, buffer, 0, buffer.length, 0);
  return buffer.toString('latin1', 0, length).includes('"exit-code"');
}

/**
 * Judges a command that ended before it began.
 *
 * @throws {InfrastructureFault} unless its arguments are to blame.
 */
function checkRefusal({ exitCode, stderr }: CommandResult): void {
  if (exitCode === 126) return;
  // Killed from outside while it was being confined: whoever did that gives the reason.
  if (exitCode > 128) return;
  throw new InfrastructureFault(`a command could not be confined: ${stderr.trim().slice(-300)}`, {
    code: 'command-not-started',
    remedy: 'see `troupe doctor`',
  });
}
