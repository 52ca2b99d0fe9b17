import type { ModelError } from './model-error.js';

/**
 * Settings of a request that some models refuse with status 400 although others need them: newer models
 * take no temperature, thinking ones no forced tool, and thinking that was written for another
 * conversation (or before a compaction) may not be sent back.
 */
export type RefusableSetting = 'temperature' | 'forced-tool' | 'thinking' | 'output-limit-name';

const SETTING_TEXTS: readonly (readonly [RefusableSetting, RegExp])[] = [
  ['forced-tool', /tool_choice|forced tool/i],
  ['temperature', /\btemperature\b/i],
  [
    'thinking',
    /thinking`? block|\bthinking\b|\bsignature\b|reasoning_content|reasoning_details|extra_content/i,
  ],
  [
    'output-limit-name',
    /max_completion_tokens|\bmax_tokens\b[^.]*(?:not supported|unsupported|unrecognized|unknown)/i,
  ],
];

/**
 * The setting that the provider refused, out of those that the request used. No list of models is kept for
 * this: the provider's own words decide, and a refused request is not billed.
 */
export function findRefusedSetting(
  error: ModelError,
  used: ReadonlySet<RefusableSetting>,
): RefusableSetting | undefined {
  if (error.kind !== 'bad-request' || (error.status !== 400 && error.status !== 422)) return undefined;
  for (const [setting, text] of SETTING_TEXTS) {
    if (used.has(setting) && text.test(error.message)) return setting;
  }
  return undefined;
}
