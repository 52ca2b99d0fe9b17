export { METHODS, Router } from './router.js';
export { RouteGroup } from './group.js';
export { compilePattern } from './pattern.js';
export {
  InvalidArgumentError,
  PatternError,
  RouteConflictError,
  RouteNotFoundError,
  WaypostError,
} from './errors.js';
