import { RenderError, TemplateSyntaxError } from './errors.js';

const WORD = /^[A-Za-z_][A-Za-z0-9_]*$/;
const PART = /\s*(?:("[^"]*"|'[^']*')|(-?\d+(?:\.\d+)?)|([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)|(.))/gsy;
const RESERVED = ['true', 'false', 'null'];
const CONSTANTS = { true: true, false: false, null: null };

/** Whether a text can be the name of a variable. */
export function isVariableName(text) {
  return WORD.test(text) && !RESERVED.includes(text);
}

/** Cut an expression into parts `{ type: 'string'|'number'|'path'|'sign', text }`. */
function split(source) {
  return [...source.trim().matchAll(PART)].map(([, string, number, path, sign]) => {
    if (string !== undefined) return { type: 'string', text: string.slice(1, -1) };
    if (number !== undefined) return { type: 'number', text: number };
    if (path !== undefined) return { type: 'path', text: path };
    return { type: 'sign', text: sign };
  });
}

/** Reads the parts of an expression one by one. */
class Cursor {
  constructor(source, line) {
    this.parts = split(source);
    this.line = line;
    this.index = 0;
  }

  peek() {
    return this.parts[this.index];
  }

  /** Take the next part if it is this sign. */
  accept(sign) {
    const part = this.peek();
    if (part === undefined || part.type !== 'sign' || part.text !== sign) return false;
    this.index += 1;
    return true;
  }

  fail() {
    const part = this.peek();
    const what = part === undefined ? 'the end' : `"${part.text}"`;
    throw new TemplateSyntaxError(`unexpected ${what} in an expression`, this.line);
  }
}

function parsePrimary(cursor) {
  const part = cursor.peek();
  if (part === undefined || part.type === 'sign') cursor.fail();
  cursor.index += 1;
  if (part.type === 'string') return { type: 'literal', value: part.text };
  if (part.type === 'number') return { type: 'literal', value: Number(part.text) };
  if (Object.hasOwn(CONSTANTS, part.text)) {
    return { type: 'literal', value: CONSTANTS[part.text] };
  }
  return { type: 'path', parts: part.text.split('.') };
}

function parsePipeline(cursor) {
  let expression = parsePrimary(cursor);
  while (cursor.accept('|')) {
    const name = cursor.peek();
    if (name === undefined || !WORD.test(name.text)) cursor.fail();
    cursor.index += 1;
    const args = [];
    if (cursor.accept(':')) {
      do args.push(parsePrimary(cursor));
      while (cursor.accept(','));
    }
    expression = { type: 'filter', name: name.text, input: expression, args };
  }
  return expression;
}

/**
 * Parse an expression: a value and its filters.
 *
 * @param {string} source
 * @param {number} line for error messages
 */
export function parseExpression(source, line) {
  const cursor = new Cursor(source, line);
  const expression = parsePipeline(cursor);
  if (cursor.peek() !== undefined) cursor.fail();
  return expression;
}

function resolvePath(parts, scope, engine) {
  let value = scope.get(parts[0]);
  for (const part of parts.slice(1)) {
    const reachable = value !== null && value !== undefined && Object.hasOwn(Object(value), part);
    value = reachable ? value[part] : undefined;
  }
  if (value === undefined && engine.settings.strict) {
    throw new RenderError(`"${parts.join('.')}" is not defined`);
  }
  return value;
}

/**
 * Compute the value of an expression.
 *
 * @param {object} expression from `parseExpression`
 * @param {import('./scope.js').Scope} scope
 * @param {import('./engine.js').Engine} engine
 * @returns {unknown}
 */
export function evaluate(expression, scope, engine) {
  switch (expression.type) {
    case 'literal':
      return expression.value;
    case 'path':
      return resolvePath(expression.parts, scope, engine);
    default: {
      const filter = engine.filter(expression.name);
      const args = expression.args.map((arg) => evaluate(arg, scope, engine));
      return filter(evaluate(expression.input, scope, engine), ...args);
    }
  }
}
