import type OpenAI from 'openai';
import { withDeadline } from './call-deadline.js';
import type { ChatAnswer, ChatModel, ChatRequest } from './chat-model.js';
import { checkAnswer } from './check-answer.js';
import { estimateInputTokens, estimateTextTokens } from './estimate-tokens.js';
import type { LiveModelOptions } from './live-model-options.js';
import { readCompletion } from './openai-answer.js';
import { fetchWithPlainErrors } from './openai-error-body.js';
import { buildOpenAiRequest, type OpenAiRequest } from './openai-request.js';
import { toModelError } from './provider-error.js';
import { findRefusedSetting, type RefusableSetting } from './refused-settings.js';

/** A model behind OpenAI's chat completions or any server that speaks them. Make one with `createLiveModel`. */
export class OpenAiModel implements ChatModel {
  readonly name: string;
  readonly isLive = true;
  readonly contextWindow: number;
  readonly #client: OpenAI;
  readonly #options: LiveModelOptions;
  readonly #refused = new Set<RefusableSetting>();

  private constructor(client: OpenAI, options: LiveModelOptions) {
    this.name = options.name;
    this.contextWindow = options.contextWindow;
    this.#client = client;
    this.#options = options;
  }

  /** Loads the SDK only now, because most commands never ask a model. */
  static async create(options: LiveModelOptions): Promise<OpenAiModel> {
    const { OpenAI: Client } = await import('openai');
    const isOpenAi = options.provider === 'openai';
    const client = new Client({
      apiKey: options.key ?? 'none',
      adminAPIKey: null,
      baseURL: options.baseUrl,
      // Another provider has no business with the user's OpenAI organization.
      ...(isOpenAi ? {} : { organization: null, project: null }),
      // Our own retries are recorded; the SDK's would not be.
      maxRetries: 0,
      timeout: options.timeout,
      // Its debug log would print headers.
      logLevel: 'off',
      fetch: fetchWithPlainErrors,
    });
    return new OpenAiModel(client, options);
  }

  async complete(request: ChatRequest, signal?: AbortSignal): Promise<ChatAnswer> {
    for (;;) {
      const built = buildOpenAiRequest(request, {
        provider: this.#options.provider,
        model: this.#options.model,
        maximumOutputTokens: request.maximumOutputTokens,
        refused: this.#refused,
      });
      try {
        return await this.#ask(request, built, signal);
      } catch (thrown) {
        signal?.throwIfAborted();
        const error = toModelError(thrown, this.#options);
        const setting = findRefusedSetting(error, built.used);
        if (setting === undefined) throw error;
        this.#refused.add(setting);
      }
    }
  }

  async #ask(
    request: ChatRequest,
    built: OpenAiRequest,
    signal: AbortSignal | undefined,
  ): Promise<ChatAnswer> {
    const completion = await withDeadline(this.#options.timeout, signal, (deadline) =>
      this.#client.chat.completions.create(built.body, { signal: deadline }),
    );
    const answer = readCompletion(completion, this.#options.provider, request.callId, {
      input: estimateInputTokens(request),
      output: estimateTextTokens,
    });
    return checkAnswer(answer, this.#options.provider);
  }
}
