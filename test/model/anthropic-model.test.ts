import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ChatMessage, ChatModel } from '../../src/model/chat-model.js';
import { createLiveModel } from '../../src/model/create-model.js';
import { startProviderServer, TEST_KEYS, type ProviderServer } from '../support/provider-server/index.js';
import { chatRequest, toolResult, userText } from './requests.js';

interface Sent {
  readonly max_tokens: number;
  readonly stream: boolean;
  readonly system: readonly { text: string; cache_control?: unknown }[];
  readonly tools: readonly { name: string; input_schema: unknown; cache_control?: unknown }[];
  readonly messages: readonly { role: string; content: readonly Record<string, unknown>[] }[];
  readonly tool_choice?: unknown;
  readonly thinking?: unknown;
}

let server: ProviderServer;
let model: ChatModel;
beforeAll(async () => {
  server = await startProviderServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  server.answerWith([{ text: 'ok' }]);
  model = await createLiveModel('anthropic/claude-opus-5-5', server.environment, { field: '--model1' });
});

const lastBody = (): Sent => server.requests.at(-1)?.body as unknown as Sent;
const MARK = { type: 'ephemeral' };

describe('a request to Anthropic', () => {
  it('carries the model without its provider, the key, and a limit that streaming bears', async () => {
    await model.complete(chatRequest());
    const request = server.requests.at(-1);
    expect(request?.path).toBe('/v1/messages');
    expect(request?.headers.authorization).toBe(`Bearer ${TEST_KEYS.anthropic}`);
    expect(request?.body).toMatchObject({ model: 'claude-opus-5-5', max_tokens: 32_000, stream: true });
    await model.complete(chatRequest({ maximumOutputTokens: 55 }));
    expect(lastBody().max_tokens).toBe(55);
  });

  it('marks the stable prefix and the last two user messages for the cache, and no more than four places', async () => {
    const messages: ChatMessage[] = [userText('task')];
    for (let turn = 1; turn <= 3; turn += 1) {
      messages.push({
        role: 'assistant',
        content: [{ type: 'tool-call', id: `c${turn}`, name: 'bash', arguments: { command: 'ls' } }],
      });
      messages.push(toolResult(`c${turn}`, `output ${turn}`));
    }
    await model.complete(chatRequest({ messages }));
    const body = lastBody();
    expect(body.system).toEqual([{ type: 'text', text: 'You write code.', cache_control: MARK }]);
    expect(body.tools.map((tool) => tool.cache_control)).toEqual([undefined, MARK]);
    const marked = body.messages.map(({ content }) =>
      content.map((block) => block['cache_control'] !== undefined),
    );
    expect(marked).toEqual([[false], [false], [false], [false], [true], [false], [true]]);
    expect(JSON.stringify(body).split('cache_control')).toHaveLength(1 + 4);
  });

  it('keeps a growing conversation byte for byte the same up to where it grows, marks aside', async () => {
    const strip = (): string[] =>
      lastBody().messages.map((message) =>
        JSON.stringify(message).replaceAll(',"cache_control":{"type":"ephemeral"}', ''),
      );
    const messages: ChatMessage[] = [userText('task')];
    await model.complete(chatRequest({ messages }));
    const before = strip();
    messages.push({ role: 'assistant', content: [{ type: 'text', text: 'hm' }] }, userText('go on'));
    await model.complete(chatRequest({ messages }));
    expect(strip().slice(0, before.length)).toEqual(before);
  });

  it('puts results of parallel calls first in the message that answers them, failures marked', async () => {
    const messages: ChatMessage[] = [
      userText('task'),
      {
        role: 'assistant',
        content: [
          { type: 'tool-call', id: 'a', name: 'bash', arguments: { command: 'ls' } },
          { type: 'tool-call', id: 'b', name: 'bash', arguments: {}, brokenArguments: '{"comm' },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Your partner says: hello' },
          { type: 'tool-result', callId: 'a', name: 'bash', output: '', isError: false },
          { type: 'tool-result', callId: 'b', name: 'bash', output: 'unreadable', isError: true },
        ],
      },
    ];
    await model.complete(chatRequest({ messages }));
    const [, assistant, user] = lastBody().messages;
    expect(assistant?.content.map((block) => block['input'])).toEqual([
      { command: 'ls' },
      { unreadable_arguments: '{"comm' },
    ]);
    expect(user?.content).toMatchObject([
      { type: 'tool_result', tool_use_id: 'a', content: '(no output)', is_error: false },
      { type: 'tool_result', tool_use_id: 'b', content: 'unreadable', is_error: true },
      { type: 'text', text: 'Your partner says: hello' },
    ]);
  });

  it('sends no blank text and no name or identifier that the API would refuse', async () => {
    const messages: ChatMessage[] = [
      userText(' '),
      {
        role: 'assistant',
        content: [
          { type: 'text', text: '\n' },
          { type: 'tool-call', id: 'x:0', name: 'fly to / the moon', arguments: {} },
        ],
      },
      {
        role: 'user',
        content: [{ type: 'tool-result', callId: 'x:0', name: 'fly', output: 'no', isError: true }],
      },
    ];
    await model.complete(chatRequest({ messages }));
    const [first, second, third] = lastBody().messages;
    expect(first?.content).toMatchObject([{ type: 'text', text: '(empty)' }]);
    expect(second?.content).toEqual([{ type: 'tool_use', id: 'x_0', name: 'fly_to___the_moon', input: {} }]);
    expect(third?.content).toMatchObject([{ tool_use_id: 'x_0' }]);
  });

  it('forces the one tool that must be called', async () => {
    await model.complete(chatRequest({ requiredTool: 'bash' }));
    expect(lastBody().tool_choice).toEqual({ type: 'tool', name: 'bash' });
  });

  it('leaves system text and tools out where there are none', async () => {
    await model.complete(chatRequest({ system: '', tools: [], requiredTool: 'bash' }));
    expect(lastBody()).not.toHaveProperty('system');
    expect(lastBody()).not.toHaveProperty('tools');
    expect(lastBody()).not.toHaveProperty('tool_choice');
  });
});

describe('thinking', () => {
  const conversation = async (): Promise<ChatMessage[]> => {
    server.answerWith([
      {
        thinking: 'First I look.',
        redactedThinking: 'c2VhbGVk',
        toolCalls: [{ id: 'a', name: 'bash', arguments: { command: 'ls' } }],
      },
      { text: 'ok' },
    ]);
    const first = await model.complete(chatRequest());
    return [
      userText('Add the feature.'),
      { role: 'assistant', content: first.content },
      toolResult('a', 'README'),
    ];
  };

  it('is read with its text, and handed back unchanged, redacted blocks too', async () => {
    const messages = await conversation();
    expect(messages[1]?.content).toMatchObject([
      { type: 'thinking', text: 'First I look.' },
      { type: 'thinking', text: '' },
      { type: 'tool-call' },
    ]);
    // A log keeps it as JSON.
    await model.complete(chatRequest({ messages: JSON.parse(JSON.stringify(messages)) as ChatMessage[] }));
    const number = server.requests.length - 1;
    expect(lastBody().messages[1]?.content.slice(0, 2)).toEqual([
      { type: 'thinking', thinking: 'First I look.', signature: `signature-${number}` },
      { type: 'redacted_thinking', data: 'c2VhbGVk' },
    ]);
  });

  it('that the provider binds to another conversation is left out from then on, later thinking is not', async () => {
    const messages = await conversation();
    const refused = (body: unknown): boolean => JSON.stringify(body).includes('First I look.');
    server.answerWith(({ body }) =>
      refused(body)
        ? {
            fail: 'bad-request',
            message:
              'messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation.',
          }
        : { thinking: 'Then I write.', text: 'Written.' },
    );
    const before = server.requests.length;
    const second = await model.complete(chatRequest({ messages }));
    messages.push({ role: 'assistant', content: second.content }, userText('And now?'));
    await model.complete(chatRequest({ messages }));
    expect(server.requests.slice(before).map(({ body }) => refused(body))).toEqual([true, false, false]);
    expect(JSON.stringify(lastBody())).toContain('Then I write.');
  });

  it('of another provider is not sent', async () => {
    const original = { type: 'chat-completion-extras', provider: 'other', message: {}, toolCalls: {} };
    const messages: ChatMessage[] = [
      userText('task'),
      {
        role: 'assistant',
        content: [
          { type: 'thinking', text: 'foreign', original },
          { type: 'thinking', text: 'bare' },
          { type: 'text', text: 'hm' },
        ],
      },
      userText('go on'),
    ];
    await model.complete(chatRequest({ messages }));
    expect(lastBody().messages[1]?.content).toEqual([{ type: 'text', text: 'hm' }]);
  });

  it('that fills the whole output limit is an empty answer, not a turn', async () => {
    server.answerWith([{ thinking: 'and on and on', isCutByLimit: true }]);
    await expect(model.complete(chatRequest())).rejects.toMatchObject({ kind: 'empty-answer' });
  });
});

describe('a stream of Anthropic', () => {
  it('that is cut tells the tokens billed up to there', async () => {
    server.answerWith([{ fail: 'cut-in-body' }]);
    await expect(model.complete(chatRequest())).rejects.toMatchObject({
      kind: 'unreachable',
      usage: { input: 100, output: 1, cacheRead: 0, cacheWrite: 0 },
    });
  });

  it('prints nothing, though the model is about to be retired', async () => {
    const printed: unknown[] = [];
    const warn = console.warn;
    console.warn = (...parts: unknown[]) => printed.push(parts);
    try {
      const old = await createLiveModel('anthropic/claude-sonnet-4-5-20250929', server.environment, {
        field: '--model1',
      });
      await old.complete(chatRequest());
    } finally {
      console.warn = warn;
    }
    expect(printed).toEqual([]);
  });
});
