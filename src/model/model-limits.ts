/** How much a model takes and gives, in tokens. */
export interface ModelLimits {
  /** Prompt and answer together. */
  readonly contextWindow: number;
  /** Asked for where a request does not say; never more than the model can give. */
  readonly maximumOutputTokens: number;
}

/** What an unknown model is taken to have: modest, so that compaction comes rather too early. */
export const DEFAULT_LIMITS: ModelLimits = { contextWindow: 128_000, maximumOutputTokens: 8_192 };

/** Enough for an agent's longest single step, and within what every current Claude model gives. */
const LONG_OUTPUT = 32_000;

/**
 * First match wins, so narrower names come first. From the vendors' model pages, November 2026. The windows of
 * Claude models that offer a million tokens only on request are given as without it.
 */
const TABLE: readonly (readonly [RegExp, ModelLimits])[] = [
  [/claude-3-haiku/, { contextWindow: 200_000, maximumOutputTokens: 4_096 }],
  [/claude-3-[5o]/, { contextWindow: 200_000, maximumOutputTokens: 4_096 }],
  [/claude-(?:fable|mythos)/, { contextWindow: 1_000_000, maximumOutputTokens: LONG_OUTPUT }],
  [
    /claude-(?:opus|sonnet|haiku)-(?:[5-9]|\d\d)\b/,
    { contextWindow: 1_000_000, maximumOutputTokens: LONG_OUTPUT },
  ],
  [/claude-opus-4[.-][678]/, { contextWindow: 1_000_000, maximumOutputTokens: LONG_OUTPUT }],
  [/claude-sonnet-4[.-]6/, { contextWindow: 1_000_000, maximumOutputTokens: LONG_OUTPUT }],
  [/claude/, { contextWindow: 200_000, maximumOutputTokens: LONG_OUTPUT }],
  [/gpt-5\.[4-9]-(?:mini|nano)/, { contextWindow: 400_000, maximumOutputTokens: LONG_OUTPUT }],
  [/gpt-(?:5\.[45]|6)/, { contextWindow: 1_050_000, maximumOutputTokens: LONG_OUTPUT }],
  [/gpt-5.*chat/, { contextWindow: 128_000, maximumOutputTokens: 16_384 }],
  [/gpt-5/, { contextWindow: 400_000, maximumOutputTokens: LONG_OUTPUT }],
  [/gpt-4\.1/, { contextWindow: 1_047_576, maximumOutputTokens: LONG_OUTPUT }],
  [/\bo[134](?:-|$)/, { contextWindow: 200_000, maximumOutputTokens: LONG_OUTPUT }],
  [/gpt-4o/, { contextWindow: 128_000, maximumOutputTokens: 16_384 }],
  [/gemini-[2-9]/, { contextWindow: 1_048_576, maximumOutputTokens: LONG_OUTPUT }],
  [/qwen3-coder|qwen3/i, { contextWindow: 262_144, maximumOutputTokens: LONG_OUTPUT }],
  [/minimax-m2/i, { contextWindow: 196_608, maximumOutputTokens: LONG_OUTPUT }],
];

/** The limits of a model by its name, with or without its provider; a sane default for unknown ones. */
export function modelLimits(name: string): ModelLimits {
  const found = TABLE.find(([pattern]) => pattern.test(name.toLowerCase()));
  return found?.[1] ?? DEFAULT_LIMITS;
}
