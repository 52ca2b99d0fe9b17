import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChatMessage, UserBlock } from '../../src/model/chat-model.js';
import { applyCompaction, planCompaction, type CompactionInput } from '../../src/model/compaction.js';
import { createLiveModel } from '../../src/model/create-model.js';
import {
  estimateInputTokens,
  estimateMessagesTokens,
  estimateTextTokens,
} from '../../src/model/estimate-tokens.js';
import { compactConversation, summaryRequest } from '../../src/model/summarize.js';
import { startProviderServer, type ProviderServer } from '../support/provider-server/index.js';
import { chatRequest, userText } from './requests.js';

/** A turn: how many calls, how long their outputs, whether a partner's message stands beside the results, and
 * whether the results come only after the next turn. */
const turn = fc.record({
  calls: fc.integer({ min: 0, max: 3 }),
  length: fc.integer({ min: 0, max: 4_000 }),
  thinks: fc.boolean(),
  hears: fc.boolean(),
  isLate: fc.boolean(),
});
type Turn = typeof turn extends fc.Arbitrary<infer Value> ? Value : never;

function conversation(
  turns: readonly (Omit<Turn, 'isLate'> & Partial<Turn>)[],
  answersLast = true,
): ChatMessage[] {
  const messages: ChatMessage[] = [userText('the task')];
  let late: UserBlock[] = [];
  for (const [index, { calls, length, thinks, hears, isLate }] of turns.entries()) {
    const ids = Array.from({ length: calls }, (_, call) => `c${index}_${call}`);
    messages.push({
      role: 'assistant',
      content: [
        ...(thinks
          ? [{ type: 'thinking' as const, text: 'hm', original: { type: 'thinking', signature: 's' } }]
          : []),
        { type: 'text', text: `turn ${index}` },
        ...ids.map((id) => ({ type: 'tool-call' as const, id, name: 'bash', arguments: { command: 'ls' } })),
      ],
    });
    if (index === turns.length - 1 && !answersLast) break;
    const results = ids.map((callId): UserBlock => ({
      type: 'tool-result',
      callId,
      name: 'bash',
      output: 'x'.repeat(length),
      isError: false,
    }));
    const now = [...late, ...(isLate === true ? [] : results)];
    late = isLate === true ? results : [];
    const heard: UserBlock[] = hears || now.length === 0 ? [{ type: 'text', text: 'partner: hi' }] : [];
    messages.push({ role: 'user', content: [...now, ...heard] });
  }
  return messages;
}

const messages = fc
  .tuple(fc.array(turn, { maxLength: 20 }), fc.boolean())
  .map(([turns, last]) => conversation(turns, last));
const input: fc.Arbitrary<CompactionInput> = fc.record({
  messages,
  fixedTokens: fc.integer({ min: 0, max: 2_000 }),
  contextWindow: fc.integer({ min: 1_000, max: 40_000 }),
  force: fc.boolean(),
  keepMessages: fc.integer({ min: 0, max: 12 }),
});

function callIds(list: readonly ChatMessage[]): { calls: Set<string>; results: Set<string> } {
  const calls = new Set<string>();
  const results = new Set<string>();
  for (const message of list) {
    for (const block of message.content) {
      if (block.type === 'tool-call') calls.add(block.id);
      if (block.type === 'tool-result') results.add(block.callId);
    }
  }
  return { calls, results };
}

describe('planning a compaction', () => {
  it('never parts a tool call from its result, and keeps the task and the end', () => {
    fc.assert(
      fc.property(input, (given) => {
        const plan = planCompaction(given);
        if (!plan.compact) return;
        const after = applyCompaction(given.messages, {
          summary: 'short',
          replacedMessages: plan.replacedMessages,
        });
        const kept = given.messages.slice(1 + plan.replacedMessages);
        expect(plan.replacedMessages).toBeGreaterThanOrEqual(2);
        expect(kept[0]?.role).toBe('assistant');
        expect(after[0]).toBe(given.messages[0]);
        expect(after).toHaveLength(2 + kept.length);

        const replaced = callIds(given.messages.slice(1, 1 + plan.replacedMessages));
        const left = callIds(kept);
        for (const id of left.results) expect(left.calls).toContain(id);
        for (const id of left.calls) expect(replaced.results).not.toContain(id);
        for (const [index, message] of kept.entries()) {
          const content = message.content.filter((block) => block.type !== 'thinking');
          expect(after[2 + index]).toEqual({ role: message.role, content });
        }
      }),
    );
  });

  it('compacts at every size above one at which it compacts', () => {
    fc.assert(
      fc.property(input, fc.integer({ min: 0, max: 50_000 }), (given, more) => {
        const plan = planCompaction({ ...given, force: false });
        const larger = planCompaction({ ...given, force: false, fixedTokens: given.fixedTokens + more });
        if (plan.compact)
          expect(larger).toMatchObject({ compact: true, replacedMessages: plan.replacedMessages });
        if (!larger.compact && larger.reason === 'fits') expect(plan).toMatchObject({ reason: 'fits' });
      }),
    );
  });

  it('shrinks the prompt each time, until there is nothing left to replace', () => {
    fc.assert(
      fc.property(messages, (given) => {
        let prompt: readonly ChatMessage[] = given;
        for (let round = 0; round < 50; round += 1) {
          const plan = planCompaction({
            messages: prompt,
            fixedTokens: 0,
            contextWindow: 2_000,
            force: true,
            keepMessages: 4,
          });
          if (!plan.compact) return;
          const next = applyCompaction(prompt, { summary: 's', replacedMessages: plan.replacedMessages });
          expect(next.length).toBeLessThan(prompt.length);
          prompt = next;
        }
        throw new Error('it never ended');
      }),
    );
  });

  it('leaves a prompt alone that fits', () => {
    const given = {
      messages: conversation(Array(9).fill({ calls: 1, length: 300, thinks: false, hears: false })),
      fixedTokens: 0,
    };
    expect(planCompaction({ ...given, contextWindow: 200_000 })).toMatchObject({
      compact: false,
      reason: 'fits',
    });
    expect(planCompaction({ ...given, contextWindow: 1_500 })).toMatchObject({ compact: true });
    expect(planCompaction({ ...given, contextWindow: 200_000, force: true })).toMatchObject({
      compact: true,
      replacedMessages: 10,
    });
  });

  it('goes by what the provider counted last, and estimates only what came since', () => {
    const list = conversation([{ calls: 1, length: 30, thinks: false, hears: false }]);
    const plan = planCompaction({
      messages: [...list, userText('x'.repeat(300))],
      fixedTokens: 1e9,
      contextWindow: 100_000,
      lastUsage: { promptTokens: 50_000, messages: list.length },
    });
    expect(plan).toMatchObject({ compact: false, reason: 'fits' });
    expect(plan.promptTokens).toBeGreaterThanOrEqual(50_100);
    expect(plan.promptTokens).toBeLessThan(50_200);
  });

  it('keeps fewer turns where the last ones alone would fill the window', () => {
    const large = { calls: 1, length: 30_000, thinks: false, hears: false };
    const list = conversation([large, large, large, large]);
    const plan = planCompaction({ messages: list, fixedTokens: 0, contextWindow: 30_000 });
    expect(plan).toMatchObject({ compact: true, replacedMessages: 6 });
  });

  it('is blocked neither by calls that were never answered nor by identifiers used again', () => {
    const list: ChatMessage[] = [userText('task')];
    for (let index = 0; index < 6; index += 1) {
      list.push({
        role: 'assistant',
        content: [{ type: 'tool-call', id: 'same', name: 'bash', arguments: {} }],
      });
      const output = 'y'.repeat(90);
      list.push(
        index === 2
          ? userText('interrupted')
          : {
              role: 'user',
              content: [{ type: 'tool-result', callId: 'same', name: 'bash', output, isError: false }],
            },
      );
    }
    const plan = planCompaction({
      messages: list,
      fixedTokens: 0,
      contextWindow: 1e6,
      force: true,
      keepMessages: 2,
    });
    expect(plan).toMatchObject({ compact: true, replacedMessages: 10 });
  });

  it('says so when only the task and one turn are there', () => {
    const list = conversation([{ calls: 2, length: 9_000, thinks: false, hears: false }]);
    expect(planCompaction({ messages: list, fixedTokens: 0, contextWindow: 1_000 })).toMatchObject({
      compact: false,
      reason: 'nothing-to-replace',
    });
  });
});

describe('the summary', () => {
  let server: ProviderServer;
  beforeAll(async () => {
    server = await startProviderServer();
  });
  afterAll(() => server.close());

  const list = conversation(Array(8).fill({ calls: 2, length: 900, thinks: true, hears: true }));
  const options = { agent: 'agent1', callId: 'agent1/summarize/1', messages: list, replacedMessages: 10 };

  it.each(['anthropic/claude-opus-5', 'openai/gpt-5'])(
    'is written by a second call to %s and put in place',
    async (name) => {
      server.answerWith([
        { text: 'Read a.ts; agreed that agent2 owns b.ts.', usage: { input: 7, output: 3 } },
      ]);
      const model = await createLiveModel(name, server.environment, { field: '--model1' });
      const compacted = await compactConversation(model, options);
      expect(compacted?.record).toEqual({
        summary: 'Read a.ts; agreed that agent2 owns b.ts.',
        replacedMessages: 10,
      });
      expect(compacted?.usage).toMatchObject({ input: 7, output: 3 });
      expect(compacted?.messages).toEqual(applyCompaction(list, { ...compacted!.record }));
      expect(estimateMessagesTokens(compacted?.messages ?? [])).toBeLessThan(estimateMessagesTokens(list));
      const request = server.requests.at(-1);
      expect(request?.tools).toEqual([]);
      expect(request?.lastText).toContain('the task');
      expect(request?.lastText).toContain('turn 4');
      expect(request?.lastText).not.toContain('turn 5');
    },
  );

  it('can be summed up again, the earlier summary included', async () => {
    server.answerWith([{ text: 'Second summary.' }]);
    const model = await createLiveModel('anthropic/claude-opus-5', server.environment, { field: '--model1' });
    const once = applyCompaction(list, { summary: 'First summary.', replacedMessages: 10 });
    const twice = await compactConversation(model, { ...options, messages: once, replacedMessages: 3 });
    expect(server.requests.at(-1)?.lastText).toContain('First summary.');
    expect(JSON.stringify(twice?.messages)).not.toContain('First summary.');
    expect(twice?.messages[0]).toEqual(list[0]);
  });

  it('is not taken when it saves nothing', async () => {
    server.answerWith([{ text: 'word '.repeat(20_000) }]);
    const model = await createLiveModel('anthropic/claude-opus-5', server.environment, { field: '--model1' });
    await expect(compactConversation(model, options)).resolves.toBeUndefined();
  });

  it('is asked for with a prompt that fits the window, however long the conversation was', () => {
    const huge = conversation(Array(60).fill({ calls: 3, length: 100_000, thinks: false, hears: false }));
    for (const window of [8_000, 32_000, 200_000]) {
      const request = summaryRequest({ ...options, messages: huge, replacedMessages: 100 }, window);
      expect(estimateInputTokens(request)).toBeLessThan(window * 0.8);
      expect(request).toMatchObject({ purpose: 'summarize', agent: 'agent1', callId: 'agent1/summarize/1' });
    }
  });
});

describe('the estimate of tokens', () => {
  it('never falls when text is added, and counts beyond ASCII more', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (first, second) => {
        expect(estimateTextTokens(first + second)).toBeGreaterThanOrEqual(estimateTextTokens(first));
      }),
    );
    expect(estimateTextTokens('日本語の文章')).toBeGreaterThanOrEqual(6);
  });

  it('counts the system text, the tools and every kind of block', () => {
    const bare = estimateInputTokens({ system: '', tools: [], messages: [] });
    const request = chatRequest({
      messages: conversation([{ calls: 1, length: 300, thinks: true, hears: true }]),
    });
    const whole = estimateInputTokens(request);
    expect(whole).toBeGreaterThan(bare + 100);
    expect(estimateInputTokens({ ...request, tools: [] })).toBeLessThan(whole);
    expect(estimateInputTokens({ ...request, system: '' })).toBeLessThan(whole);
  });
});
