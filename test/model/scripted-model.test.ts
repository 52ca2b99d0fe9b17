import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatMessage, ChatRequest } from '../../src/model/chat-model.js';
import { ScriptedModel, type Observation, type Script } from '../../src/model/scripted-model.js';

const TOOLS = [{ name: 'bash', description: '', parameters: { type: 'object' } }];

function request(messages: readonly ChatMessage[], more: Partial<ChatRequest> = {}): ChatRequest {
  return {
    agent: 'agent1',
    purpose: 'execute',
    callId: 'agent1/execute/1',
    system: '',
    messages,
    tools: TOOLS,
    ...more,
  };
}

const said = (text: string): ChatMessage => ({ role: 'user', content: [{ type: 'text', text }] });
const silence: ChatMessage = { role: 'assistant', content: [] };

/** Says the number of its turn and the first text that it was shown. */
const counting: Script = function* (first) {
  let observation = first;
  for (let turn = 1; turn <= 3; turn += 1) observation = yield `turn ${turn}: ${observation.texts[0] ?? ''}`;
};

async function textOf(
  model: ScriptedModel,
  messages: readonly ChatMessage[],
  more: Partial<ChatRequest> = {},
): Promise<string> {
  const { content } = await model.complete(request(messages, more));
  return content.map((block) => (block.type === 'text' ? block.text : `[${block.type}]`)).join();
}

describe('a scripted model', () => {
  it('plays its script turn by turn, and then has nothing more to say', async () => {
    const model = new ScriptedModel('scripted/test', () => counting);
    const messages: ChatMessage[] = [];
    const heard: string[] = [];
    for (const text of ['a', 'b', 'c', 'd', 'e']) {
      messages.push(said(text));
      heard.push(await textOf(model, messages));
      messages.push(silence);
    }
    expect(heard).toEqual(['turn 1: a', 'turn 2: b', 'turn 3: c', '', '']);
  });

  it('answers with tool calls that carry identifiers of their own, free of cost', async () => {
    const model = new ScriptedModel(
      'scripted/test',
      () =>
        function* () {
          yield [
            { name: 'bash', arguments: { command: 'ls' } },
            { name: 'bash', arguments: { command: 'pwd' } },
          ];
        },
    );
    expect(await model.complete(request([said('go')]))).toEqual({
      content: [
        { type: 'tool-call', id: 'agent1/execute/1/1', name: 'bash', arguments: { command: 'ls' } },
        { type: 'tool-call', id: 'agent1/execute/1/2', name: 'bash', arguments: { command: 'pwd' } },
      ],
      end: 'tool-calls',
      usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    });
  });

  it('shows its script results, texts, tools and the one that is required', async () => {
    const seen: Observation[] = [];
    const model = new ScriptedModel(
      'scripted/test',
      () =>
        function* (first) {
          seen.push(first);
          seen.push(yield 'one');
        },
    );
    const result = {
      type: 'tool-result' as const,
      callId: 'c',
      name: 'bash',
      output: 'done',
      isError: false,
    };
    await model.complete(request([said('go')]));
    const second: ChatMessage = { role: 'user', content: [result, { type: 'text', text: 'and a word' }] };
    await model.complete(request([said('go'), silence, second], { requiredTool: 'agreement_reached' }));
    expect(seen).toEqual([
      { results: [], texts: ['go'], tools: ['bash'], requiredTool: undefined },
      { results: [result], texts: ['and a word'], tools: ['bash'], requiredTool: 'agreement_reached' },
    ]);
  });

  it('plays a script for each agent and purpose, and begins anew with each conversation', async () => {
    const asked: string[] = [];
    const model = new ScriptedModel('scripted/test', ({ agent, purpose }) => {
      asked.push(`${agent}/${purpose}`);
      return counting;
    });
    expect(await textOf(model, [said('a')])).toBe('turn 1: a');
    expect(await textOf(model, [said('b')], { purpose: 'plan' })).toBe('turn 1: b');
    expect(await textOf(model, [said('c')], { agent: 'agent2' })).toBe('turn 1: c');
    expect(await textOf(model, [said('a'), silence, said('d')])).toBe('turn 2: d');
    expect(await textOf(model, [said('e')])).toBe('turn 1: e');
    expect(asked).toEqual(['agent1/execute', 'agent1/plan', 'agent2/execute', 'agent1/execute']);
  });

  it('says the same to a conversation that another led, as a resumed run is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string(), { minLength: 1, maxLength: 6 }), async (texts) => {
        const led = new ScriptedModel('scripted/test', () => counting);
        const messages: ChatMessage[] = [];
        for (const [index, text] of texts.entries()) {
          if (index > 0) messages.push(silence);
          messages.push(said(text));
          const answer = await textOf(led, messages);
          expect(await textOf(new ScriptedModel('scripted/test', () => counting), messages)).toBe(answer);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('throws the reason of a signal that has aborted, and says nothing', async () => {
    const model = new ScriptedModel('scripted/test', () => counting);
    const reason = new Error('enough');
    await expect(model.complete(request([said('a')]), AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await textOf(model, [said('a')])).toBe('turn 1: a');
  });

  it('is no live model and has room for any conversation', () => {
    const model = new ScriptedModel('scripted/test', () => counting);
    expect(model).toMatchObject({ name: 'scripted/test', isLive: false });
    expect(model.contextWindow).toBeGreaterThan(1_000_000);
  });
});
