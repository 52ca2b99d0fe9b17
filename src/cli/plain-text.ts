/** Control characters, and those that turn the direction of writing or end a line. */
// oxlint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g;

/** Text from elsewhere, made harmless for a terminal: one line, no control characters. */
export function harmless(text: string): string {
  return text.replace(UNSAFE, ' ').trim();
}

/** {@link harmless} text of at most `width` characters. */
export function plainText(text: string, width = 100): string {
  return cut(harmless(text), width);
}

/** The first `width` characters; what is left out shows as an ellipsis. */
export function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}
