import { z } from 'zod';

import { SandboxRefusal } from '../../sandbox/sandbox-refusal.js';
import type { Sandbox } from '../../sandbox/sandbox.js';
import { splitLines } from './file-text.js';
import { defineTool, success, type Tool } from './tool.js';

/** Writes a whole file. */
export const create: Tool = defineTool({
  name: 'create',
  description: 'Creates a file with its folders, or replaces the whole content of one that exists.',
  parameters: z.object({
    path: z.string().min(1).describe('Path of the file, relative to the repository.'),
    content: z.string().describe('The whole content.'),
  }),
  run: async ({ path, content }, { sandbox }) => {
    const existed = await exists(sandbox, path);
    await sandbox.writeFile(path, content);
    const lines = splitLines(content).length;
    return success(
      `${existed ? 'Replaced' : 'Created'} ${path} (${lines} ${lines === 1 ? 'line' : 'lines'}).`,
    );
  },
});

async function exists(sandbox: Sandbox, path: string): Promise<boolean> {
  try {
    await sandbox.readFile(path);
    return true;
  } catch (error) {
    if (error instanceof SandboxRefusal) return error.code !== 'file-not-found';
    throw error;
  }
}
