import { z } from 'zod';

import { runOverPath, SKIPPED_FOLDERS, SKIPPED_TEST } from './folder-script.js';
import { defineTool, failure, success, type Tool, type ToolContext, type ToolOutcome } from './tool.js';

/** Entries that are shown at once. */
const MAXIMUM_ENTRIES = 500;

const SCRIPT = `
folder
cd "$place" && exec find . -mindepth 1 -maxdepth "$2" -name .git -prune \
  -o ${SKIPPED_TEST} -prune -exec printf '%s/\\0' {} + \
  -o -type d -exec printf '%s/\\0' {} + \
  -o -exec printf '%s\\0' {} +
`;

/** Lists a folder's files and folders, sorted, folders with a slash at the end; `.git` is left out. */
export async function listFolder(path: string, depth: number, context: ToolContext): Promise<ToolOutcome> {
  const result = await runOverPath(SCRIPT, path, [String(depth)], context);
  if (result.timedOut)
    return failure(`Listing ${path} took too long; ask for a folder inside or less depth.`);
  const entries = result.stdout
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => entry.replace(/^\.\//, ''))
    .sort();
  if (entries.length === 0 && result.exitCode !== 0) return failure(result.stderr.trim());
  if (entries.length === 0) return success(`(${path} is empty)`);
  const shown = entries.slice(0, MAXIMUM_ENTRIES);
  if (shown.length < entries.length || result.truncated) {
    const more = result.truncated ? 'more' : `${entries.length - shown.length} more`;
    shown.push(`(${more} left out; ask for a folder inside or less depth)`);
  }
  return success(shown.join('\n'));
}

/** Lists files, for planning. */
export const listFiles: Tool = defineTool({
  name: 'list_files',
  description:
    'Lists the files and folders in a folder of the repository. .git is left out, and so are the insides of ' +
    `${SKIPPED_FOLDERS.join(', ')} unless the path names them.`,
  parameters: z.object({
    path: z
      .string()
      .optional()
      .describe('Folder, relative to the repository; the whole repository where absent.'),
    depth: z.int().min(1).max(20).optional().describe('How many levels down; 3 where absent.'),
  }),
  run: ({ path = '.', depth = 3 }, context) => listFolder(path, depth, context),
});
