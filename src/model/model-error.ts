import { TroupeError, type ErrorDetails } from '../base/errors.js';
import type { TokenUsage } from './chat-model.js';

/**
 * Every way in which asking a model can fail. `rate-limited`, `overloaded`, `server-error`, `unreachable` and
 * `empty-answer` are worth another try; the others are final.
 */
export type ModelErrorKind =
  | 'rate-limited'
  | 'overloaded'
  | 'server-error'
  | 'unreachable'
  | 'empty-answer'
  | 'context-length'
  | 'authentication'
  | 'bad-request';

const RETRYABLE: ReadonlySet<ModelErrorKind> = new Set([
  'rate-limited',
  'overloaded',
  'server-error',
  'unreachable',
  'empty-answer',
]);

export interface ModelErrorDetails extends Omit<ErrorDetails, 'code'> {
  readonly kind: ModelErrorKind;
  /** Milliseconds the provider asked to wait (`retry-after`). */
  readonly retryAfter?: number;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** Tokens that were billed all the same: an empty answer, or one cut on the way. */
  readonly usage?: TokenUsage;
}

/** A model call that brought no answer. Its text never holds a key. */
export class ModelError extends TroupeError {
  readonly kind: ModelErrorKind;
  readonly retryAfter: number | undefined;
  readonly status: number | undefined;
  readonly usage: TokenUsage | undefined;

  constructor(message: string, details: ModelErrorDetails) {
    super(message, { ...details, code: `model-${details.kind}` });
    this.kind = details.kind;
    this.retryAfter = details.retryAfter;
    this.status = details.status;
    this.usage = details.usage;
  }

  get isRetryable(): boolean {
    return RETRYABLE.has(this.kind);
  }
}
