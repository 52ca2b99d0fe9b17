import {
  InvalidArgumentError,
  RouteConflictError,
  RouteNotFoundError,
} from './errors.js';
import { RouteGroup } from './group.js';
import { compilePattern, joinPaths, splitPath } from './pattern.js';

/** The methods a route can have. */
export const METHODS = Object.freeze(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Check a method's name and return it in upper case. */
function checkMethod(method) {
  const name = typeof method === 'string' ? method.toUpperCase() : '';
  if (!METHODS.includes(name)) {
    throw new InvalidArgumentError(`Unknown method: ${String(method)}`);
  }
  return name;
}

/** Check a request path and cut its query string and fragment off. */
function checkPath(path) {
  if (typeof path !== 'string' || !path.startsWith('/')) {
    throw new InvalidArgumentError(`Not an absolute path: ${String(path)}`);
  }
  return path.replace(/[?#].*$/s, '');
}

/** Finds the handler for a method and a path. */
export class Router {
  /**
   * @param {object} [options]
   * @param {boolean} [options.caseSensitive] whether literal segments are compared exactly
   * @param {string} [options.prefix] put before the pattern of each route
   */
  constructor({ caseSensitive = true, prefix = '' } = {}) {
    if (typeof prefix !== 'string') {
      throw new InvalidArgumentError('prefix must be a string');
    }
    this.caseSensitive = Boolean(caseSensitive);
    this.prefix = prefix;
    this.routes = [];
  }

  /**
   * Add a route.
   *
   * @param {string} method
   * @param {string} pattern
   * @param {(request: object) => unknown} handler
   * @returns {this}
   */
  add(method, pattern, handler) {
    if (typeof handler !== 'function') {
      throw new InvalidArgumentError(`The handler of ${method} ${pattern} is not a function`);
    }
    const verb = checkMethod(method);
    const source = joinPaths(this.prefix, pattern);
    const compiled = compilePattern(source, { caseSensitive: this.caseSensitive });
    const twin = (route) => route.method === verb && route.compiled.shape === compiled.shape;
    if (this.routes.some(twin)) {
      throw new RouteConflictError(`${verb} ${source} is registered already`);
    }
    this.routes.push({ method: verb, pattern: source, compiled, handler });
    return this;
  }

  /**
   * Add routes that share a prefix.
   *
   * @param {string} prefix
   * @param {(group: RouteGroup) => void} build
   * @returns {this}
   */
  group(prefix, build) {
    build(new RouteGroup(this, prefix));
    return this;
  }

  /**
   * Find the route of a method and path.
   *
   * @param {string} method
   * @param {string} path
   * @returns {{ handler: Function, params: object, pattern: string }|null}
   */
  match(method, path) {
    const verb = checkMethod(method);
    const segments = splitPath(checkPath(path));
    for (const route of this.routes) {
      if (route.method !== verb) continue;
      const params = route.compiled.match(segments);
      if (params === null) continue;
      return { handler: route.handler, params, pattern: route.pattern };
    }
    return null;
  }

  /**
   * The methods that have a route for a path, sorted.
   *
   * @param {string} path
   * @returns {string[]}
   */
  allowedMethods(path) {
    const segments = splitPath(checkPath(path));
    const matching = this.routes.filter((route) => route.compiled.match(segments) !== null);
    return [...new Set(matching.map((route) => route.method))].sort();
  }

  /**
   * Call the handler of a method and path with
   * `{ method, path, params, pattern, context }`.
   *
   * @param {string} method
   * @param {string} path
   * @param {unknown} [context]
   * @returns {unknown} what the handler returns
   */
  handle(method, path, context) {
    const found = this.match(method, path);
    if (found === null) {
      throw new RouteNotFoundError(checkMethod(method), path);
    }
    const { params, pattern } = found;
    const request = { method: checkMethod(method), path, params, pattern, context };
    return found.handler(request);
  }
}

// router.get(pattern, handler), group.post(pattern, handler) and so on.
for (const method of METHODS) {
  const shortcut = function (pattern, handler) {
    return this.add(method, pattern, handler);
  };
  Router.prototype[method.toLowerCase()] = shortcut;
  RouteGroup.prototype[method.toLowerCase()] = shortcut;
}
