import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll } from 'vitest';

import { executionTools, planningTools } from '../../../src/agent/tools/tool-sets.js';
import type { ToolOutcome } from '../../../src/agent/tools/tool.js';
import { toolbox } from '../../../src/agent/tools/toolbox.js';
import { createLocalSandboxProvider } from '../../../src/sandbox/local-sandbox.js';
import type { ManagedSandbox } from '../../../src/sandbox/sandbox.js';

const box = toolbox([...planningTools, ...executionTools]);

export interface ToolHarness {
  readonly sandbox: ManagedSandbox;
  /** Calls a tool of a real sandbox. */
  call(name: string, args: Record<string, unknown>, signal?: AbortSignal): Promise<ToolOutcome>;
  /** The text of a file in the clone. */
  text(file: string): Promise<string>;
}

/** A sandbox for the suite around it, filled with the given files. */
export function toolHarness(files: Readonly<Record<string, string | Uint8Array>> = {}): ToolHarness {
  const provider = createLocalSandboxProvider();
  let sandbox: ManagedSandbox;
  beforeAll(async () => {
    sandbox = await provider.create({
      name: 'agent1',
      folderName: 'repo',
      populate: async (folder) => {
        for (const [name, content] of Object.entries(files)) {
          await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
          await writeFile(path.join(folder, name), content);
        }
      },
    });
  });
  afterAll(() => provider.disposeAll());
  return {
    get sandbox() {
      return sandbox;
    },
    call: (name, args, signal = new AbortController().signal) =>
      box.call({ name, arguments: args }, { sandbox, signal }),
    text: async (file) => (await sandbox.readFile(file)).toString('utf8'),
  };
}
