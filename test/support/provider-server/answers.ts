/** What a programmed provider answers to one request; the server writes it in the wire form that was asked. */

export interface ProgrammedToolCall {
  /** Default `call_<request number>_<index from 1>`. */
  readonly id?: string;
  readonly name: string;
  /** An object, or the very text to send, which may be broken JSON. */
  readonly arguments: Readonly<Record<string, unknown>> | string;
}

/** Tokens as the wire reports them. */
export interface ProgrammedUsage {
  readonly input?: number;
  readonly output?: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
}

/** An answer of status 200. Without text, tool calls or refusal it is an empty answer. */
export interface ProgrammedMessage {
  readonly text?: string;
  /** Thinking text; Anthropic's form carries it with a signature, the other as `reasoning_content`. */
  readonly thinking?: string;
  /** Data of a redacted thinking block (Anthropic's form only). */
  readonly redactedThinking?: string;
  readonly toolCalls?: readonly ProgrammedToolCall[];
  /** The model refuses, with this text (which may be empty). */
  readonly refusal?: string;
  /** The answer ran into its output limit. */
  readonly isCutByLimit?: boolean;
  /** Default: 100 in, 20 out, nothing cached. */
  readonly usage?: ProgrammedUsage;
  /** Fields put beside the standard ones of the OpenAI form's message. */
  readonly extraFields?: Readonly<Record<string, unknown>>;
}

/** A failure. */
export interface ProgrammedFailure {
  readonly fail:
    | 'rate-limited'
    | 'server-error'
    | 'overloaded'
    | 'unavailable'
    | 'unauthorized'
    | 'forbidden'
    | 'not-found'
    | 'bad-request'
    | 'context-length'
    | 'no-credit'
    /** The connection is cut before any header. */
    | 'cut-before-headers'
    /** Headers and half of the body or stream arrive, then the connection is cut. */
    | 'cut-in-body'
    /** A stream that ends properly for HTTP but before its last event (Anthropic), or half a JSON body. */
    | 'ends-early'
    /** Status 200 and a stream that turns into an `overloaded_error` event (Anthropic), or a plain 529. */
    | 'overloaded-in-stream'
    /** Status 200 and a page of HTML. */
    | 'not-json'
    /** The request is taken and never answered. */
    | 'hang';
  /** Sent as `retry-after`: seconds, or an HTTP date. */
  readonly retryAfter?: number | string;
  /** Sent as `retry-after-ms`. */
  readonly retryAfterMilliseconds?: number;
  /** The error's text; a plain one by default. */
  readonly message?: string;
}

/** A body to send as it is, for servers that keep to no form. */
export interface RawAnswer {
  readonly raw: string;
  readonly status?: number;
  readonly contentType?: string;
}

export type ProgrammedAnswer = ProgrammedMessage | ProgrammedFailure | RawAnswer;

/** An error response in both wire forms. */
export interface ErrorResponse {
  readonly status: number;
  /** Where Anthropic answers another status than OpenAI. */
  readonly anthropicStatus?: number;
  /** Anthropic's type of the error. */
  readonly anthropic: string;
  readonly openai: { readonly type: string; readonly code: string | null };
  readonly text: string;
}

/** Status and machine-readable names of the failures that are plain error responses. */
export const ERROR_RESPONSES: Readonly<Record<string, ErrorResponse>> = {
  'rate-limited': {
    status: 429,
    anthropic: 'rate_limit_error',
    openai: { type: 'requests', code: 'rate_limit_exceeded' },
    text: 'Too many requests.',
  },
  'server-error': {
    status: 500,
    anthropic: 'api_error',
    openai: { type: 'server_error', code: null },
    text: 'Something broke on our side.',
  },
  overloaded: {
    status: 529,
    anthropic: 'overloaded_error',
    openai: { type: 'overloaded', code: null },
    text: 'Overloaded.',
  },
  unavailable: {
    status: 503,
    anthropic: 'api_error',
    openai: { type: 'server_error', code: null },
    text: 'Service unavailable.',
  },
  unauthorized: {
    status: 401,
    anthropic: 'authentication_error',
    openai: { type: 'invalid_request_error', code: 'invalid_api_key' },
    text: 'The key is not valid.',
  },
  forbidden: {
    status: 403,
    anthropic: 'permission_error',
    openai: { type: 'invalid_request_error', code: null },
    text: 'The key may not use this model.',
  },
  'not-found': {
    status: 404,
    anthropic: 'not_found_error',
    openai: { type: 'invalid_request_error', code: 'model_not_found' },
    text: 'No such model.',
  },
  'bad-request': {
    status: 400,
    anthropic: 'invalid_request_error',
    openai: { type: 'invalid_request_error', code: null },
    text: 'The request is not valid.',
  },
  'context-length': {
    status: 400,
    anthropic: 'invalid_request_error',
    openai: { type: 'invalid_request_error', code: 'context_length_exceeded' },
    text: 'prompt is too long: 210000 tokens > 200000 maximum',
  },
  'no-credit': {
    status: 429,
    anthropicStatus: 400,
    anthropic: 'invalid_request_error',
    openai: { type: 'insufficient_quota', code: 'insufficient_quota' },
    text: 'Your credit balance is too low.',
  },
};
