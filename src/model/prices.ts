import type { TokenUsage } from './chat-model.js';
import { isScripted } from './model-names.js';
import { PRICES, type ModelPrice, type TokenRates } from './price-table.js';
import { promptTokens } from './token-usage.js';

/** What a call cost: dollars, or that nobody told us its model's price. */
export type Cost = number | 'unpriced';

/** Scripted models are asked in this process. */
export const FREE: ModelPrice = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };

/** Endings that name a snapshot of a model, never another model: `-20250929`, `-2025-08-07`, `@20250929`, … */
const SNAPSHOT = /^(?:[-@]\d{8}|-\d{4}-\d{2}-\d{2}|-\d{3}|-latest|-preview(?:-\d{2}-\d{2,4})?)$/;

/** Prices by model name: the built-in table, and in front of it what a user adds. */
export class PriceBook {
  readonly #own: Readonly<Record<string, ModelPrice>>;

  /** @param own prices by full name (`provider/model`), which also hold for dated snapshots of it. */
  constructor(own: Readonly<Record<string, ModelPrice>> = {}) {
    this.#own = own;
  }

  /** The price of a model, or nothing for one that is not known; scripted ones are free. */
  priceOf(name: string): ModelPrice | undefined {
    if (isScripted(name)) return FREE;
    return findPrice(name, this.#own) ?? findPrice(name, PRICES);
  }

  /** Dollars of one call. */
  costOf(name: string, usage: TokenUsage): Cost {
    const price = this.priceOf(name);
    return price === undefined ? 'unpriced' : dollarsOf(usage, price);
  }
}

/** Finds a name as it is, else the longest name of which it is a dated snapshot. */
export function findPrice(name: string, table: Readonly<Record<string, ModelPrice>>): ModelPrice | undefined {
  if (Object.hasOwn(table, name)) return table[name];
  let best = '';
  for (const key of Object.keys(table)) {
    if (key.length > best.length && name.startsWith(key) && SNAPSHOT.test(name.slice(key.length))) best = key;
  }
  return best === '' ? undefined : table[best];
}

/** The rates that hold for a prompt of so many tokens. */
export function ratesFor(price: ModelPrice, prompt: number): TokenRates {
  return price.longPrompt !== undefined && prompt > price.longPrompt.above ? price.longPrompt : price;
}

/** Dollars that so many tokens cost. */
export function dollarsOf(usage: TokenUsage, price: ModelPrice): number {
  const rates = ratesFor(price, promptTokens(usage));
  const millionths =
    usage.input * rates.input +
    usage.output * rates.output +
    usage.cacheRead * rates.cacheRead +
    usage.cacheWrite * rates.cacheWrite;
  return millionths / 1_000_000;
}
