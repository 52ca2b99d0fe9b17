/** Dollars for a million tokens. */
export interface TokenRates {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

export interface ModelPrice extends TokenRates {
  /** Rates of a whole call whose prompt (cached tokens included) is longer than `above` tokens. */
  readonly longPrompt?: TokenRates & { readonly above: number };
}

/** Where caching a prompt costs nothing extra, writing is billed as input; where it saves nothing, so is reading. */
function rates(input: number, output: number, cacheRead = input, cacheWrite = input): TokenRates {
  return { input, output, cacheRead, cacheWrite };
}

/** Anthropic's rates for a cache entry of five minutes: writing 1.25 times the input's rate, reading mostly a tenth. */
function claude(input: number, output: number, cacheRead = input / 10): ModelPrice {
  return rates(input, output, cacheRead, input * 1.25);
}

/** OpenAI's models with a window of a million tokens: above 272,000 input and cache double, output grows by half. */
function longGpt(input: number, output: number, cacheRead: number, cacheWrite = input): ModelPrice {
  const long = rates(input * 2, output * 1.5, cacheRead * 2, cacheWrite * 2);
  return { ...rates(input, output, cacheRead, cacheWrite), longPrompt: { above: 272_000, ...long } };
}

/** Gemini Pro: above 200,000 tokens input and cache double, output grows by half. */
function geminiPro(input: number, output: number): ModelPrice {
  const long = rates(input * 2, output * 1.5, input / 5);
  return { ...rates(input, output, input / 10), longPrompt: { above: 200_000, ...long } };
}

/** The day on which {@link PRICES} was put together. */
export const PRICES_DATE = '2026-11-15';

/**
 * List prices in dollars for a million tokens at the standard tier, as the vendors' pricing pages gave them in
 * September to November 2026: platform.claude.com/docs/en/about-claude/pricing, developers.openai.com/api/docs/pricing,
 * ai.google.dev/gemini-api/docs/pricing. Promotions that end by a date are left out (the standing price is given),
 * so a bill may come out lower. Keys are full names without a date.
 */
export const PRICES: Readonly<Record<string, ModelPrice>> = {
  'anthropic/claude-fable-5-1': claude(10, 50, 0.25),
  'anthropic/claude-mythos-5-1': claude(10, 50, 0.25),
  'anthropic/claude-fable-5': claude(10, 50),
  'anthropic/claude-mythos-5': claude(10, 50),
  'anthropic/claude-opus-5-5': claude(4, 20, 0.2),
  'anthropic/claude-opus-5': claude(5, 25),
  'anthropic/claude-opus-4-8': claude(5, 25),
  'anthropic/claude-opus-4-7': claude(5, 25),
  'anthropic/claude-opus-4-6': claude(5, 25),
  'anthropic/claude-opus-4-5': claude(5, 25),
  'anthropic/claude-opus-4-1': claude(15, 75),
  'anthropic/claude-opus-4': claude(15, 75),
  'anthropic/claude-sonnet-5-5': claude(2, 10, 0.1),
  'anthropic/claude-sonnet-5': claude(2, 10),
  'anthropic/claude-sonnet-4-6': claude(3, 15),
  'anthropic/claude-sonnet-4-5': claude(3, 15),
  'anthropic/claude-sonnet-4': claude(3, 15),
  'anthropic/claude-3-7-sonnet': claude(3, 15),
  'anthropic/claude-haiku-5-5': {
    ...claude(0.1, 0.5),
    longPrompt: { above: 100_000, ...claude(0.5, 2.5) },
  },
  'anthropic/claude-haiku-4-5': claude(1, 5),
  'anthropic/claude-3-5-haiku': claude(0.8, 4),

  'openai/gpt-6-astra': longGpt(10, 50, 1, 12.5),
  'openai/gpt-6.1-sol': longGpt(2, 10, 0.1, 2.5),
  'openai/gpt-6-sol': longGpt(2, 10, 0.2, 2.5),
  'openai/gpt-6-luna': longGpt(0.1, 0.5, 0.01, 0.125),
  'openai/gpt-5.6-sol': longGpt(5, 30, 0.5, 6.25),
  'openai/gpt-5.6-terra': longGpt(2, 12, 0.2, 2.5),
  'openai/gpt-5.6-luna': longGpt(0.2, 1.2, 0.02, 0.25),
  'openai/gpt-5.5': longGpt(5, 30, 0.5),
  'openai/gpt-5.4': longGpt(2.5, 15, 0.25),
  'openai/gpt-5.4-mini': rates(0.75, 4.5, 0.075),
  'openai/gpt-5.4-nano': rates(0.2, 1.25, 0.02),
  'openai/gpt-5.2': rates(1.75, 14, 0.175),
  'openai/gpt-5.1': rates(1.25, 10, 0.125),
  'openai/gpt-5': rates(1.25, 10, 0.125),
  'openai/gpt-5-mini': rates(0.25, 2, 0.025),
  'openai/gpt-5-nano': rates(0.05, 0.4, 0.005),
  'openai/gpt-4.1': rates(2, 8, 0.5),
  'openai/gpt-4.1-mini': rates(0.4, 1.6, 0.1),
  'openai/gpt-4.1-nano': rates(0.1, 0.4, 0.025),
  'openai/gpt-4o': rates(2.5, 10, 1.25),
  'openai/gpt-4o-mini': rates(0.15, 0.6, 0.075),
  'openai/o3': rates(2, 8, 0.5),
  'openai/o4-mini': rates(1.1, 4.4, 0.275),

  'gemini/gemini-3.8-flash': rates(1.5, 7.5, 0.15),
  'gemini/gemini-3.7-flash': rates(1.5, 7.5, 0.15),
  'gemini/gemini-3.6-flash': rates(1.5, 7.5, 0.15),
  'gemini/gemini-3.5-flash': rates(1.5, 9, 0.15),
  'gemini/gemini-3.5-flash-lite': rates(0.3, 2.5, 0.03),
  'gemini/gemini-3.1-pro': geminiPro(2, 12),
  'gemini/gemini-3.1-flash-lite': rates(0.25, 1.5, 0.025),
  'gemini/gemini-3-pro': geminiPro(2, 12),
  'gemini/gemini-3-flash': rates(0.5, 3, 0.05),
  'gemini/gemini-2.5-pro': geminiPro(1.25, 10),
  'gemini/gemini-2.5-flash': rates(0.3, 2.5, 0.03),
  'gemini/gemini-2.5-flash-lite': rates(0.1, 0.4, 0.01),
};
