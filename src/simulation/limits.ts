import { UserMistake } from '../base/errors.js';

/** How much a run may take; each limit that ends something is named as the reason. */
export interface RunLimits {
  /** Model calls an agent may make while planning. */
  readonly planningIterations: number;
  /** Steps an agent may make while working; a step is one model answer with all the tools it calls. */
  readonly executionActions: number;
  /** Milliseconds an agent may work. */
  readonly executionTime: number;
  /** Dollars the whole run may cost; needs models with known prices. */
  readonly dollars?: number;
  /** Tokens the whole run may take, input and output, cached ones included. */
  readonly tokens?: number;
}

/** The limits of the paper's runs (domain: pipeline). */
export const DEFAULT_LIMITS: RunLimits = {
  planningIterations: 25,
  executionActions: 100,
  executionTime: 25 * 60_000,
};

const FIELDS = {
  planningIterations: '--max-iterations',
  executionActions: '--max-actions',
  executionTime: '--max-minutes',
  dollars: '--max-cost',
  tokens: '--max-tokens',
} as const;

/** Limits that count steps or tokens. */
const WHOLE: ReadonlySet<string> = new Set(['planningIterations', 'executionActions', 'tokens']);

/**
 * Fills in the defaults; a limit that is `undefined` counts as not given.
 *
 * @throws {UserMistake} for a limit that is not a positive number, or is no whole number where steps or tokens
 * are counted.
 */
export function completeLimits(limits: Partial<Record<keyof RunLimits, number | undefined>> = {}): RunLimits {
  const given = Object.entries(limits).filter(([, value]) => value !== undefined) as [string, number][];
  for (const [name, value] of given) {
    const isWhole = WHOLE.has(name);
    if (value > 0 && (isWhole ? Number.isSafeInteger(value) : Number.isFinite(value))) continue;
    throw new UserMistake(`${value} is not a positive ${isWhole ? 'whole ' : ''}number`, {
      code: 'limit-invalid',
      where: FIELDS[name as keyof RunLimits],
      remedy: `give a ${isWhole ? 'whole ' : ''}number above 0`,
    });
  }
  return { ...DEFAULT_LIMITS, ...Object.fromEntries(given) };
}
