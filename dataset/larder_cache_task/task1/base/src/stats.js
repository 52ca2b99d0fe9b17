const NAMES = ['hits', 'misses', 'sets', 'deletes', 'evictions', 'expirations'];

/** Counters of a cache. */
export class Stats {
  #counts = new Map();

  constructor() {
    this.reset();
  }

  /** Add one to a counter. */
  count(name) {
    this.#counts.set(name, this.#counts.get(name) + 1);
  }

  /** Set all counters to zero. */
  reset() {
    for (const name of NAMES) this.#counts.set(name, 0);
  }

  /**
   * The counters and the share of hits among the reads (0 without reads).
   *
   * @returns {Record<string, number>}
   */
  snapshot() {
    const counts = Object.fromEntries(this.#counts);
    const reads = counts.hits + counts.misses;
    return { ...counts, hitRate: reads === 0 ? 0 : counts.hits / reads };
  }
}
