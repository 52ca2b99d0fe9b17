import { TemplateSyntaxError } from './errors.js';

const OPENER = /\{\{|\{%|\{#/g;
const CLOSERS = { '{{': '}}', '{%': '%}', '{#': '#}' };
const TAG = /^([A-Za-z]+)(?:\s+(.*))?$/s;

function countLines(text) {
  return text.split('\n').length - 1;
}

/**
 * Cut a template into tokens:
 *
 * - `{ type: 'text', value, line }`
 * - `{ type: 'output', body, line }` for `{{ body }}`
 * - `{ type: 'tag', name, body, line }` for `{% name body %}`
 *
 * Comments leave no token.
 *
 * @param {string} source
 */
export function tokenize(source) {
  const tokens = [];
  let position = 0;
  let line = 1;

  const pushText = (value) => {
    if (value !== '') tokens.push({ type: 'text', value, line });
    line += countLines(value);
  };

  while (position < source.length) {
    OPENER.lastIndex = position;
    const match = OPENER.exec(source);
    if (match === null) {
      pushText(source.slice(position));
      break;
    }
    pushText(source.slice(position, match.index));
    const opener = match[0];
    const start = match.index + opener.length;
    const end = source.indexOf(CLOSERS[opener], start);
    if (end === -1) {
      throw new TemplateSyntaxError(`"${opener}" is never closed`, line);
    }
    const inside = source.slice(start, end);
    const body = inside.trim();
    if (opener === '{{') {
      tokens.push({ type: 'output', body, line });
    } else if (opener === '{%') {
      const tag = TAG.exec(body);
      if (tag === null) throw new TemplateSyntaxError(`"${body}" is no tag`, line);
      tokens.push({ type: 'tag', name: tag[1], body: tag[2] ?? '', line });
    }
    line += countLines(inside);
    position = end + CLOSERS[opener].length;
  }
  return tokens;
}
