import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../../src/model/ledger.js';
import { addUsage, NO_USAGE, totalTokens } from '../../src/model/token-usage.js';

const count = fc.integer({ min: 0, max: 300_000 });
const usage = fc.record({ input: count, output: count, cacheRead: count, cacheWrite: count });
const charge = fc.record({
  agent: fc.constantFrom('agent1', 'agent2', 'referee'),
  model: fc.constantFrom('anthropic/claude-opus-5', 'scripted/gold', 'vllm/unknown'),
  usage,
});

describe('the ledger', () => {
  it('adds up to the same in all and over the agents, token kind by token kind', () => {
    fc.assert(
      fc.property(fc.array(charge, { maxLength: 30 }), (charges) => {
        const ledger = new Ledger();
        let dollars = 0;
        let unpriced = 0;
        for (const [index, { agent, model, usage: used }] of charges.entries()) {
          const cost = ledger.charge(`${agent}/execute/${index}`, model, used).dollars;
          if (cost === 'unpriced') unpriced += 1;
          else dollars += cost;
        }
        const { totals } = ledger;
        expect(totals.calls).toBe(charges.length);
        expect(totals.dollars).toBeCloseTo(dollars, 9);
        expect(totals.unpricedCalls).toBe(unpriced);
        expect(totals.usage).toEqual(charges.map((each) => each.usage).reduce(addUsage, NO_USAGE));
        expect(totals.tokens).toBe(totalTokens(totals.usage));

        const parts = ledger.agents.map((agent) => ledger.totalsOf(agent));
        expect(parts.reduce((sum, part) => sum + part.calls, 0)).toBe(totals.calls);
        expect(parts.reduce((sum, part) => sum + part.dollars, 0)).toBeCloseTo(totals.dollars, 9);
        expect(parts.map((part) => part.usage).reduce(addUsage, NO_USAGE)).toEqual(totals.usage);
      }),
    );
  });

  it('says which models ran unpriced, and counts their tokens all the same', () => {
    const ledger = new Ledger();
    const used = { input: 5, output: 5, cacheRead: 0, cacheWrite: 0 };
    expect(ledger.charge('agent1/plan/1', 'vllm/unknown', used)).toEqual({ dollars: 'unpriced' });
    expect(ledger.charge('agent1/plan/2', 'vllm/unknown', used)).toEqual({ dollars: 'unpriced' });
    expect(ledger.unpricedModels).toEqual(['vllm/unknown']);
    expect(ledger.totals).toMatchObject({ tokens: 20, dollars: 0, unpricedCalls: 2 });
  });

  it('holds what is under way against the limit until it is charged or given up', () => {
    const ledger = new Ledger();
    ledger.reserve('agent1/execute/1', { tokens: 1_000, dollars: 0.5 });
    ledger.reserve('agent2/execute/1', { tokens: 500, dollars: 'unpriced' });
    expect(ledger.committed).toEqual({ tokens: 1_500, dollars: 0.5 });
    expect(ledger.totals.tokens).toBe(0);
    ledger.charge('agent1/execute/1', 'scripted/gold', { input: 10, output: 0, cacheRead: 0, cacheWrite: 0 });
    ledger.release('agent2/execute/1');
    ledger.release('agent2/execute/1');
    expect(ledger.committed).toEqual({ tokens: 10, dollars: 0 });
  });

  it('knows nothing of an agent that never asked', () => {
    expect(new Ledger().totalsOf('agent9')).toMatchObject({ calls: 0, tokens: 0, dollars: 0 });
  });
});
