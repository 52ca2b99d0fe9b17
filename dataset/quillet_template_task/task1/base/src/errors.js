/** Base class of everything Quillet throws. */
export class QuilletError extends Error {
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
export class InvalidOptionError extends QuilletError {
  constructor(message) {
    super('INVALID_OPTION', message);
  }
}

/** A template cannot be parsed. */
export class TemplateSyntaxError extends QuilletError {
  constructor(message, line) {
    super('TEMPLATE_SYNTAX', `Line ${line}: ${message}`);
    this.line = line;
  }
}

/** A template cannot be rendered with this data. */
export class RenderError extends QuilletError {
  constructor(message) {
    super('RENDER_FAILED', message);
  }
}
