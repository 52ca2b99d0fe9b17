import { InvalidOptionError, RenderError } from './errors.js';
import { FILTERS } from './filters.js';
import { tokenize } from './lexer.js';
import { parse } from './parser.js';
import { renderNodes } from './renderer.js';
import { Scope } from './scope.js';

const isBoolean = (value) => typeof value === 'boolean';

// The options besides `filters`: the initial value and a check of the given one.
const OPTIONS = {
  strict: { initial: false, valid: isBoolean },
};

/** A compiled template. */
export class Template {
  constructor(engine, nodes) {
    this.engine = engine;
    this.nodes = nodes;
  }

  /**
   * @param {Record<string, unknown>} [data]
   * @returns {string}
   */
  render(data = {}) {
    return renderNodes(this.nodes, new Scope(data), this.engine);
  }
}

/** Compiles and renders templates with one set of options and filters. */
export class Engine {
  #filters;

  /**
   * @param {{ filters?: Record<string, Function>, strict?: boolean }} [options]
   */
  constructor({ filters = {}, ...options } = {}) {
    const settings = {};
    for (const [name, { initial }] of Object.entries(OPTIONS)) settings[name] = initial;
    for (const [name, value] of Object.entries(options)) {
      if (!Object.hasOwn(OPTIONS, name)) throw new InvalidOptionError(`Unknown option "${name}"`);
      if (!OPTIONS[name].valid(value)) throw new InvalidOptionError(`Bad value for "${name}"`);
      settings[name] = value;
    }
    this.settings = Object.freeze(settings);
    this.#filters = new Map(Object.entries(FILTERS));
    for (const [name, filter] of Object.entries(filters)) this.addFilter(name, filter);
  }

  /**
   * Add a filter or replace one.
   *
   * @param {string} name
   * @param {(value: unknown, ...args: unknown[]) => unknown} filter
   */
  addFilter(name, filter) {
    if (typeof filter !== 'function') {
      throw new InvalidOptionError(`The filter "${name}" is not a function`);
    }
    this.#filters.set(name, filter);
    return this;
  }

  /** The filter of a name. */
  filter(name) {
    const filter = this.#filters.get(name);
    if (filter === undefined) throw new RenderError(`There is no filter "${name}"`);
    return filter;
  }

  /**
   * Compile a template.
   *
   * @param {string} source
   * @returns {Template}
   */
  compile(source) {
    return new Template(this, parse(tokenize(String(source))));
  }

  /** Compile and render a template. */
  render(source, data) {
    return this.compile(source).render(data);
  }
}
