import { InvalidArgumentError } from './errors.js';
import { joinPaths } from './pattern.js';

/**
 * Routes that share a path prefix. A group holds no routes of its own: it adds
 * them to its parent, a router or another group.
 */
export class RouteGroup {
  /**
   * @param {{ add: Function }} parent
   * @param {string} prefix
   */
  constructor(parent, prefix) {
    if (typeof prefix !== 'string' || prefix === '') {
      throw new InvalidArgumentError('A group needs a prefix');
    }
    this.parent = parent;
    this.prefix = prefix;
  }

  /** Add a route below the prefix; takes what `Router#add` takes. */
  add(method, pattern, ...rest) {
    this.parent.add(method, joinPaths(this.prefix, pattern), ...rest);
    return this;
  }

  /**
   * Open a group inside this group.
   *
   * @param {string} prefix
   * @param {(group: RouteGroup) => void} build
   */
  group(prefix, build) {
    build(new RouteGroup(this, prefix));
    return this;
  }
}
