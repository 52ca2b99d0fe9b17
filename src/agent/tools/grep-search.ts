import { z } from 'zod';

import { runOverPath, SKIPPED_FOLDERS, SKIPPED_TEST } from './folder-script.js';
import { defineTool, failure, success, type Tool } from './tool.js';

/** Matching lines that are shown. */
const MAXIMUM_MATCHES = 200;
/** Characters of a matching line that are shown. */
const LONGEST_MATCH = 400;
const INVALID_PATTERN = 67;

// Sorted, because the order in which a file system lists its files is not the same everywhere.
const SCRIPT = `
grep -E -e "$2" /dev/null
[ $? -lt 2 ] || exit ${INVALID_PATTERN}
files() {
  if [ -f "$place" ]; then printf '%s\\0' "$place"
  else find "$place" -mindepth 1 -name .git -prune -o ${SKIPPED_TEST} -prune -o -type f -print0
  fi
}
files | LC_ALL=C sort -z | xargs -0 grep -nHIE -e "$2" -- /dev/null | head -n ${MAXIMUM_MATCHES + 1}
`;

/** Searches the contents of files, for planning. */
export const grepSearch: Tool = defineTool({
  name: 'grep_search',
  description:
    'Searches text files of the repository for lines that match a POSIX extended regular expression (as grep -E) ' +
    `and shows path:line:text. .git and ${SKIPPED_FOLDERS.join(', ')} are left out unless the path names them.`,
  parameters: z.object({
    pattern: z.string().min(1).describe('Extended regular expression, e.g. "class [A-Z]+Cache|def get".'),
    path: z
      .string()
      .optional()
      .describe('Folder or file, relative to the repository; the whole repository where absent.'),
  }),
  run: async ({ pattern, path = '.' }, context) => {
    if (/[\0\n]/.test(pattern)) return failure('A pattern may hold neither line ends nor null characters.');
    const result = await runOverPath(SCRIPT, path, [pattern], context);
    if (result.exitCode === INVALID_PATTERN) {
      return failure(`"${pattern}" is not an extended regular expression: ${result.stderr.trim()}`);
    }
    if (result.timedOut)
      return failure('The search took too long; search a smaller folder or a simpler pattern.');
    const matches = result.stdout.split('\n').filter((line) => line !== '');
    if (matches.length === 0) return success(`No line in ${path} matches "${pattern}".`);
    const shown = matches.slice(0, MAXIMUM_MATCHES).map(shorten);
    if (matches.length > MAXIMUM_MATCHES) {
      shown.push(`(more than ${MAXIMUM_MATCHES} lines match; narrow the pattern or the path)`);
    }
    return success(shown.join('\n'));
  },
});

function shorten(match: string): string {
  const text = match.replace(/^\.\//, '').replace(/\r$/, '');
  return text.length > LONGEST_MATCH ? `${text.slice(0, LONGEST_MATCH)} (line cut)` : text;
}
