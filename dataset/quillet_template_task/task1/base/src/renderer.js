import { RenderError } from './errors.js';
import { evaluate } from './expression.js';
import { Scope } from './scope.js';

/** The text of a value. */
function toText(value) {
  return value === null || value === undefined ? '' : String(value);
}

/** Whether a value counts as true in a condition. */
function isTruthy(value) {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

/** The items of a loop; nothing to loop over is an empty list. */
function toItems(value) {
  if (value === null || value === undefined) return [];
  if (typeof value === 'object' && typeof value[Symbol.iterator] === 'function') return [...value];
  throw new RenderError('A loop needs an array or another iterable');
}

function renderIf(node, scope, engine) {
  const chosen = isTruthy(evaluate(node.condition, scope, engine)) ? node.body : node.otherwise;
  return renderNodes(chosen, scope, engine);
}

function renderFor(node, scope, engine) {
  const items = toItems(evaluate(node.list, scope, engine));
  let text = '';
  const inner = new Scope({}, scope);
  for (const item of items) {
    inner.values[node.variable] = item;
    text += renderNodes(node.body, inner, engine);
  }
  return text;
}

// Each node's renderer gets the node, the scope and the engine and returns text.
const RENDERERS = {
  text: (node) => node.value,
  output: (node, scope, engine) => toText(evaluate(node.expression, scope, engine)),
  if: renderIf,
  for: renderFor,
};

/**
 * Render nodes.
 *
 * @param {object[]} nodes from `parse`
 * @param {Scope} scope
 * @param {import('./engine.js').Engine} engine
 * @returns {string}
 */
export function renderNodes(nodes, scope, engine) {
  return nodes.map((node) => RENDERERS[node.type](node, scope, engine)).join('');
}
