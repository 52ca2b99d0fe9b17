import { UserMistake } from '../base/errors.js';
import { parseModelName } from './model-names.js';

/** Variables by name; `process.env` fits. */
export type Environment = Readonly<Record<string, string | undefined>>;

interface KnownProvider {
  readonly wire: 'anthropic' | 'openai';
  readonly baseUrl: string;
  readonly needsKey: boolean;
  /** Looked up after `<PROVIDER>_API_KEY`. */
  readonly otherKeyVariable?: string;
}

/** Providers that work by name; any other works once `<PROVIDER>_BASE_URL` is set. */
const KNOWN: Readonly<Record<string, KnownProvider>> = {
  anthropic: { wire: 'anthropic', baseUrl: 'https://api.anthropic.com', needsKey: true },
  openai: { wire: 'openai', baseUrl: 'https://api.openai.com/v1', needsKey: true },
  gemini: {
    wire: 'openai',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai/',
    needsKey: true,
    otherKeyVariable: 'GOOGLE_API_KEY',
  },
  openrouter: { wire: 'openai', baseUrl: 'https://openrouter.ai/api/v1', needsKey: true },
  ollama: { wire: 'openai', baseUrl: 'http://127.0.0.1:11434/v1', needsKey: false },
  vllm: { wire: 'openai', baseUrl: 'http://127.0.0.1:8000/v1', needsKey: false },
};

/** Where a live model answers, and with which key. Never log one: it holds the key. */
export interface ModelEndpoint {
  readonly name: string;
  readonly provider: string;
  readonly model: string;
  readonly wire: 'anthropic' | 'openai';
  readonly baseUrl: string;
  readonly key: string | undefined;
  readonly keyVariable: string;
}

/**
 * Finds where a live model answers. Reads only the environment, so that a mistake shows before anything starts.
 *
 * @param field the option at fault in an error, e.g. `--model1`.
 * @throws {UserMistake} `model-name-invalid`, `model-provider-unknown`, `model-key-missing`, `model-base-url-invalid`.
 */
export function resolveEndpoint(text: string, environment: Environment, field: string): ModelEndpoint {
  const { name, provider, model } = parseModelName(text, field);
  const known = Object.hasOwn(KNOWN, provider) ? KNOWN[provider] : undefined;
  const prefix = provider.toUpperCase().replace(/-/g, '_');
  const urlVariable = `${prefix}_BASE_URL`;
  const keyVariable = `${prefix}_API_KEY`;
  const baseUrl = read(environment, urlVariable) ?? known?.baseUrl;
  if (baseUrl === undefined) {
    const names = [...Object.keys(KNOWN), 'scripted'].join(', ');
    throw new UserMistake(`unknown model provider "${provider}"`, {
      code: 'model-provider-unknown',
      where: field,
      remedy: `Use one of ${names}, or set ${urlVariable} in the environment or in .env.`,
    });
  }
  checkBaseUrl(baseUrl, urlVariable);
  const key =
    read(environment, keyVariable) ??
    (known?.otherKeyVariable === undefined ? undefined : read(environment, known.otherKeyVariable));
  if (key === undefined && known?.needsKey === true) {
    throw new UserMistake(`no key for ${name}`, {
      code: 'model-key-missing',
      where: field,
      remedy: `Set ${keyVariable} in the environment or in .env, or use a scripted model such as scripted/gold.`,
    });
  }
  if (key !== undefined && !/^[\x21-\x7e]+$/.test(key)) {
    throw new UserMistake('the key holds a blank or a character that no header may carry', {
      code: 'model-key-invalid',
      where: keyVariable,
      remedy: 'Copy the key again, without quotes or line breaks.',
    });
  }
  return { name, provider, model, wire: known?.wire ?? 'openai', baseUrl, key, keyVariable };
}

/** Names of the variables that look as if they hold keys, e.g. to keep them out of a sandbox. */
export function keyVariablesOf(environment: Environment): string[] {
  return Object.keys(environment).filter((name) => /(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD)$/i.test(name));
}

/** What those variables hold, for `scrubSecrets`. */
export function secretsOf(environment: Environment): string[] {
  const values = keyVariablesOf(environment).map((name) => read(environment, name));
  return [...new Set(values.filter((value) => value !== undefined))];
}

function read(environment: Environment, name: string): string | undefined {
  const value = environment[name]?.trim();
  return value === undefined || value === '' ? undefined : value;
}

function checkBaseUrl(baseUrl: string, variable: string): void {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  // The address itself is not shown: it may hold a password.
  if (url === undefined || !isHttp || url.username !== '' || url.password !== '') {
    throw new UserMistake('not a usable base URL', {
      code: 'model-base-url-invalid',
      where: variable,
      remedy: 'Write an http or https address without user name and password, e.g. http://127.0.0.1:8000/v1.',
    });
  }
}
