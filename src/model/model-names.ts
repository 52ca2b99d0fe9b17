import { UserMistake } from '../base/errors.js';

/** A model's name taken apart: `openrouter/qwen/qwen3-coder` has provider `openrouter`, model `qwen/qwen3-coder`. */
export interface ModelName {
  /** As users write it, provider included. */
  readonly name: string;
  readonly provider: string;
  readonly model: string;
}

const PROVIDER = /^[a-z][a-z0-9_-]*$/;

/** Families that users of the Python tool write without a provider. */
const BARE_FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/^claude-/, 'anthropic'],
  [/^(?:gpt-|chatgpt-|o[134](?:-|$))/, 'openai'],
  [/^gemini-/, 'gemini'],
];

/**
 * Reads `provider/model`. Well-known families may leave the provider out; the name then gains it.
 *
 * @param field the option at fault in an error, e.g. `--model1`.
 * @throws {UserMistake} `model-name-invalid`.
 */
export function parseModelName(text: string, field: string): ModelName {
  const trimmed = text.trim();
  const slash = trimmed.indexOf('/');
  const bare = slash === -1 ? BARE_FAMILIES.find(([pattern]) => pattern.test(trimmed)) : undefined;
  const provider = bare?.[1] ?? trimmed.slice(0, Math.max(0, slash)).toLowerCase();
  const model = trimmed.slice(slash + 1);
  // Control characters would break log lines; blanks are never part of a name.
  if (
    !PROVIDER.test(provider) ||
    !/^[\x21-\x7e]+$/.test(model) ||
    model.startsWith('/') ||
    model.endsWith('/')
  ) {
    throw new UserMistake(`"${trimmed}" is not a model's name`, {
      code: 'model-name-invalid',
      where: field,
      remedy: 'Write provider/model, e.g. anthropic/claude-sonnet-4-5-20250929 or scripted/gold.',
    });
  }
  return { name: `${provider}/${model}`, provider, model };
}

/** Whether a name stands for a scripted persona, which is built elsewhere and needs no key. */
export function isScripted(name: string): boolean {
  return name.trim().toLowerCase().startsWith('scripted/');
}
