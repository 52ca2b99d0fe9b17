import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ChatMessage, ChatModel } from '../../src/model/chat-model.js';
import { createLiveModel } from '../../src/model/create-model.js';
import { toPlainError } from '../../src/model/openai-error-body.js';
import { startProviderServer, TEST_KEYS, type ProviderServer } from '../support/provider-server/index.js';
import { chatRequest, toolResult, userText } from './requests.js';

let server: ProviderServer;
beforeAll(async () => {
  server = await startProviderServer();
});
afterAll(() => server.close());
beforeEach(() => server.answerWith([{ text: 'ok' }]));

const make = (name: string): Promise<ChatModel> =>
  createLiveModel(name, server.environment, { field: '--model1' });
const lastBody = (): Record<string, unknown> => ({ ...server.requests.at(-1)?.body });

describe('a request for a chat completion', () => {
  it('carries the rest of the name as the model, slashes included, and the key', async () => {
    const model = await make('openrouter/qwen/qwen3-coder');
    await model.complete(chatRequest());
    const request = server.requests.at(-1);
    expect(request?.path).toBe('/v1/chat/completions');
    expect(request?.model).toBe('qwen/qwen3-coder');
    expect(request?.headers.authorization).toBe(`Bearer ${TEST_KEYS.other}`);
    expect(request?.headers).not.toHaveProperty('openai-organization');
  });

  it('names the output limit as the provider knows it, and only where one is asked for', async () => {
    const model = await make('openai/gpt-5');
    await model.complete(chatRequest());
    expect(lastBody()).not.toHaveProperty('max_completion_tokens');
    await model.complete(chatRequest({ maximumOutputTokens: 99 }));
    expect(lastBody()).toMatchObject({ max_completion_tokens: 99 });
    expect(lastBody()).not.toHaveProperty('max_tokens');
    const compatible = await make('vllm/some-model');
    await compatible.complete(chatRequest({ maximumOutputTokens: 99 }));
    expect(lastBody()).toMatchObject({ max_tokens: 99 });
    expect(lastBody()).not.toHaveProperty('max_completion_tokens');
  });

  it('takes the other name of the output limit where the first is refused', async () => {
    server.answerWith(({ body }) =>
      'max_tokens' in body
        ? {
            fail: 'bad-request',
            message: "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
          }
        : { text: 'ok' },
    );
    const model = await make('other/new-model');
    await model.complete(chatRequest({ maximumOutputTokens: 7 }));
    expect(lastBody()).toMatchObject({ max_completion_tokens: 7 });
  });

  it('keeps results with their calls and lets partner messages follow them', async () => {
    const model = await make('openai/gpt-5');
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
          { type: 'tool-result', callId: 'a', name: 'bash', output: 'README', isError: false },
          { type: 'tool-result', callId: 'b', name: 'bash', output: 'unreadable', isError: true },
        ],
      },
    ];
    await model.complete(chatRequest({ messages, requiredTool: 'bash', temperature: 0.5 }));
    const call = (id: string, args: object): object => ({
      type: 'function',
      id,
      function: { name: 'bash', arguments: JSON.stringify(args) },
    });
    expect(lastBody()['messages']).toEqual([
      { role: 'system', content: 'You write code.' },
      { role: 'user', content: 'task' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [call('a', { command: 'ls' }), call('b', { unreadable_arguments: '{"comm' })],
      },
      { role: 'tool', tool_call_id: 'a', content: 'README' },
      { role: 'tool', tool_call_id: 'b', content: 'Error: unreadable' },
      { role: 'user', content: 'Your partner says: hello' },
    ]);
    expect(lastBody()).toMatchObject({
      temperature: 0.5,
      tool_choice: { type: 'function', function: { name: 'bash' } },
    });
  });
});

describe('what compatible servers add', () => {
  const ask = async (model: ChatModel): Promise<ChatMessage[]> => {
    const first = await model.complete(chatRequest());
    return [
      userText('Add the feature.'),
      { role: 'assistant', content: first.content },
      toolResult('a', 'README'),
    ];
  };

  it('is read as thinking and sent back to the same provider', async () => {
    const model = await make('other/thinker');
    server.answerWith([
      { thinking: 'First I look.', toolCalls: [{ id: 'a', name: 'bash', arguments: {} }] },
      { text: 'ok' },
    ]);
    const messages = await ask(model);
    expect(messages[1]?.content[0]).toMatchObject({ type: 'thinking', text: 'First I look.' });
    await model.complete(chatRequest({ messages }));
    expect(JSON.stringify(lastBody())).toContain('"reasoning_content":"First I look."');

    const another = await make('vllm/thinker');
    await another.complete(chatRequest({ messages }));
    expect(JSON.stringify(lastBody())).not.toContain('First I look.');
  });

  it('stays out once a server refuses it', async () => {
    const model = await make('other/strict');
    server.answerWith(({ body }) =>
      JSON.stringify(body).includes('reasoning_content')
        ? { fail: 'bad-request', message: "property 'reasoning_content' is unsupported" }
        : { thinking: 'Hm.', toolCalls: [{ id: 'a', name: 'bash', arguments: {} }] },
    );
    const messages = await ask(model);
    await expect(model.complete(chatRequest({ messages }))).resolves.toMatchObject({ end: 'tool-calls' });
  });

  it('to a tool call (thought signatures) goes back on that call', async () => {
    const model = await make('gemini/gemini-3.1-pro-preview');
    const signed = { google: { thought_signature: 'c2lnbmVk' } };
    const called = { name: 'bash', arguments: '{}' };
    const toolCalls = [
      { id: 'a', type: 'function', function: called, extra_content: signed },
      { id: 'b', type: 'function', function: called },
    ];
    server.answerWith([{ extraFields: { tool_calls: toolCalls } }, { text: 'ok' }]);
    const messages = await ask(model);
    await model.complete(chatRequest({ messages }));
    const sent = (lastBody()['messages'] as { tool_calls?: object[] }[])[2];
    expect(sent?.tool_calls).toMatchObject([{ id: 'a', extra_content: signed }, { id: 'b' }]);
    expect(sent?.tool_calls?.[1]).not.toHaveProperty('extra_content');
  });
});

describe('a server that keeps to the form only so far', () => {
  it('gets identifiers made up for calls that have none or share one', async () => {
    const model = await make('ollama/tiny');
    const called = { name: 'bash', arguments: { command: 'ls' } };
    const toolCalls = [
      { function: called },
      { id: 'x', function: called },
      { id: 'x', function: called },
      'nonsense',
    ];
    server.answerWith([{ extraFields: { tool_calls: toolCalls } }]);
    const answer = await model.complete(chatRequest());
    const calls = answer.content.filter((block) => block.type === 'tool-call');
    expect(calls).toHaveLength(3);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(3);
    expect(calls.every(({ arguments: given }) => given['command'] === 'ls')).toBe(true);
  });

  it('that counts no tokens has them estimated, so that budgets hold', async () => {
    const model = await make('ollama/tiny');
    const choices = [{ message: { role: 'assistant', content: 'A sentence of some length.' } }];
    server.answerWith([{ raw: JSON.stringify({ choices }) }]);
    const { usage } = await model.complete(chatRequest());
    expect(usage.input).toBeGreaterThan(20);
    expect(usage.output).toBeGreaterThan(5);
  });

  it('that counts reasoning only in the total has it counted as output', async () => {
    const model = await make('gemini/gemini-3.8-flash');
    const choices = [{ message: { role: 'assistant', content: 'Hi.' } }];
    const usage = { prompt_tokens: 100, completion_tokens: 5, total_tokens: 405 };
    server.answerWith([{ raw: JSON.stringify({ choices, usage }) }]);
    await expect(model.complete(chatRequest())).resolves.toMatchObject({
      usage: { input: 100, output: 305 },
    });
  });

  it('that sends content in parts has them joined', async () => {
    const model = await make('other/parts');
    const content = [
      { type: 'text', text: 'One ' },
      { type: 'text', text: 'two.' },
    ];
    server.answerWith([{ raw: JSON.stringify({ choices: [{ message: { content } }] }) }]);
    const answer = await model.complete(chatRequest());
    expect(answer.content).toEqual([{ type: 'text', text: 'One two.' }]);
  });

  it.each([
    ['no choices', '{"ok":true}', 'server-error'],
    ['an empty list of choices', '{"choices":[]}', 'empty-answer'],
    ['null', 'null', 'server-error'],
  ])('that answers with %s is a failure of a known kind', async (_what, raw, kind) => {
    const model = await make('other/odd');
    server.answerWith([{ raw }]);
    await expect(model.complete(chatRequest())).rejects.toMatchObject({ kind });
  });

  it.each([
    [
      'a list',
      '[{"error":{"code":400,"message":"The input token count (2000) exceeds the maximum number of tokens allowed (1000)."}}]',
    ],
    [
      'a bare object',
      '{"object":"error","message":"This model\'s maximum context length is 4096 tokens.","code":400}',
    ],
    ['a detail', '{"detail":"This model\'s maximum context length is 4096 tokens."}'],
    ['a text for an error', '{"error":"prompt is too long: context length exceeded"}'],
    ['plain text', 'the request exceeds the available context size'],
  ])('that says so in %s is understood when the prompt is too long', async (_what, raw) => {
    const model = await make('other/odd');
    server.answerWith([{ raw, status: 400 }]);
    await expect(model.complete(chatRequest())).rejects.toMatchObject({
      kind: 'context-length',
      status: 400,
    });
  });

  it('that asks for money is not asked again', async () => {
    const model = await make('openai/gpt-5');
    server.answerWith([{ fail: 'no-credit' }]);
    await expect(model.complete(chatRequest())).rejects.toMatchObject({
      kind: 'bad-request',
      isRetryable: false,
    });
  });
});

it('leaves an error body that is in OpenAI’s form as it is', () => {
  const body = '{"error":{"message":"no","code":"x"}}';
  expect(JSON.parse(toPlainError(body))).toEqual(JSON.parse(body));
});
