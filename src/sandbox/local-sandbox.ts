import { homedir } from 'node:os';

import type { EnclosedCommand, Enclosure, SandboxPlaces } from './enclosure.js';
import { createFolderProvider } from './folder-provider.js';
import { runLocalCommand } from './local-command.js';
import { MARKER_VARIABLE, sandboxEnvironment } from './sandbox-environment.js';
import type { CommandResult, SandboxProvider } from './sandbox.js';
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
  return createFolderProvider({
    kind: 'local',
    workRoot: options.workRoot,
    enclose: (places, request) => new OpenEnclosure(places, request.name),
  });
}

/** Encloses nothing but the environment. */
class OpenEnclosure implements Enclosure {
  readonly workspace: string;
  readonly inputs: string;
  readonly #environment: Readonly<Record<string, string>>;

  constructor({ workspace, inputs, home, temporary }: SandboxPlaces, name: string) {
    this.workspace = workspace;
    this.inputs = inputs;
    this.#environment = sandboxEnvironment({
      name,
      home,
      temporary,
      harness: process.env,
      harnessHome: homedir(),
    });
  }

  async prepare(): Promise<void> {}

  run({ marker, ...request }: EnclosedCommand): Promise<CommandResult> {
    return runLocalCommand({
      ...request,
      folder: this.workspace,
      environment: { ...this.#environment, ...request.options.environment, [MARKER_VARIABLE]: marker },
    });
  }

  readFile(file: string): Promise<Buffer> {
    return readWorkspaceFile(this.workspace, file);
  }

  writeFile(file: string, content: string | Uint8Array): Promise<void> {
    return writeWorkspaceFile(this.workspace, file, content);
  }

  async end(): Promise<void> {}

  endSynchronously(): void {}
}
