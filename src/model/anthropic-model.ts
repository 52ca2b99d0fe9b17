import type Anthropic from '@anthropic-ai/sdk';
import type { RawMessageStreamEvent } from '@anthropic-ai/sdk/resources/messages/messages.js';
import { AnthropicAnswerReader } from './anthropic-answer.js';
import { buildAnthropicRequest, type AnthropicRequest } from './anthropic-request.js';
import { withDeadline } from './call-deadline.js';
import type { ChatAnswer, ChatModel, ChatRequest } from './chat-model.js';
import { checkAnswer } from './check-answer.js';
import type { LiveModelOptions } from './live-model-options.js';
import { toModelError, type ProviderErrorContext } from './provider-error.js';
import { findRefusedSetting, type RefusableSetting } from './refused-settings.js';

/** A Claude model over Anthropic's Messages API. Make one with `createLiveModel`. */
export class AnthropicModel implements ChatModel {
  readonly name: string;
  readonly isLive = true;
  readonly contextWindow: number;
  readonly #client: Anthropic;
  readonly #options: LiveModelOptions;
  readonly #refused = new Set<RefusableSetting>();
  readonly #refusedThinking = new Set<string>();

  private constructor(client: Anthropic, options: LiveModelOptions) {
    this.name = options.name;
    this.contextWindow = options.contextWindow;
    this.#client = client;
    this.#options = options;
  }

  /** Loads the SDK only now, because most commands never ask a model. */
  static async create(options: LiveModelOptions): Promise<AnthropicModel> {
    const { Anthropic: Client } = await import('@anthropic-ai/sdk');
    const client = new Client({
      apiKey: options.key ?? 'none',
      baseURL: options.baseUrl.replace(/\/v1\/?$/, ''),
      // Our own retries are recorded; the SDK's would not be.
      maxRetries: 0,
      timeout: options.timeout,
      // Its debug log would print headers.
      logLevel: 'off',
    });
    return new AnthropicModel(client, options);
  }

  async complete(request: ChatRequest, signal?: AbortSignal): Promise<ChatAnswer> {
    for (;;) {
      const built = buildAnthropicRequest(request, {
        model: this.#options.model,
        maximumOutputTokens: request.maximumOutputTokens ?? this.#options.maximumOutputTokens,
        refused: this.#refused,
        refusedThinking: this.#refusedThinking,
      });
      try {
        return await this.#ask(built, signal);
      } catch (thrown) {
        signal?.throwIfAborted();
        const error = toModelError(thrown, this.#errorContext());
        const setting = findRefusedSetting(error, built.used);
        if (setting === undefined) throw error;
        // Each round takes away a setting or thinking blocks, so this ends.
        if (setting === 'thinking') for (const block of built.thinking) this.#refusedThinking.add(block);
        else this.#refused.add(setting);
      }
    }
  }

  async #ask(built: AnthropicRequest, signal: AbortSignal | undefined): Promise<ChatAnswer> {
    const reader = new AnthropicAnswerReader();
    try {
      await withDeadline(this.#options.timeout, signal, async (deadline) => {
        // Streamed, because a long answer in one piece outlives the timeouts on the way. `post` and not
        // `messages.create`, which prints a warning on every call to a model that is to be retired.
        const stream = await this.#client.post<AsyncIterable<RawMessageStreamEvent>>('/v1/messages', {
          body: built.body,
          stream: true,
          signal: deadline,
        });
        for await (const event of stream) reader.read(event);
        deadline.throwIfAborted();
        if (!reader.isComplete) throw new Error('the answer was cut off');
      });
    } catch (thrown) {
      signal?.throwIfAborted();
      throw toModelError(thrown, this.#errorContext(reader));
    }
    return checkAnswer(reader.finish(), this.#options.provider);
  }

  #errorContext(reader?: AnthropicAnswerReader): ProviderErrorContext {
    const { provider, keyVariable, secrets } = this.#options;
    return {
      provider,
      keyVariable,
      secrets,
      ...(reader?.usage === undefined ? {} : { usage: reader.usage }),
    };
  }
}
