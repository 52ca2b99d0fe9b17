import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { UserMistake } from '../base/errors.js';
import type { ModelPrice } from './price-table.js';
import { PriceBook } from './prices.js';
import type { Environment } from './providers.js';

const rate = z.number().nonnegative().finite();
const rates = { input: rate, output: rate, cacheRead: rate.optional(), cacheWrite: rate.optional() };
const priceSchema = z.strictObject({
  ...rates,
  longPrompt: z.strictObject({ above: z.number().int().positive(), ...rates }).optional(),
});
const fileSchema = z.record(z.string().regex(/^[^/\s]+\/\S+$/, 'write provider/model'), priceSchema);

/**
 * The prices that hold for this process: the built-in ones, and in front of them those of the JSON file that
 * `TROUPE_PRICES` names. The file maps full model names to dollars for a million tokens:
 * `{ "vllm/qwen3-coder": { "input": 0.2, "output": 0.8, "cacheRead": 0.02 } }`; cached tokens cost what input does
 * where their rates are left out.
 *
 * @throws {UserMistake} `prices-unreadable` or `prices-invalid`.
 */
export async function loadPriceBook(environment: Environment): Promise<PriceBook> {
  const path = environment['TROUPE_PRICES']?.trim();
  if (path === undefined || path === '') return new PriceBook();
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new UserMistake('the file with prices cannot be read', {
      code: 'prices-unreadable',
      where: `TROUPE_PRICES (${path})`,
      remedy: 'Name an existing JSON file, or unset the variable.',
      cause,
    });
  }
  return new PriceBook(parsePrices(text, `TROUPE_PRICES (${path})`));
}

/**
 * Reads the text of a price file.
 *
 * @param where shown in errors.
 * @throws {UserMistake} `prices-invalid`, naming the field.
 */
export function parsePrices(text: string, where: string): Readonly<Record<string, ModelPrice>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid('not JSON', where, cause);
  }
  const parsed = fileSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(
      `${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'invalid'}`,
      where,
      parsed.error,
    );
  }
  const entries = Object.entries(parsed.data).map(([name, { longPrompt, ...price }]) => {
    const long =
      longPrompt === undefined ? {} : { longPrompt: { above: longPrompt.above, ...fill(longPrompt) } };
    return [name, { ...fill(price), ...long }] as const;
  });
  return Object.fromEntries(entries);
}

interface GivenRates {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number | undefined;
  readonly cacheWrite?: number | undefined;
}

function fill({ input, output, cacheRead = input, cacheWrite = input }: GivenRates): ModelPrice {
  return { input, output, cacheRead, cacheWrite };
}

function invalid(message: string, where: string, cause: unknown): UserMistake {
  return new UserMistake(message, {
    code: 'prices-invalid',
    where,
    remedy: 'Write { "provider/model": { "input": dollars, "output": dollars } } for a million tokens.',
    cause,
  });
}
