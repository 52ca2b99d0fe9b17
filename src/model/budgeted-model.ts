import { BudgetExhausted, checkBudget, type BudgetLimits } from './budget.js';
import type { ChatAnswer, ChatModel, ChatRequest, TokenUsage } from './chat-model.js';
import { estimateInputTokens } from './estimate-tokens.js';
import type { Ledger } from './ledger.js';
import { ModelError } from './model-error.js';
import { modelLimits } from './model-limits.js';
import type { Cost } from './prices.js';

/** One booked call. */
export interface Charge {
  readonly callId: string;
  readonly modelName: string;
  readonly usage: TokenUsage;
  readonly dollars: Cost;
}

export interface BudgetOptions {
  /** Shared by all models of a run. */
  readonly ledger: Ledger;
  readonly limits: BudgetLimits;
  readonly onCharge?: (charge: Charge) => void;
  /** Told once, before the first call to a model without a known price while a dollar limit stands. */
  readonly onDollarLimitUnchecked?: (modelName: string) => void;
}

/**
 * The same model, asked only while the budget bears the call's worst case; a call that only a shorter answer lets
 * fit is asked for that. What it used is charged to the ledger, failures that were billed included. Put it inside
 * `withRetries`, so that each try is checked.
 *
 * Its `complete` throws {@link BudgetExhausted} beside what the port allows.
 */
export function withBudget(model: ChatModel, options: BudgetOptions): ChatModel {
  const { ledger, limits } = options;
  const price = ledger.prices.priceOf(model.name);
  let isTold = false;

  const charge = (callId: string, usage: TokenUsage): void => {
    const { dollars } = ledger.charge(callId, model.name, usage);
    options.onCharge?.({ callId, modelName: model.name, usage, dollars });
  };

  const charged = async (request: ChatRequest, signal: AbortSignal | undefined): Promise<ChatAnswer> => {
    try {
      const answer = await model.complete(request, signal);
      charge(request.callId, answer.usage);
      return answer;
    } catch (error) {
      if (error instanceof ModelError && error.usage !== undefined) charge(request.callId, error.usage);
      throw error;
    }
  };

  return {
    name: model.name,
    isLive: model.isLive,
    contextWindow: model.contextWindow,
    async complete(request: ChatRequest, signal?: AbortSignal): Promise<ChatAnswer> {
      // Without a limit there is nothing to check, and estimating a long prompt at every step is not free.
      if (limits.dollars === undefined && limits.tokens === undefined) return charged(request, signal);
      const decision = checkBudget(ledger.committed, limits, {
        inputTokens: estimateInputTokens(request),
        maximumOutputTokens: request.maximumOutputTokens ?? modelLimits(model.name).maximumOutputTokens,
        price,
      });
      if (decision.verdict === 'refuse') throw new BudgetExhausted(decision);
      if (decision.dollarLimitUnchecked && !isTold) {
        isTold = true;
        options.onDollarLimitUnchecked?.(model.name);
      }
      ledger.reserve(request.callId, decision.worstCase);
      try {
        return await charged({ ...request, maximumOutputTokens: decision.maximumOutputTokens }, signal);
      } finally {
        ledger.release(request.callId);
      }
    },
  };
}
