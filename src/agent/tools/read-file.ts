import { SandboxRefusal } from '../../sandbox/sandbox-refusal.js';
import { fileParameters, MAXIMUM_LINES, showLines } from './file-text.js';
import { listFolder } from './list-files.js';
import { defineTool, type Tool } from './tool.js';

/** Shows a file with line numbers, for planning. */
export const readFile: Tool = defineTool({
  name: 'read_file',
  description: `Shows a text file of the repository with line numbers, at most ${MAXIMUM_LINES} lines at once.`,
  parameters: fileParameters,
  run: async ({ path, first_line: first, last_line: last }, { sandbox }) =>
    showLines(path, await sandbox.readFile(path), { first, last }),
});

/** Shows a file with line numbers, or a folder, for execution. */
export const view: Tool = defineTool({
  name: 'view',
  description:
    `Shows a text file of the repository with line numbers, at most ${MAXIMUM_LINES} lines at once, ` +
    'or lists a folder two levels deep.',
  parameters: fileParameters,
  run: async ({ path, first_line: first, last_line: last }, context) => {
    let content: Buffer;
    try {
      content = await context.sandbox.readFile(path);
    } catch (error) {
      if (!(error instanceof SandboxRefusal) || error.code !== 'not-a-file') throw error;
      const listing = await listFolder(path, 2, context).catch((): undefined => undefined);
      if (listing === undefined) throw error;
      return listing;
    }
    return showLines(path, content, { first, last });
  },
});
