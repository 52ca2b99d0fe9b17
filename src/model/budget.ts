import { TroupeError } from '../base/errors.js';
import { dollarsOf, ratesFor, type Cost } from './prices.js';
import type { ModelPrice } from './price-table.js';

/** What a run may spend at most; nothing for no limit. */
export interface BudgetLimits {
  readonly dollars?: number;
  /** Tokens of prompts and answers together, cached ones included. */
  readonly tokens?: number;
}

/** What has been spent or promised to calls under way. */
export interface BudgetTotals {
  readonly dollars: number;
  readonly tokens: number;
}

/** A call that is about to be made. */
export interface CallEstimate {
  /** Tokens of the prompt, rather too many than too few. */
  readonly inputTokens: number;
  /** Tokens that the answer may take if the budget lets it. */
  readonly maximumOutputTokens: number;
  /** Tokens below which an answer is of no use. Default 1,024, or `maximumOutputTokens` where that is less. */
  readonly minimumOutputTokens?: number;
  /** Nothing for a model of unknown price. */
  readonly price: ModelPrice | undefined;
}

/** The most that an admitted call can cost, if its prompt is no longer than estimated. */
export interface WorstCase {
  readonly tokens: number;
  readonly dollars: Cost;
}

export type BudgetDecision =
  | {
      readonly verdict: 'proceed';
      /** Tokens; lowered where only a shorter answer still fits. */
      readonly maximumOutputTokens: number;
      readonly worstCase: WorstCase;
      /** Set where a dollar limit stands but cannot hold, because the model has no known price. */
      readonly dollarLimitUnchecked: boolean;
    }
  | {
      readonly verdict: 'refuse';
      readonly reason: 'dollar-limit' | 'token-limit';
      readonly limit: number;
      readonly spent: number;
      /** The least that the call would have taken, in the limit's unit. */
      readonly needed: number;
    };

const USEFUL_OUTPUT = 1_024;

/**
 * Decides before a call whether the budget bears it. A limit checked after the call would be overshot; here the
 * worst case (the whole prompt at its dearest rate, the longest answer) must still fit.
 */
export function checkBudget(totals: BudgetTotals, limits: BudgetLimits, call: CallEstimate): BudgetDecision {
  const useful = Math.min(call.minimumOutputTokens ?? USEFUL_OUTPUT, call.maximumOutputTokens);
  let output = call.maximumOutputTokens;

  if (limits.tokens !== undefined) {
    output = Math.min(output, Math.floor(limits.tokens - totals.tokens - call.inputTokens));
    if (output < useful) {
      const needed = call.inputTokens + useful;
      return { verdict: 'refuse', reason: 'token-limit', limit: limits.tokens, spent: totals.tokens, needed };
    }
  }

  const { price } = call;
  if (limits.dollars !== undefined && price !== undefined) {
    const bound = limits.dollars;
    const left = bound - totals.dollars - worstDollars(call.inputTokens, 0, price);
    const rate = ratesFor(price, call.inputTokens).output;
    if (rate > 0) output = Math.min(output, Math.floor((left / rate) * 1_000_000));
    if (output < useful || totals.dollars + worstDollars(call.inputTokens, output, price) > bound) {
      const needed = worstDollars(call.inputTokens, useful, price);
      return { verdict: 'refuse', reason: 'dollar-limit', limit: bound, spent: totals.dollars, needed };
    }
  }

  const dollars = price === undefined ? 'unpriced' : worstDollars(call.inputTokens, output, price);
  return {
    verdict: 'proceed',
    maximumOutputTokens: output,
    worstCase: { tokens: call.inputTokens + output, dollars },
    dollarLimitUnchecked: limits.dollars !== undefined && price === undefined,
  };
}

/** Dollars of a call whose whole prompt is billed at the dearest of its rates. */
function worstDollars(inputTokens: number, outputTokens: number, price: ModelPrice): number {
  const rates = ratesFor(price, inputTokens);
  const none = { input: 0, output: outputTokens, cacheRead: 0, cacheWrite: 0 };
  if (rates.cacheWrite >= rates.input && rates.cacheWrite >= rates.cacheRead) {
    return dollarsOf({ ...none, cacheWrite: inputTokens }, price);
  }
  if (rates.cacheRead >= rates.input) return dollarsOf({ ...none, cacheRead: inputTokens }, price);
  return dollarsOf({ ...none, input: inputTokens }, price);
}

/** A call was not made, because the run's budget does not bear it. Ends the agent with a typed reason. */
export class BudgetExhausted extends TroupeError {
  readonly reason: 'dollar-limit' | 'token-limit';
  readonly limit: number;
  readonly spent: number;

  constructor(refusal: Extract<BudgetDecision, { verdict: 'refuse' }>) {
    const show = (amount: number): string =>
      refusal.reason === 'dollar-limit' ? `$${amount.toFixed(4)}` : `${Math.ceil(amount)} tokens`;
    super(
      `the next call needs ${show(refusal.needed)}, but ${show(refusal.spent)} of ${show(refusal.limit)} are spent or promised`,
      { code: refusal.reason },
    );
    this.reason = refusal.reason;
    this.limit = refusal.limit;
    this.spent = refusal.spent;
  }
}
