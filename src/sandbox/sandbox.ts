/** The port behind which agents' commands run. */

/** Bytes of the largest file that {@link Sandbox.readFile} and {@link Sandbox.writeFile} take: 16 MiB. */
export const MAXIMUM_FILE_BYTES = 16 * 1024 * 1024;

export interface CommandOptions {
  /** Milliseconds until the whole process tree is killed. Default 120,000. */
  readonly timeout?: number;
  /** Bytes kept of stdout and of stderr each; the middle of a longer stream is cut and marked. Default 64 KiB. */
  readonly maximumOutput?: number;
  readonly stdin?: string | Uint8Array;
  /** Added to the sandbox's own cleared environment. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface CommandResult {
  /** The exit code; 124 after a timeout, 128 + signal number after a signal, as shells say it. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** Whether any output was cut. */
  readonly truncated: boolean;
  /** Milliseconds. */
  readonly duration: number;
}

/** What tools are given of a sandbox: commands and files, never its life cycle. */
export interface Sandbox {
  /** Absolute path of the agent's clone, as commands inside the sandbox see it. */
  readonly workspace: string;
  /**
   * Runs a program in the clone, without a shell of ours between: pass `['bash', '-c', text]` for one.
   *
   * @throws {InfrastructureFault} when the command could not be started for a reason that is not the agent's;
   * a program that does not exist is exit code 127, one that cannot be executed 126. Throws the signal's reason,
   * once the process tree is dead, when `signal` aborts.
   */
  run(command: readonly [string, ...string[]], options?: CommandOptions): Promise<CommandResult>;
  /**
   * Reads a file of the clone. `path` is relative to the clone, or absolute and inside it.
   *
   * @throws {SandboxRefusal} for a path outside the clone (symbolic links followed), a missing file, a folder, a
   * special file, or one larger than {@link MAXIMUM_FILE_BYTES}.
   */
  readFile(path: string): Promise<Buffer>;
  /**
   * Writes a file of the clone, making its folders; an existing file keeps its permissions. A file with several
   * hard links is replaced, so that what else carries its content is left as it was. Refuses as {@link readFile} does.
   */
  writeFile(path: string, content: string | Uint8Array): Promise<void>;
}

/** A sandbox with its life cycle, for those who made it. */
export interface ManagedSandbox extends Sandbox {
  /**
   * Absolute path, as commands inside the sandbox see it, of the folder that holds {@link SandboxRequest.inputs};
   * it lies outside the clone.
   */
  readonly inputs: string;
  /**
   * Gives `use` a folder on the host that holds the clone's files as they are now. Whatever lies in its
   * `.git` is the agent's and is not to be trusted. The folder is gone or changes once `use` is done.
   */
  withFiles<Result>(use: (folder: string) => Promise<Result>): Promise<Result>;
  /** Ends every process in it and removes its files; safe to call twice. */
  dispose(): Promise<void>;
}

export interface SandboxRequest {
  /** Short name that shows in paths and process lists, e.g. `agent1`. */
  readonly name: string;
  /** Name of the clone's folder, e.g. `waypost_repo`; its parent is called `agent_workspace`. */
  readonly folderName: string;
  /** Fills the (existing, empty) folder with the clone. */
  readonly populate: (folder: string) => Promise<void>;
  /**
   * Files put beside the clone, read-only where the sandbox can make them so: file name (no folders) → content.
   * See {@link ManagedSandbox.inputs}.
   */
  readonly inputs?: Readonly<Record<string, string | Uint8Array>>;
}

export interface SandboxProvider {
  /** `local`, `docker`, … */
  readonly kind: string;
  create(request: SandboxRequest): Promise<ManagedSandbox>;
  /** Ends every sandbox that this provider still has; safe to call twice. */
  disposeAll(): Promise<void>;
}
