import { z } from 'zod';

import { byteString, lineEnding, showAround, splitLines, withLineEnding } from './file-text.js';
import { defineTool, failure, success, type Tool } from './tool.js';

/** Inserts lines into a file. */
export const insert: Tool = defineTool({
  name: 'insert',
  description: 'Inserts lines into a file, after the line of the given number; 0 puts them at the top.',
  parameters: z.object({
    path: z.string().min(1).describe('Path of the file, relative to the repository.'),
    after_line: z.int().min(0).max(10_000_000).describe('Number of the line to insert after; 0 for the top.'),
    text: z.string().describe('The lines to insert.'),
  }),
  run: async ({ path, after_line: afterLine, text }, { sandbox }) => {
    const content = (await sandbox.readFile(path)).toString('latin1');
    const count = splitLines(content).length;
    if (afterLine > count) return failure(`${path} has ${count} lines; there is no line ${afterLine}.`);
    const ending = lineEnding(content);
    const place = startOfLine(content, afterLine + 1);
    const before = content.slice(0, place);
    const gap = before === '' || before.endsWith('\n') ? '' : ending;
    const lines = withLineEnding(byteString(text), ending);
    const changed = before + gap + (lines.endsWith('\n') ? lines : lines + ending) + content.slice(place);
    await sandbox.writeFile(path, Buffer.from(changed, 'latin1'));
    const shown = showAround(changed, afterLine + 1, lines.split('\n').length);
    return success(`Inserted into ${path}:\n${shown}`);
  },
});

/** Index at which a line begins, from 1; the end of the text for the line after the last. */
function startOfLine(content: string, line: number): number {
  let index = 0;
  for (let current = 1; current < line; current += 1) {
    const end = content.indexOf('\n', index);
    if (end === -1) return content.length;
    index = end + 1;
  }
  return index;
}
