import { InvalidOptionError } from './errors.js';

/** Check a number above zero; Infinity is one. */
export function checkPositive(option, value) {
  if (typeof value !== 'number' || !(value > 0)) {
    throw new InvalidOptionError(option, 'a number above zero');
  }
  return value;
}

/** Check a function. */
export function checkFunction(option, value) {
  if (typeof value !== 'function') {
    throw new InvalidOptionError(option, 'a function');
  }
  return value;
}
