import { UserMistake } from '../base/errors.js';
import type { ChatModel } from './chat-model.js';
import { modelLimits } from './model-limits.js';
import { isScripted } from './model-names.js';
import { resolveEndpoint, secretsOf, type Environment } from './providers.js';

export interface CreateModelOptions {
  /** The option at fault in an error, e.g. `--model1`. */
  readonly field: string;
  /** Milliseconds until a call counts as unreachable. Default 600,000. */
  readonly timeout?: number;
  /** Tokens, for a model whose window is not in the table (or is served with a smaller one). */
  readonly contextWindow?: number;
}

const DEFAULT_TIMEOUT = 600_000;

/**
 * Makes a live model by its name. It asks once a call; wrap it in `withRetries` for more. Nothing is sent yet.
 *
 * @param environment where keys and base URLs are looked up, e.g. `process.env` after reading `.env`.
 * @throws {UserMistake} `model-name-invalid`, `model-provider-unknown`, `model-key-missing`,
 * `model-base-url-invalid`, `model-scripted`.
 */
export async function createLiveModel(
  name: string,
  environment: Environment,
  options: CreateModelOptions,
): Promise<ChatModel> {
  if (isScripted(name)) {
    throw new UserMistake(`${name} is scripted and cannot be asked over the network`, {
      code: 'model-scripted',
      where: options.field,
      remedy: 'Name a live model, e.g. anthropic/claude-sonnet-4-5-20250929.',
    });
  }
  const { wire, ...endpoint } = resolveEndpoint(name, environment, options.field);
  const limits = modelLimits(endpoint.model);
  const live = {
    ...endpoint,
    ...limits,
    secrets: secretsOf(environment),
    contextWindow: options.contextWindow ?? limits.contextWindow,
    timeout: options.timeout ?? DEFAULT_TIMEOUT,
  };
  if (wire === 'anthropic') {
    const { AnthropicModel } = await import('./anthropic-model.js');
    return AnthropicModel.create(live);
  }
  const { OpenAiModel } = await import('./openai-model.js');
  return OpenAiModel.create(live);
}
