import type { RandomSource } from '../base/random.js';

export interface RetryPolicy {
  /** Tries in all, the first one included. */
  readonly maximumAttempts: number;
  /** Milliseconds before the second try, doubled for each further one. */
  readonly baseDelay: number;
  /** Milliseconds that back-off grows to at most. */
  readonly maximumDelay: number;
  /** Milliseconds that a provider may ask us to wait; it asks for more only where no waiting helps. */
  readonly maximumRetryAfter: number;
}

export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  maximumAttempts: 6,
  baseDelay: 1_000,
  maximumDelay: 60_000,
  maximumRetryAfter: 300_000,
};

/** A try that failed. */
export interface FailedAttempt {
  /** 1 for the first try. */
  readonly attempt: number;
  readonly isRetryable: boolean;
  /** Milliseconds that the provider asked to wait. */
  readonly retryAfter?: number | undefined;
}

/**
 * Milliseconds to wait before the next try, or nothing when there shall be none.
 *
 * Back-off is exponential and spread over its upper half, so that two agents that were turned away together do
 * not come back together. Where the provider asks for a pause it gets all of it, and up to `baseDelay` more.
 */
export function retryDelay(
  failed: FailedAttempt,
  policy: RetryPolicy,
  random: RandomSource,
): number | undefined {
  if (!failed.isRetryable || failed.attempt >= policy.maximumAttempts) return undefined;
  const { retryAfter } = failed;
  if (retryAfter !== undefined) {
    if (retryAfter > policy.maximumRetryAfter) return undefined;
    return Math.ceil(retryAfter + random() * policy.baseDelay);
  }
  const exponential = Math.min(policy.maximumDelay, policy.baseDelay * 2 ** (failed.attempt - 1));
  return Math.ceil(exponential * (0.5 + random() / 2));
}
