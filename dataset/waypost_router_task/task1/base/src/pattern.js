import { PatternError } from './errors.js';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Split a path into its non-empty segments.
 *
 * @param {string} path
 * @returns {string[]}
 */
export function splitPath(path) {
  return path.split('/').filter((segment) => segment !== '');
}

/**
 * Join path parts with exactly one slash between them. The result starts with
 * a slash and keeps a slash at the end of the last part.
 *
 * @param {...string} parts
 * @returns {string}
 */
export function joinPaths(...parts) {
  return `/${parts.join('/')}`.replace(/\/{2,}/g, '/');
}

/** Decode one segment; text that is no valid encoding is kept as it is. */
function decodeSegment(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Turn one pattern segment into a token. */
function parseSegment(segment, source) {
  if (segment.startsWith(':')) {
    const name = segment.slice(1);
    if (!NAME.test(name)) {
      throw new PatternError(source, `"${segment}" has no valid param name`);
    }
    return { type: 'param', name };
  }
  if (segment.startsWith('*')) {
    const name = segment.slice(1) || 'rest';
    if (!NAME.test(name)) {
      throw new PatternError(source, `"${segment}" has no valid wildcard name`);
    }
    return { type: 'wildcard', name };
  }
  return { type: 'literal', value: segment };
}

/**
 * Parse a pattern into tokens, one for each segment.
 *
 * @param {string} source
 * @returns {Array<{type: 'literal'|'param'|'wildcard', name?: string, value?: string}>}
 */
export function parsePattern(source) {
  if (typeof source !== 'string' || !source.startsWith('/')) {
    throw new PatternError(source, 'a pattern starts with a slash');
  }
  const tokens = splitPath(source).map((segment) => parseSegment(segment, source));
  const seen = new Set();
  tokens.forEach((token, index) => {
    if (token.type === 'wildcard' && index !== tokens.length - 1) {
      throw new PatternError(source, 'a wildcard has to come last');
    }
    if (token.type === 'literal') return;
    if (seen.has(token.name)) {
      throw new PatternError(source, `duplicate param "${token.name}"`);
    }
    seen.add(token.name);
  });
  return tokens;
}

/**
 * Compile a pattern.
 *
 * - `keys` lists the params in the order of the pattern;
 * - `shape` is the same for patterns that match the same paths;
 * - `match(segments)` returns the params, or null.
 *
 * @param {string} source
 * @param {{ caseSensitive?: boolean }} [options]
 */
export function compilePattern(source, { caseSensitive = true } = {}) {
  const fold = (text) => (caseSensitive ? text : text.toLowerCase());
  const tokens = parsePattern(source);
  const dynamic = tokens.filter((token) => token.type !== 'literal');
  const last = tokens[tokens.length - 1];
  const open = last !== undefined && last.type === 'wildcard';
  const symbols = { param: () => ':', wildcard: () => '*', literal: (token) => fold(token.value) };

  return {
    source,
    tokens,
    keys: dynamic.map((token) => token.name),
    shape: `/${tokens.map((token) => symbols[token.type](token)).join('/')}`,

    match(segments) {
      if (open ? segments.length < tokens.length : segments.length !== tokens.length) {
        return null;
      }
      const params = {};
      for (const [index, token] of tokens.entries()) {
        const segment = segments[index];
        if (token.type === 'literal') {
          if (fold(decodeSegment(segment)) !== fold(token.value)) return null;
        } else if (token.type === 'wildcard') {
          params[token.name] = segments.slice(index).map(decodeSegment).join('/');
        } else {
          params[token.name] = decodeSegment(segment);
        }
      }
      return params;
    },
  };
}
