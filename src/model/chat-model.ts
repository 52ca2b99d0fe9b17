/**
 * The port behind which every model stands: live ones over their vendors' SDKs, scripted personas and
 * recorded answers. A model is asked with the whole conversation and answers with text and tool calls.
 */

/** A tool as a model is told of it. */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments; always an object schema. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface TextBlock {
  readonly type: 'text';
  readonly text: string;
}

/** What a model thought aloud; handed back to it unchanged. */
export interface ThinkingBlock {
  readonly type: 'thinking';
  readonly text: string;
  /** The provider's own block as it arrived, signature included. */
  readonly original?: unknown;
}

export interface ToolCallBlock {
  readonly type: 'tool-call';
  /** The provider's identifier of the call, which its result must name. */
  readonly id: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** The arguments as sent, where they were not a JSON object; `arguments` is then empty. */
  readonly brokenArguments?: string;
}

export interface ToolResultBlock {
  readonly type: 'tool-result';
  readonly callId: string;
  readonly name: string;
  readonly output: string;
  readonly isError: boolean;
}

export type AssistantBlock = TextBlock | ThinkingBlock | ToolCallBlock;
export type UserBlock = TextBlock | ToolResultBlock;

export type ChatMessage =
  | { readonly role: 'user'; readonly content: readonly UserBlock[] }
  | { readonly role: 'assistant'; readonly content: readonly AssistantBlock[] };

/** Why a model is asked. */
export type ChatPurpose = 'plan' | 'execute' | 'summarize' | 'merge';

export interface ChatRequest {
  /** Who asks, e.g. `agent1` or `referee`. */
  readonly agent: string;
  readonly purpose: ChatPurpose;
  /** Key of this call in the log: `<agent>/<purpose>/<number from 1>`. */
  readonly callId: string;
  /** Stable prefix of the prompt; providers that can are asked to cache it. */
  readonly system: string;
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ToolDefinition[];
  /** Name of the one tool that must be called; any or none where absent. */
  readonly requiredTool?: string;
  /** Tokens. */
  readonly maximumOutputTokens?: number;
  /** 0 to 1; the provider's default where absent. */
  readonly temperature?: number;
}

/** Tokens of one call. `input` leaves out those that came from or went to the cache. */
export interface TokenUsage {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

/** Why the model stopped writing. */
export type AnswerEnd = 'finished' | 'tool-calls' | 'output-limit' | 'refusal';

export interface ChatAnswer {
  readonly content: readonly AssistantBlock[];
  readonly end: AnswerEnd;
  readonly usage: TokenUsage;
}

export interface ChatModel {
  /** Full name as users write it, e.g. `anthropic/claude-sonnet-4-5-20250929`. */
  readonly name: string;
  /** Whether calls leave this process and may cost money. */
  readonly isLive: boolean;
  /** Tokens that prompt and answer may take together. */
  readonly contextWindow: number;
  /**
   * Asks once, without retrying.
   *
   * @throws {ModelError} for every way in which a provider can fail; never anything else, but for the
   * signal's reason once `signal` has aborted.
   */
  complete(request: ChatRequest, signal?: AbortSignal): Promise<ChatAnswer>;
}
