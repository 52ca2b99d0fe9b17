import path from 'node:path';

import type { LocalCommand } from './local-command.js';
import type { CommandResult } from './sandbox.js';

/** Where the parts of a sandbox lie on this machine: absolute paths without symbolic links. */
export interface SandboxPlaces {
  readonly root: string;
  readonly workspace: string;
  readonly inputs: string;
  readonly home: string;
  readonly temporary: string;
}

/** A command as a sandbox hands it to its enclosure. */
export interface EnclosedCommand extends Pick<
  LocalCommand,
  'command' | 'options' | 'pipes' | 'sweep' | 'keepDraining'
> {
  /** Value of the variable by which the command's processes are known. */
  readonly marker: string;
}

/** What stands between a sandbox's folder on this machine and the commands and paths of its agent. */
export interface Enclosure {
  /** As commands see it; see `Sandbox.workspace`. */
  readonly workspace: string;
  /** As commands see it; see `ManagedSandbox.inputs`. */
  readonly inputs: string;
  /** Makes what it needs below the sandbox's root, once. */
  prepare(): Promise<void>;
  run(command: EnclosedCommand): Promise<CommandResult>;
  readFile(file: string): Promise<Buffer>;
  writeFile(file: string, content: string | Uint8Array): Promise<void>;
  /** Gives back what lies outside the sandbox's root, once its processes are dead. Safe to call twice. */
  end(): Promise<void>;
  /** What can be done for {@link end} while the harness's process exits. */
  endSynchronously(): void;
}

/** The places of a sandbox whose folder is `root`. */
export function sandboxPlaces(root: string, folderName: string): SandboxPlaces {
  return {
    root,
    workspace: path.join(root, 'agent_workspace', folderName),
    inputs: path.join(root, 'inputs'),
    home: path.join(root, 'home'),
    temporary: path.join(root, 'tmp'),
  };
}
