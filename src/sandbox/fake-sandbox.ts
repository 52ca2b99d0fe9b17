import path from 'node:path';
import type { CommandOptions, CommandResult, Sandbox } from './sandbox.js';
import { SandboxRefusal } from './sandbox-refusal.js';

/** What a fake command does; whatever is left out succeeds silently. */
export type FakeCommand = (
  command: readonly string[],
  files: Map<string, Buffer>,
) => Partial<CommandResult> | undefined;

/**
 * A sandbox in memory, for tests of tools and agents that need no processes. It keeps the port's promises about
 * files; commands are whatever the test says they are.
 */
export class FakeSandbox implements Sandbox {
  readonly workspace = '/workspace/repo';
  /** Content by path relative to the workspace. */
  readonly files: Map<string, Buffer>;
  /** Every command that was run, in order. */
  readonly commands: (readonly string[])[] = [];
  readonly #command: FakeCommand;

  constructor(files: Readonly<Record<string, string>> = {}, command: FakeCommand = () => undefined) {
    this.files = new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)]));
    this.#command = command;
  }

  async run(command: readonly [string, ...string[]], options: CommandOptions = {}): Promise<CommandResult> {
    options.signal?.throwIfAborted();
    this.commands.push(command);
    const result = this.#command(command, this.files);
    return { exitCode: 0, stdout: '', stderr: '', timedOut: false, truncated: false, duration: 0, ...result };
  }

  async readFile(file: string): Promise<Buffer> {
    const content = this.files.get(this.#relative(file));
    if (content === undefined) throw new SandboxRefusal(`${file} does not exist`, 'file-not-found');
    return content;
  }

  async writeFile(file: string, content: string | Uint8Array): Promise<void> {
    this.files.set(this.#relative(file), Buffer.from(content as string));
  }

  #relative(file: string): string {
    const relative = path.posix.relative(this.workspace, path.posix.resolve(this.workspace, file));
    if (relative === '' || relative.startsWith('..')) {
      throw new SandboxRefusal(`${file} lies outside the repository`, 'outside-workspace');
    }
    return relative;
  }
}
