/**
 * Two-letter short flags of the Python tool. The option parser knows short flags of one letter only, so these are
 * spelled out before it sees them.
 */
const TWO_LETTER_FLAGS: ReadonlyMap<string, string> = new Map([
  ['-m1', '--model1'],
  ['-m2', '--model2'],
]);

/** Spells two-letter flags out: `-m1 x`, `-m1=x` → `--model1 x`, `--model1=x`. Nothing after `--` is touched. */
export function expandShortFlags(words: readonly string[]): string[] {
  const end = words.indexOf('--');
  return words.map((word, index) => {
    if (end !== -1 && index > end) return word;
    const [flag = '', value] = splitOnce(word, '=');
    const long = TWO_LETTER_FLAGS.get(flag);
    if (long === undefined) return word;
    return value === undefined ? long : `${long}=${value}`;
  });
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const index = text.indexOf(separator);
  return index === -1 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}
