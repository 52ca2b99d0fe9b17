/** Base class of everything Larder throws. */
export class LarderError extends Error {
  /**
   * @param {string} code stable, upper-case identifier
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = new.target.name;
    this.code = code;
  }
}

/** An option has the wrong type or an impossible value. */
export class InvalidOptionError extends LarderError {
  constructor(option, expected) {
    super('INVALID_OPTION', `${option} must be ${expected}`);
    this.option = option;
  }
}
