/** All that a live model needs to know; `createLiveModel` finds it out. */
export interface LiveModelOptions {
  /** Full name, e.g. `openrouter/qwen/qwen3-coder`. */
  readonly name: string;
  /** First part of the name, e.g. `openrouter`. */
  readonly provider: string;
  /** The rest, as the provider is told it. */
  readonly model: string;
  readonly baseUrl: string;
  /** Nothing where the server takes none. */
  readonly key: string | undefined;
  /** Environment variable that holds the key. */
  readonly keyVariable: string;
  /** Every key this process knows, the other providers' too: an error of one may quote that of another. */
  readonly secrets: readonly string[];
  /** Tokens of prompt and answer together. */
  readonly contextWindow: number;
  /** Tokens of an answer where a request does not say and the provider must be told. */
  readonly maximumOutputTokens: number;
  /** Milliseconds until a call counts as unreachable. */
  readonly timeout: number;
}
