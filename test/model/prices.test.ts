import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserMistake } from '../../src/base/errors.js';
import { loadPriceBook, parsePrices } from '../../src/model/price-file.js';
import { PRICES } from '../../src/model/price-table.js';
import { dollarsOf, FREE, PriceBook } from '../../src/model/prices.js';

const book = new PriceBook();

describe('the price of a model', () => {
  it.each([
    ['anthropic/claude-sonnet-4-5-20250929', 'anthropic/claude-sonnet-4-5'],
    ['anthropic/claude-opus-4-20250514', 'anthropic/claude-opus-4'],
    ['openai/gpt-5-mini-2025-08-07', 'openai/gpt-5-mini'],
    ['openai/gpt-5-2025-08-07', 'openai/gpt-5'],
    ['gemini/gemini-3.1-pro-preview', 'gemini/gemini-3.1-pro'],
    ['gemini/gemini-2.5-flash-lite-preview-09-2025', 'gemini/gemini-2.5-flash-lite'],
  ])('of the snapshot %s is that of %s', (snapshot, name) => {
    expect(PRICES[name]).toBeDefined();
    expect(book.priceOf(snapshot)).toBe(PRICES[name]);
  });

  it.each([
    'openai/gpt-5-codex',
    'openai/gpt-5.2-pro',
    'anthropic/claude-opus-4-9',
    'anthropic/claude-opus-40',
    'openrouter/anthropic/claude-sonnet-4-5',
    'vllm/gpt-5',
    'toString',
    '__proto__',
  ])('is not guessed for %s, which is another model', (name) => {
    expect(book.priceOf(name)).toBeUndefined();
    expect(book.costOf(name, { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 })).toBe('unpriced');
  });

  it('is nothing for scripted models', () => {
    expect(book.priceOf('scripted/gold')).toBe(FREE);
    expect(book.costOf('scripted/gold', { input: 9, output: 9, cacheRead: 9, cacheWrite: 9 })).toBe(0);
  });

  it('tells cached tokens apart', () => {
    const usage = { input: 1_000_000, output: 100_000, cacheRead: 2_000_000, cacheWrite: 400_000 };
    const sonnet = book.costOf('anthropic/claude-sonnet-4-5', usage);
    expect(sonnet).toBeCloseTo(3 + 1.5 + 2 * 0.3 + 0.4 * 3.75, 9);
  });

  it('is higher for a whole call whose prompt is long, cached tokens counted in', () => {
    const price = PRICES['gemini/gemini-2.5-pro'];
    if (price === undefined) throw new Error('no price');
    const short = { input: 100_000, output: 1_000, cacheRead: 100_000, cacheWrite: 0 };
    expect(dollarsOf(short, price)).toBeCloseTo((100_000 * 1.25 + 100_000 * 0.125 + 1_000 * 10) / 1e6, 9);
    const long = { ...short, input: 100_001 };
    expect(dollarsOf(long, price)).toBeCloseTo((100_001 * 2.5 + 100_000 * 0.25 + 1_000 * 15) / 1e6, 9);
  });

  it('is never negative in the table, and a read from the cache never dearer than input', () => {
    for (const [name, price] of Object.entries(PRICES)) {
      expect(name).toMatch(/^(?:anthropic|openai|gemini)\/[a-z0-9.-]+$/);
      expect(price.input).toBeGreaterThan(0);
      expect(price.output).toBeGreaterThan(price.input);
      expect(price.cacheRead).toBeLessThanOrEqual(price.input);
      expect(price.cacheWrite).toBeGreaterThanOrEqual(price.input);
    }
  });
});

describe('prices of the user', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'troupe-prices-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('add to the table and go before it', async () => {
    const path = join(folder, 'prices.json');
    const own = {
      'vllm/qwen3-coder': { input: 0.2, output: 0.8, longPrompt: { above: 1000, input: 0.4, output: 1 } },
      'openai/gpt-5': { input: 1, output: 2, cacheRead: 0.5 },
    };
    await writeFile(path, JSON.stringify(own));
    const prices = await loadPriceBook({ TROUPE_PRICES: path });
    expect(prices.priceOf('vllm/qwen3-coder')).toEqual({
      input: 0.2,
      output: 0.8,
      cacheRead: 0.2,
      cacheWrite: 0.2,
      longPrompt: { above: 1000, input: 0.4, output: 1, cacheRead: 0.4, cacheWrite: 0.4 },
    });
    expect(prices.priceOf('openai/gpt-5-2025-08-07')).toMatchObject({
      input: 1,
      cacheRead: 0.5,
      cacheWrite: 1,
    });
    expect(prices.priceOf('openai/gpt-5-mini')).toBe(PRICES['openai/gpt-5-mini']);
  });

  it('are the table alone where no file is named', async () => {
    const prices = await loadPriceBook({ TROUPE_PRICES: ' ' });
    expect(prices.priceOf('openai/gpt-5')).toBe(PRICES['openai/gpt-5']);
  });

  it('that cannot be read are a mistake with the variable and the path', async () => {
    const path = join(folder, 'missing.json');
    await expect(loadPriceBook({ TROUPE_PRICES: path })).rejects.toMatchObject({
      code: 'prices-unreadable',
      where: `TROUPE_PRICES (${path})`,
    });
  });

  it.each([
    ['{', 'not JSON'],
    ['[]', 'the file'],
    ['{"gpt-5":{"input":1,"output":1}}', 'gpt-5'],
    ['{"a/b":{"input":1}}', 'a/b.output'],
    ['{"a/b":{"input":-1,"output":1}}', 'a/b.input'],
    ['{"a/b":{"input":"1","output":1}}', 'a/b.input'],
    ['{"a/b":{"input":1,"output":1,"cached":1}}', 'a/b'],
  ])('that read %s are a mistake naming "%s"', (text, named) => {
    let mistake: unknown;
    try {
      parsePrices(text, 'prices.json');
    } catch (error) {
      mistake = error;
    }
    expect(mistake).toBeInstanceOf(UserMistake);
    expect(mistake).toMatchObject({ code: 'prices-invalid', where: 'prices.json' });
    expect((mistake as UserMistake).message).toContain(named);
  });
});
