import type { Clock } from '../base/clock.js';
import type { RandomSource } from '../base/random.js';
import type { ChatAnswer, ChatModel, ChatRequest, TokenUsage } from './chat-model.js';
import { ModelError, type ModelErrorKind } from './model-error.js';
import { DEFAULT_RETRY_POLICY, retryDelay, type RetryPolicy } from './retry-delay.js';

/** A failed try that another one follows. */
export interface RetryNotice {
  readonly callId: string;
  /** The try that failed; 1 for the first. */
  readonly attempt: number;
  readonly kind: ModelErrorKind;
  readonly message: string;
  /** Milliseconds until the next try. */
  readonly delay: number;
  /** Tokens that the failed try was billed. */
  readonly usage?: TokenUsage;
}

export interface RetryOptions extends Partial<RetryPolicy> {
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Told before each wait, so that every retry is on record. */
  readonly onRetry?: (notice: RetryNotice) => void;
}

/**
 * The same model, asked again after failures that may pass. The last failure is thrown as it is; while waiting,
 * the signal's reason is thrown at once.
 */
export function withRetries(model: ChatModel, options: RetryOptions): ChatModel {
  const { clock, random, onRetry, ...given } = options;
  const policy: RetryPolicy = { ...DEFAULT_RETRY_POLICY, ...given };
  return {
    name: model.name,
    isLive: model.isLive,
    contextWindow: model.contextWindow,
    async complete(request: ChatRequest, signal?: AbortSignal): Promise<ChatAnswer> {
      for (let attempt = 1; ; attempt += 1) {
        signal?.throwIfAborted();
        try {
          return await model.complete(request, signal);
        } catch (error) {
          if (!(error instanceof ModelError)) throw error;
          const { isRetryable, retryAfter, kind, message, usage } = error;
          const delay = retryDelay({ attempt, isRetryable, retryAfter }, policy, random);
          if (delay === undefined) throw error;
          const billed = usage === undefined ? {} : { usage };
          onRetry?.({ callId: request.callId, attempt, kind, message, delay, ...billed });
          await clock.sleep(delay, signal);
        }
      }
    },
  };
}
