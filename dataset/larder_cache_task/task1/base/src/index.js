export { Cache } from './cache.js';
export { Stats } from './stats.js';
export { InvalidOptionError, LarderError } from './errors.js';
