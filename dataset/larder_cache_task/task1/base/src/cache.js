import {
  checkFunction,
  checkPositive,
} from './options.js';
import { Stats } from './stats.js';

/**
 * A cache in memory. Entries leave when they expire, and when there are too
 * many: the least recently used one first.
 */
export class Cache {
  // The order of the map is the order of use: the oldest use comes first.
  #entries = new Map();
  #stats = new Stats();

  /**
   * @param {object} [options]
   * @param {number} [options.maxEntries] how many entries fit
   * @param {number} [options.ttl] milliseconds an entry lives
   * @param {() => number} [options.now] the clock
   */
  constructor({
    maxEntries = Infinity,
    ttl = Infinity,
    now = Date.now,
  } = {}) {
    this.maxEntries = checkPositive('maxEntries', maxEntries);
    this.ttl = checkPositive('ttl', ttl);
    this.now = checkFunction('now', now);
  }

  /** The number of entries, expired ones that were not dropped yet included. */
  get size() {
    return this.#entries.size;
  }

  /**
   * Read an entry and make it the most recently used.
   *
   * @param {unknown} key
   * @param {unknown} [fallback] what an absent entry gives
   */
  get(key, fallback) {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#stats.count('misses');
      return fallback;
    }
    if (this.#isExpired(entry)) {
      this.#entries.delete(key);
      this.#stats.count('expirations');
      this.#stats.count('misses');
      return fallback;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.#stats.count('hits');
    return entry.value;
  }

  /** Read an entry without any effect on the order or the statistics. */
  peek(key) {
    const entry = this.#entries.get(key);
    return entry === undefined || this.#isExpired(entry) ? undefined : entry.value;
  }

  /** Whether there is an entry that has not expired. */
  has(key) {
    const entry = this.#entries.get(key);
    return entry !== undefined && !this.#isExpired(entry);
  }

  /**
   * Write an entry, the most recently used one from now on.
   *
   * @param {unknown} key
   * @param {unknown} value
   * @param {{ ttl?: number }} [options]
   * @returns {this}
   */
  set(key, value, { ttl = this.ttl } = {}) {
    const expiresAt = this.now() + checkPositive('ttl', ttl);
    this.#entries.delete(key);
    this.#entries.set(key, { value, expiresAt });
    this.#stats.count('sets');
    while (this.#entries.size > this.maxEntries) {
      const [oldest] = this.#entries.keys();
      this.#entries.delete(oldest);
      this.#stats.count('evictions');
    }
    return this;
  }

  /**
   * Remove an entry.
   *
   * @returns {boolean} whether there was one
   */
  delete(key) {
    const removed = this.#entries.delete(key);
    if (removed) this.#stats.count('deletes');
    return removed;
  }

  /** Remove all entries. The statistics stay. */
  clear() {
    this.#entries.clear();
  }

  /**
   * Drop the expired entries.
   *
   * @returns {number} how many there were
   */
  prune() {
    let dropped = 0;
    for (const [key, entry] of this.#entries) {
      if (!this.#isExpired(entry)) continue;
      this.#entries.delete(key);
      this.#stats.count('expirations');
      dropped += 1;
    }
    return dropped;
  }

  /** The keys that have not expired, the least recently used first. */
  keys() {
    return [...this.#entries.keys()].filter((key) => this.has(key));
  }

  /** The counters: hits, misses, sets, deletes, evictions, expirations, hitRate. */
  stats() {
    return this.#stats.snapshot();
  }

  /** Set all counters to zero. */
  resetStats() {
    this.#stats.reset();
  }

  #isExpired(entry) {
    return this.now() >= entry.expiresAt;
  }
}
