import { TemplateSyntaxError } from './errors.js';
import { isVariableName, parseExpression } from './expression.js';

const FOR = /^(\S+)\s+in\s+(.+)$/s;

/** Parses `{% if condition %} .. {% else %} .. {% endif %}`. */
function parseIf(parser, tag) {
  const condition = parseExpression(tag.body, tag.line);
  const body = parser.parseUntil(tag, ['else', 'endif']);
  const otherwise = parser.last.name === 'else' ? parser.parseUntil(tag, ['endif']) : [];
  return { type: 'if', condition, body, otherwise };
}

/** Parses `{% for variable in list %} .. {% endfor %}`. */
function parseFor(parser, tag) {
  const match = FOR.exec(tag.body);
  if (match === null || !isVariableName(match[1])) {
    throw new TemplateSyntaxError('a loop looks like "for item in list"', tag.line);
  }
  const list = parseExpression(match[2], tag.line);
  const body = parser.parseUntil(tag, ['endfor']);
  return { type: 'for', variable: match[1], list, body };
}

// Each tag's parser gets the parser and the tag's token and returns a node.
const TAGS = {
  if: parseIf,
  for: parseFor,
};

class Parser {
  constructor(tokens) {
    this.tokens = tokens;
    this.index = 0;
    /** The tag that ended the last `parseUntil`. */
    this.last = null;
  }

  /** Parse nodes up to one of the tags `names`, which end what `opener` began. */
  parseUntil(opener, names) {
    const nodes = [];
    while (this.index < this.tokens.length) {
      const token = this.tokens[this.index];
      this.index += 1;
      if (token.type === 'tag' && names.includes(token.name)) {
        this.last = token;
        return nodes;
      }
      nodes.push(this.parseToken(token));
    }
    if (opener !== null) {
      throw new TemplateSyntaxError(`"${opener.name}" is never closed`, opener.line);
    }
    return nodes;
  }

  parseToken(token) {
    if (token.type === 'text') return { type: 'text', value: token.value };
    if (token.type === 'output') {
      return { type: 'output', expression: parseExpression(token.body, token.line) };
    }
    if (!Object.hasOwn(TAGS, token.name)) {
      throw new TemplateSyntaxError(`unexpected tag "${token.name}"`, token.line);
    }
    return TAGS[token.name](this, token);
  }
}

/**
 * Parse the tokens of a template into nodes.
 *
 * @param {object[]} tokens from `tokenize`
 * @returns {object[]}
 */
export function parse(tokens) {
  return new Parser(tokens).parseUntil(null, []);
}
