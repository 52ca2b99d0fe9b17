import { z } from 'zod';

import type { CommandResult } from '../../sandbox/sandbox.js';
import { defineTool, type Tool, type ToolOutcome } from './tool.js';

/** Bytes of each output stream that are shown. */
const MAXIMUM_OUTPUT = 24 * 1024;
const DEFAULT_SECONDS = 120;
/** Longest time a command may ask for: that of a whole execution, 25 minutes. */
const MAXIMUM_SECONDS = 1500;

/** Runs a shell command in the clone. */
export const bash: Tool = defineTool({
  name: 'bash',
  description:
    'Runs a bash command in the repository and shows its output and exit code. Each command starts anew in the ' +
    'root of the repository: neither cd nor exported variables carry over. There is no input and no terminal.',
  parameters: z.object({
    command: z.string().min(1).describe('The command.'),
    timeout: z
      .number()
      .positive()
      .max(MAXIMUM_SECONDS)
      .optional()
      .describe(`Seconds after which the command is killed; ${DEFAULT_SECONDS} where absent.`),
  }),
  run: async ({ command, timeout = DEFAULT_SECONDS }, { sandbox, signal }) => {
    const result = await sandbox.run(['bash', '-c', command], {
      timeout: timeout * 1000,
      maximumOutput: MAXIMUM_OUTPUT,
      signal,
    });
    return describeResult(result, timeout);
  },
});

function describeResult(result: CommandResult, seconds: number): ToolOutcome {
  const parts = [result.stdout.trimEnd()];
  if (result.stderr.trim() !== '') parts.push(`[stderr]\n${result.stderr.trimEnd()}`);
  parts.push(
    result.timedOut
      ? `[timed out after ${seconds} seconds; the command and its children were killed]`
      : `[exit code ${result.exitCode}]`,
  );
  return {
    output: parts.filter((part) => part !== '').join('\n'),
    isError: result.timedOut || result.exitCode !== 0,
  };
}
