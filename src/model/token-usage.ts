import type { TokenUsage } from './chat-model.js';

/** No tokens at all. */
export const NO_USAGE: TokenUsage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };

/** The sum, field by field. */
export function addUsage(first: TokenUsage, second: TokenUsage): TokenUsage {
  return {
    input: first.input + second.input,
    output: first.output + second.output,
    cacheRead: first.cacheRead + second.cacheRead,
    cacheWrite: first.cacheWrite + second.cacheWrite,
  };
}

/** Tokens of the prompt, whichever way they were billed. */
export function promptTokens(usage: TokenUsage): number {
  return usage.input + usage.cacheRead + usage.cacheWrite;
}

/** Tokens of prompt and answer together. */
export function totalTokens(usage: TokenUsage): number {
  return promptTokens(usage) + usage.output;
}

/** A token count as a server sent it: anything but a positive number counts as 0. */
export function readTokenCount(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.floor(value) : 0;
}
