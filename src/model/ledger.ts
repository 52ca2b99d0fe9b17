import type { BudgetTotals, WorstCase } from './budget.js';
import type { TokenUsage } from './chat-model.js';
import { PriceBook, type Cost } from './prices.js';
import { addUsage, NO_USAGE, totalTokens } from './token-usage.js';

/** What a run, or one agent in it, has used. */
export interface LedgerTotals extends BudgetTotals {
  /** Calls that were charged; a call that was tried again counts each time it was billed. */
  readonly calls: number;
  /** Cached tokens told apart. */
  readonly usage: TokenUsage;
  /** All of {@link usage} together. */
  readonly tokens: number;
  /** Of the calls with a known price. */
  readonly dollars: number;
  /** Calls that are not in {@link dollars}. */
  readonly unpricedCalls: number;
}

const NOTHING: LedgerTotals = { calls: 0, usage: NO_USAGE, tokens: 0, dollars: 0, unpricedCalls: 0 };

/** Tokens and dollars of one run. */
export class Ledger {
  readonly prices: PriceBook;
  readonly #byAgent = new Map<string, LedgerTotals>();
  readonly #reserved = new Map<string, BudgetTotals>();
  readonly #unpriced = new Set<string>();
  #totals = NOTHING;

  constructor(prices: PriceBook = new PriceBook()) {
    this.prices = prices;
  }

  /**
   * Books what a call used, and ends its reservation.
   *
   * @param callId `<agent>/<purpose>/<number>`.
   */
  charge(callId: string, modelName: string, usage: TokenUsage): { dollars: Cost } {
    this.release(callId);
    const dollars = this.prices.costOf(modelName, usage);
    if (dollars === 'unpriced') this.#unpriced.add(modelName);
    const agent = agentOf(callId);
    this.#byAgent.set(agent, add(this.totalsOf(agent), usage, dollars));
    this.#totals = add(this.#totals, usage, dollars);
    return { dollars };
  }

  /** Sets the most a call can cost aside while it is under way, so that agents that run at once share one limit. */
  reserve(callId: string, worstCase: WorstCase): void {
    const dollars = worstCase.dollars === 'unpriced' ? 0 : worstCase.dollars;
    this.#reserved.set(callId, { tokens: worstCase.tokens, dollars });
  }

  /** Ends a reservation without a charge; no harm where there is none. */
  release(callId: string): void {
    this.#reserved.delete(callId);
  }

  /** All that was charged. */
  get totals(): LedgerTotals {
    return this.#totals;
  }

  /** All that was charged to one agent. */
  totalsOf(agent: string): LedgerTotals {
    return this.#byAgent.get(agent) ?? NOTHING;
  }

  /** Agents with at least one charge, in the order of their first. */
  get agents(): readonly string[] {
    return [...this.#byAgent.keys()];
  }

  /** Charged and reserved together: what a limit is held against. */
  get committed(): BudgetTotals {
    let { dollars, tokens } = this.#totals;
    for (const reservation of this.#reserved.values()) {
      dollars += reservation.dollars;
      tokens += reservation.tokens;
    }
    return { dollars, tokens };
  }

  /** Models that ran without a known price, for which a dollar limit did not hold. */
  get unpricedModels(): readonly string[] {
    return [...this.#unpriced];
  }
}

function agentOf(callId: string): string {
  const slash = callId.indexOf('/');
  return slash === -1 ? callId : callId.slice(0, slash);
}

function add(totals: LedgerTotals, usage: TokenUsage, dollars: Cost): LedgerTotals {
  return {
    calls: totals.calls + 1,
    usage: addUsage(totals.usage, usage),
    tokens: totals.tokens + totalTokens(usage),
    dollars: totals.dollars + (dollars === 'unpriced' ? 0 : dollars),
    unpricedCalls: totals.unpricedCalls + (dollars === 'unpriced' ? 1 : 0),
  };
}
