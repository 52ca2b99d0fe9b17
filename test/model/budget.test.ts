import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BudgetExhausted, checkBudget } from '../../src/model/budget.js';
import { withBudget, type Charge } from '../../src/model/budgeted-model.js';
import { createLiveModel } from '../../src/model/create-model.js';
import { Ledger } from '../../src/model/ledger.js';
import { dollarsOf, PriceBook } from '../../src/model/prices.js';
import type { ModelPrice } from '../../src/model/price-table.js';
import { totalTokens } from '../../src/model/token-usage.js';
import { startProviderServer, type ProviderServer } from '../support/provider-server/index.js';
import { chatRequest } from './requests.js';

const rate = fc.double({ min: 0, max: 100, noNaN: true });
const rates = fc.record({ input: rate, output: rate, cacheRead: rate, cacheWrite: rate });
/** A long prompt is never cheaper, as with every vendor. */
const price: fc.Arbitrary<ModelPrice> = fc
  .tuple(rates, fc.option(fc.integer({ min: 1, max: 300_000 })), fc.double({ min: 1, max: 3, noNaN: true }))
  .map(([base, above, factor]) => {
    if (above === null) return base;
    const long = Object.fromEntries(Object.entries(base).map(([key, value]) => [key, value * factor]));
    return { ...base, longPrompt: { above, ...(long as unknown as typeof base) } };
  });
const tokens = fc.integer({ min: 0, max: 400_000 });

describe('the budget, asked before a call', () => {
  it('lets no call pass that could break a limit, however its tokens are billed', () => {
    const part = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        price,
        fc.record({ dollars: fc.double({ min: 0, max: 5, noNaN: true }), tokens }),
        fc.record({
          dollars: fc.double({ min: 0, max: 10, noNaN: true }),
          tokens: fc.integer({ min: 0, max: 2_000_000 }),
        }),
        tokens,
        fc.integer({ min: 1, max: 128_000 }),
        fc.tuple(part, part, part, part),
        (modelPrice, totals, limits, inputTokens, maximumOutputTokens, [shorter, written, read, fresh]) => {
          const decision = checkBudget(totals, limits, {
            inputTokens,
            maximumOutputTokens,
            price: modelPrice,
          });
          if (decision.verdict === 'refuse') {
            expect(decision.spent + decision.needed).toBeGreaterThan(decision.limit);
            return;
          }
          expect(decision.maximumOutputTokens).toBeLessThanOrEqual(maximumOutputTokens);
          expect(decision.maximumOutputTokens).toBeGreaterThanOrEqual(Math.min(1_024, maximumOutputTokens));
          // Any way in which the call may turn out within its estimate.
          const prompt = Math.floor(inputTokens * shorter);
          const cacheRead = Math.floor(prompt * read);
          const cacheWrite = Math.floor((prompt - cacheRead) * fresh);
          const output = Math.floor(decision.maximumOutputTokens * written);
          const usage = { input: prompt - cacheRead - cacheWrite, output, cacheRead, cacheWrite };
          expect(totals.dollars + dollarsOf(usage, modelPrice)).toBeLessThanOrEqual(limits.dollars + 1e-9);
          expect(totals.tokens + totalTokens(usage)).toBeLessThanOrEqual(limits.tokens);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('lowers the answer to what still fits', () => {
    const decision = checkBudget(
      { dollars: 0.9, tokens: 0 },
      { dollars: 1 },
      {
        inputTokens: 10_000,
        maximumOutputTokens: 32_000,
        price: { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 },
      },
    );
    // 0.1 $ less 10,000 tokens at 3.75 leaves 0.0625 $, which is 4,166 tokens at 15.
    expect(decision).toMatchObject({
      verdict: 'proceed',
      maximumOutputTokens: 4_166,
      dollarLimitUnchecked: false,
    });
  });

  it('refuses rather than ask for an answer too short to be of use', () => {
    const decision = checkBudget(
      { dollars: 0, tokens: 9_500 },
      { tokens: 10_000 },
      { inputTokens: 100, maximumOutputTokens: 8_000, price: undefined },
    );
    expect(decision).toEqual({
      verdict: 'refuse',
      reason: 'token-limit',
      limit: 10_000,
      spent: 9_500,
      needed: 1_124,
    });
  });

  it('says that a dollar limit cannot hold for a model without a price', () => {
    const decision = checkBudget(
      { dollars: 99, tokens: 0 },
      { dollars: 1 },
      { inputTokens: 100, maximumOutputTokens: 8_000, price: undefined },
    );
    expect(decision).toMatchObject({
      verdict: 'proceed',
      dollarLimitUnchecked: true,
      worstCase: { dollars: 'unpriced', tokens: 8_100 },
    });
  });

  it('lets everything pass where there is no limit', () => {
    const call = { inputTokens: 1e9, maximumOutputTokens: 1e6, price: undefined };
    expect(checkBudget({ dollars: 1e9, tokens: 1e12 }, {}, call)).toMatchObject({ verdict: 'proceed' });
  });
});

describe('a model with a budget', () => {
  let server: ProviderServer;
  beforeAll(async () => {
    server = await startProviderServer();
  });
  afterAll(() => server.close());

  const budgeted = async (
    name: string,
    limits: { dollars?: number; tokens?: number },
    ledger = new Ledger(),
  ) => {
    const charges: Charge[] = [];
    const unchecked: string[] = [];
    const model = withBudget(await createLiveModel(name, server.environment, { field: '--model1' }), {
      ledger,
      limits,
      onCharge: (each) => charges.push(each),
      onDollarLimitUnchecked: (each) => unchecked.push(each),
    });
    return { model, ledger, charges, unchecked };
  };

  it('asks for no longer an answer than it can pay, and then not at all', async () => {
    server.answerWith(({ body }) => {
      const output = Math.min(1_500, body['max_tokens'] as number);
      return { text: 'ok', usage: { input: 100, output } };
    });
    const { model, ledger, charges } = await budgeted('anthropic/claude-opus-5', { dollars: 0.1 });
    const before = server.requests.length;
    let refusal: unknown;
    for (let call = 1; refusal === undefined && call < 20; call += 1) {
      await model.complete(chatRequest({ callId: `agent1/execute/${call}` })).catch((error: unknown) => {
        refusal = error;
      });
    }
    expect(refusal).toBeInstanceOf(BudgetExhausted);
    expect(refusal).toMatchObject({ code: 'dollar-limit', reason: 'dollar-limit', limit: 0.1 });
    expect(ledger.totals.dollars).toBeLessThanOrEqual(0.1);
    expect(charges).toHaveLength(server.requests.length - before);
    const asked = server.requests.slice(before).map(({ body }) => body['max_tokens'] as number);
    expect(asked.every((limit) => limit < 4_000)).toBe(true);
    expect(asked).toEqual([...asked].sort((first, second) => second - first));
  });

  it('is not overshot by two agents that ask at the same time', async () => {
    const ledger = new Ledger();
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    server.answerWith(async () => {
      await gate;
      return { text: 'ok' };
    });
    const { model } = await budgeted('anthropic/claude-opus-5', { tokens: 3_000 }, ledger);
    const first = model.complete(chatRequest({ callId: 'agent1/execute/1', maximumOutputTokens: 2_500 }));
    await expect(
      model.complete(
        chatRequest({ agent: 'agent2', callId: 'agent2/execute/1', maximumOutputTokens: 2_500 }),
      ),
    ).rejects.toMatchObject({ reason: 'token-limit' });
    release();
    await first;
    expect(ledger.committed).toEqual({ tokens: ledger.totals.tokens, dollars: ledger.totals.dollars });
  });

  it('charges failures that were billed and no others', async () => {
    server.answerWith([{ text: '', usage: { input: 30, output: 1 } }, { fail: 'server-error' }]);
    const { model, ledger, charges } = await budgeted('openai/gpt-5', {});
    await expect(model.complete(chatRequest())).rejects.toMatchObject({ kind: 'empty-answer' });
    await expect(model.complete(chatRequest())).rejects.toMatchObject({ kind: 'server-error' });
    expect(charges).toHaveLength(1);
    expect(charges[0]?.dollars).toBeCloseTo((30 * 1.25 + 10) / 1e6, 12);
    expect(ledger.committed.tokens).toBe(31);
  });

  it('runs a model without a price, says so once, and leaves its answers’ length alone without a limit', async () => {
    server.answerWith([{ text: 'ok' }]);
    const { model, charges, unchecked } = await budgeted('other/unknown', { dollars: 0.000_001 });
    await model.complete(chatRequest());
    await model.complete(chatRequest({ callId: 'agent1/execute/2' }));
    expect(charges.map(({ dollars }) => dollars)).toEqual(['unpriced', 'unpriced']);
    expect(unchecked).toEqual(['other/unknown']);
    const free = await budgeted('other/unknown', {}, new Ledger(new PriceBook()));
    await free.model.complete(chatRequest());
    expect(server.requests.at(-1)?.body).not.toHaveProperty('max_tokens');
  });
});
