import { z } from 'zod';

import { byteString, lineEnding, showAround, withLineEnding } from './file-text.js';
import { defineTool, failure, success, type Tool } from './tool.js';

/** Line numbers that are named where a text occurs more than once. */
const MAXIMUM_PLACES = 20;

/** Replaces a text that occurs exactly once in a file. */
export const replace: Tool = defineTool({
  name: 'replace',
  description:
    'Replaces a text in a file. The old text must occur exactly once, white space included; take in neighbouring ' +
    'lines to make it so.',
  parameters: z.object({
    path: z.string().min(1).describe('Path of the file, relative to the repository.'),
    old_text: z.string().min(1).describe('The text to be replaced, exactly as it stands in the file.'),
    new_text: z.string().describe('The text to put in its place; empty to remove the old one.'),
  }),
  run: async ({ path, old_text: oldText, new_text: newText }, { sandbox }) => {
    if (oldText === newText) return failure('The old text and the new one are the same; nothing to change.');
    const content = (await sandbox.readFile(path)).toString('latin1');
    let [old, fresh] = [byteString(oldText), byteString(newText)];
    if (!content.includes(old) && lineEnding(content) === '\r\n') {
      [old, fresh] = [withLineEnding(old, '\r\n'), withLineEnding(fresh, '\r\n')];
    }
    const places = occurrences(content, old);
    const [place] = places;
    if (place === undefined) return failure(`The old text does not occur in ${path}; nothing was changed.`);
    if (places.length > 1) {
      const lines = places.slice(0, MAXIMUM_PLACES).map((index) => lineOf(content, index));
      const more = places.length > MAXIMUM_PLACES ? ' and more' : '';
      return failure(
        `The old text occurs ${places.length} times in ${path}, on lines ${lines.join(', ')}${more}; nothing was changed.`,
      );
    }
    const changed = content.slice(0, place) + fresh + content.slice(place + old.length);
    await sandbox.writeFile(path, Buffer.from(changed, 'latin1'));
    const shown = showAround(changed, lineOf(content, place), fresh.split('\n').length);
    return success(`Replaced in ${path}:\n${shown}`);
  },
});

/** Where a text occurs, overlapping places included: each of them makes the wish ambiguous. */
function occurrences(content: string, text: string): number[] {
  const places: number[] = [];
  for (let index = content.indexOf(text); index !== -1; index = content.indexOf(text, index + 1)) {
    places.push(index);
  }
  return places;
}

function lineOf(content: string, index: number): number {
  return content.slice(0, index).split('\n').length;
}
