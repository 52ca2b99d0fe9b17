import type { TokenUsage } from './chat-model.js';
import { ModelError, type ModelErrorKind } from './model-error.js';
import { readRetryAfter, type ReadableHeaders } from './retry-after.js';
import { scrubSecrets } from './scrub-secrets.js';

/** What is known where an SDK threw. */
export interface ProviderErrorContext {
  /** Name of the provider, e.g. `anthropic`. */
  readonly provider: string;
  /** Environment variable that holds the key, for the remedy. */
  readonly keyVariable: string;
  /** Values that must not show in any text. */
  readonly secrets: readonly string[];
  /** Tokens billed before the failure. */
  readonly usage?: TokenUsage;
  /** Milliseconds since the epoch. */
  readonly now?: number;
}

/** The parts of an SDK's error that matter, whichever SDK threw it. */
interface ErrorFacts {
  readonly status: number | undefined;
  readonly headers: ReadableHeaders | undefined;
  /** Machine-readable names that the provider gave, e.g. `overloaded_error`, `context_length_exceeded`. */
  readonly names: readonly string[];
  readonly text: string;
}

const LONGEST_TEXT = 500;

const CONTEXT_LENGTH_NAMES = new Set([
  'context_length_exceeded',
  'exceed_context_size_error',
  'request_too_large',
  'model_context_window_exceeded',
  'string_above_max_length',
]);

/** How vendors and compatible servers word it when the prompt does not fit; they share no code for it. */
const CONTEXT_LENGTH_TEXT =
  /prompt is too long|maximum context length|context (?:length|window|size|limit)[^.]{0,60}exceed|exceed[^.]{0,60}context (?:length|window|size|limit)|input token count[^.]{0,80}exceeds|too many (?:input )?tokens|input (?:is|was) too long|too large for model with|reduce the length of the (?:messages|prompt)/i;

const NO_CREDIT_TEXT = /credit balance|insufficient (?:credit|quota|balance|funds)/i;

/**
 * Maps whatever an SDK threw to the one error family of the port. The SDK's own error is not kept as a cause,
 * because it holds the request's headers and with them the key.
 */
export function toModelError(error: unknown, context: ProviderErrorContext): ModelError {
  if (error instanceof ModelError) return error;
  const facts = readFacts(error);
  const kind = decideKind(facts);
  const retryAfter =
    facts.headers === undefined ? undefined : readRetryAfter(facts.headers, context.now ?? Date.now());
  const text = scrubSecrets(facts.text, context.secrets).replace(/\s+/g, ' ').trim().slice(0, LONGEST_TEXT);
  const remedy = remedyFor(kind, facts, context);
  const answered = facts.status === undefined ? 'failed' : `answered ${facts.status}`;
  const message =
    kind === 'unreachable'
      ? `${context.provider} could not be reached or broke off: ${text}`
      : `${context.provider} ${answered}: ${text}`;
  return new ModelError(message, {
    kind,
    where: context.provider,
    ...(remedy === undefined ? {} : { remedy }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(facts.status === undefined ? {} : { status: facts.status }),
    ...(context.usage === undefined ? {} : { usage: context.usage }),
  });
}

/** Decides the kind from status, names and text alone. */
export function decideKind(facts: Pick<ErrorFacts, 'status' | 'names' | 'text'>): ModelErrorKind {
  const { status } = facts;
  const named = (name: string): boolean => facts.names.includes(name);
  const mayBeLength =
    status === undefined || status === 400 || status === 413 || status === 422 || status >= 500;
  if (mayBeLength && facts.names.some((name) => CONTEXT_LENGTH_NAMES.has(name))) return 'context-length';
  if (mayBeLength && CONTEXT_LENGTH_TEXT.test(facts.text)) return 'context-length';
  if (status === 413) return 'context-length';
  // An account without credit answers 429 too, but no waiting mends it.
  if (named('insufficient_quota')) return 'bad-request';
  if (status === 529 || status === 503 || named('overloaded_error')) return 'overloaded';
  if (status === 429 || named('rate_limit_error')) return 'rate-limited';
  if (status === 401 || status === 403 || named('authentication_error') || named('permission_error')) {
    return 'authentication';
  }
  if (status === 408 || named('timeout_error')) return 'unreachable';
  if (status === 409 || status === 425) return 'server-error';
  if (status !== undefined && status >= 400 && status < 500) return 'bad-request';
  if (named('invalid_request_error') || named('not_found_error')) return 'bad-request';
  if (status !== undefined || named('api_error')) return 'server-error';
  return 'unreachable';
}

function remedyFor(
  kind: ModelErrorKind,
  facts: ErrorFacts,
  context: ProviderErrorContext,
): string | undefined {
  if (kind === 'authentication') return `Check ${context.keyVariable} in the environment or in .env.`;
  const isUnpaid = facts.names.includes('insufficient_quota') || facts.status === 402;
  if (isUnpaid || NO_CREDIT_TEXT.test(facts.text))
    return `Check the credit of the ${context.provider} account.`;
  if (kind === 'bad-request' && facts.status === 404) {
    return `Check the model's name and the base URL of ${context.provider}.`;
  }
  return undefined;
}

function readFacts(error: unknown): ErrorFacts {
  const thrown = asRecord(error);
  const body = asRecord(thrown?.['error']);
  const inner = asRecord(body?.['error']) ?? body;
  const names = [inner?.['type'], inner?.['code'], inner?.['status'], thrown?.['type'], thrown?.['code']];
  const status = typeof thrown?.['status'] === 'number' ? thrown['status'] : undefined;
  const said = typeof inner?.['message'] === 'string' ? inner['message'] : undefined;
  return {
    status,
    headers: readHeaders(thrown?.['headers']),
    names: names.filter((name): name is string => typeof name === 'string'),
    text: said ?? (status === undefined ? describeChain(error) : String(thrown?.['message'] ?? 'no text')),
  };
}

/** The messages and system codes of an error and its causes, e.g. `fetch failed: ECONNREFUSED`. */
function describeChain(error: unknown): string {
  const parts: string[] = [];
  let current: unknown = error;
  for (let depth = 0; depth < 5 && current !== undefined && current !== null; depth += 1) {
    const record = asRecord(current);
    const message = record === undefined ? String(current) : record['message'];
    if (typeof message === 'string' && message !== '' && !parts.includes(message)) parts.push(message);
    const code = record?.['code'];
    if (typeof code === 'string' && !parts.some((part) => part.includes(code))) parts.push(code);
    current = record?.['cause'];
  }
  return parts.join(': ') || 'no reason given';
}

function readHeaders(value: unknown): ReadableHeaders | undefined {
  const record = asRecord(value);
  return typeof record?.['get'] === 'function' ? (value as ReadableHeaders) : undefined;
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}
