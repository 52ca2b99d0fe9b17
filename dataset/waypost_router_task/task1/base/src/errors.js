/** Base class of everything Waypost throws. */
export class WaypostError extends Error {
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

/** An argument has the wrong type or an impossible value. */
export class InvalidArgumentError extends WaypostError {
  constructor(message) {
    super('INVALID_ARGUMENT', message);
  }
}

/** A route pattern cannot be parsed. */
export class PatternError extends WaypostError {
  constructor(pattern, reason) {
    super('INVALID_PATTERN', `Invalid pattern "${pattern}": ${reason}`);
    this.pattern = pattern;
  }
}

/** The same method and pattern were registered twice. */
export class RouteConflictError extends WaypostError {
  constructor(message) {
    super('ROUTE_CONFLICT', message);
  }
}

/** No route matches the method and path. */
export class RouteNotFoundError extends WaypostError {
  constructor(method, path) {
    super('ROUTE_NOT_FOUND', `No route for ${method} ${path}`);
    this.method = method;
    this.path = path;
  }
}
