/** The variables a template sees: its own, then those of the parent scope. */
export class Scope {
  /**
   * @param {Record<string, unknown>} values
   * @param {Scope|null} [parent]
   */
  constructor(values, parent = null) {
    this.values = values;
    this.parent = parent;
  }

  /** The value of a variable; undefined when no scope has it. */
  get(name) {
    if (Object.hasOwn(this.values, name)) return this.values[name];
    return this.parent === null ? undefined : this.parent.get(name);
  }
}
