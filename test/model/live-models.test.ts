import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ChatModel } from '../../src/model/chat-model.js';
import { createLiveModel } from '../../src/model/create-model.js';
import { ModelError, type ModelErrorKind } from '../../src/model/model-error.js';
import {
  startProviderServer,
  TEST_KEYS,
  type ProgrammedFailure,
  type ProviderServer,
} from '../support/provider-server/index.js';
import { chatRequest } from './requests.js';

let server: ProviderServer;
beforeAll(async () => {
  server = await startProviderServer();
});
afterAll(() => server.close());

const NAMES = ['anthropic/claude-sonnet-4-5-20250929', 'openai/gpt-5', 'other/some-model'];

/** Asserts on everything a log or a user could see of an error. */
function expectNoKey(error: Error): void {
  const seen = [error.message, String(error), error.stack ?? '', JSON.stringify(error), String(error.cause)];
  if (error instanceof ModelError) seen.push(error.toLine());
  for (const key of Object.values(TEST_KEYS)) expect(seen.join('\n')).not.toContain(key);
}

async function failureOf(promise: Promise<unknown>): Promise<ModelError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ModelError);
  expectNoKey(error as ModelError);
  return error as ModelError;
}

describe.each(NAMES)('%s over its real SDK', (name) => {
  let model: ChatModel;
  beforeEach(async () => {
    model = await createLiveModel(name, server.environment, { field: '--model1' });
  });

  it('answers with text and the tokens it took, cached ones apart', async () => {
    const usage = { input: 50, output: 7, cacheRead: 900, cacheWrite: 30 };
    server.answerWith([{ text: 'Done with it.', usage }]);
    await expect(model.complete(chatRequest())).resolves.toEqual({
      content: [{ type: 'text', text: 'Done with it.' }],
      end: 'finished',
      usage,
    });
  });

  it('answers with several tool calls at once, in their order', async () => {
    server.answerWith([
      {
        text: 'Looking.',
        toolCalls: [
          { id: 'a', name: 'read_file', arguments: { path: 'src/ü.ts' } },
          { id: 'b', name: 'bash', arguments: { command: 'ls "x"' } },
        ],
      },
    ]);
    const answer = await model.complete(chatRequest());
    expect(answer.end).toBe('tool-calls');
    expect(answer.content).toEqual([
      { type: 'text', text: 'Looking.' },
      { type: 'tool-call', id: 'a', name: 'read_file', arguments: { path: 'src/ü.ts' } },
      { type: 'tool-call', id: 'b', name: 'bash', arguments: { command: 'ls "x"' } },
    ]);
  });

  it('keeps the text of tool arguments that are broken JSON', async () => {
    const broken = '{"command": "echo hi';
    server.answerWith([{ toolCalls: [{ id: 'a', name: 'bash', arguments: broken }] }]);
    const answer = await model.complete(chatRequest());
    expect(answer.content).toEqual([
      { type: 'tool-call', id: 'a', name: 'bash', arguments: {}, brokenArguments: broken },
    ]);
  });

  it('takes arguments that are JSON but no object as broken', async () => {
    server.answerWith([{ toolCalls: [{ id: 'a', name: 'bash', arguments: '["ls"]' }] }]);
    const answer = await model.complete(chatRequest());
    expect(answer.content).toMatchObject([{ arguments: {}, brokenArguments: '["ls"]' }]);
  });

  it('hands on a call to a tool that does not exist, which only the agent can judge', async () => {
    server.answerWith([{ toolCalls: [{ id: 'a', name: 'fly to the moon', arguments: {} }] }]);
    const answer = await model.complete(chatRequest());
    expect(answer.content).toMatchObject([{ type: 'tool-call', name: 'fly to the moon' }]);
  });

  it('tells a refusal apart from an answer, also a silent one', async () => {
    server.answerWith([{ refusal: 'I will not do that.' }, { refusal: '' }]);
    await expect(model.complete(chatRequest())).resolves.toMatchObject({
      end: 'refusal',
      content: [{ type: 'text', text: 'I will not do that.' }],
    });
    await expect(model.complete(chatRequest())).resolves.toMatchObject({ end: 'refusal', content: [] });
  });

  it('says when an answer ran into the output limit', async () => {
    server.answerWith([{ text: 'And then', isCutByLimit: true }]);
    await expect(model.complete(chatRequest())).resolves.toMatchObject({ end: 'output-limit' });
  });

  it('takes an answer without a word or a call as a failure that was billed', async () => {
    server.answerWith([{ text: '  \n', usage: { input: 11, output: 1 } }]);
    const error = await failureOf(model.complete(chatRequest()));
    expect(error).toMatchObject({
      kind: 'empty-answer',
      isRetryable: true,
      usage: { input: 11, output: 1, cacheRead: 0, cacheWrite: 0 },
    });
  });

  const failures: readonly (readonly [ProgrammedFailure['fail'], ModelErrorKind, number | undefined])[] = [
    ['rate-limited', 'rate-limited', 429],
    ['server-error', 'server-error', 500],
    ['overloaded', 'overloaded', 529],
    ['unavailable', 'overloaded', 503],
    ['unauthorized', 'authentication', 401],
    ['forbidden', 'authentication', 403],
    ['not-found', 'bad-request', 404],
    ['bad-request', 'bad-request', 400],
    ['context-length', 'context-length', 400],
    ['cut-before-headers', 'unreachable', undefined],
    ['cut-in-body', 'unreachable', undefined],
    ['ends-early', 'unreachable', undefined],
  ];
  it.each(failures)('tells "%s" as %s, after asking once', async (fail, kind, status) => {
    const before = server.requests.length;
    server.answerWith([{ fail }]);
    const error = await failureOf(model.complete(chatRequest()));
    expect(error.kind).toBe(kind);
    expect(error.status).toBe(status);
    expect(server.requests.length - before).toBe(1);
  });

  it('names the variable that holds the key when the key is refused', async () => {
    server.answerWith([{ fail: 'unauthorized' }]);
    const error = await failureOf(model.complete(chatRequest()));
    expect(error.toLine()).toMatch(/Check [A-Z]+_API_KEY in the environment or in \.env/);
  });

  it('takes an overload told after the status 200, or in place of it, as an overload', async () => {
    server.answerWith([{ fail: 'overloaded-in-stream' }]);
    expect((await failureOf(model.complete(chatRequest()))).kind).toBe('overloaded');
  });

  it('takes a page that is no answer as a failure', async () => {
    server.answerWith([{ fail: 'not-json' }]);
    expect((await failureOf(model.complete(chatRequest()))).isRetryable).toBe(true);
  });

  it('says how long the provider asks to wait', async () => {
    const soon = new Date(Date.now() + 3_600_000).toUTCString();
    server.answerWith([
      { fail: 'rate-limited', retryAfter: 7 },
      { fail: 'rate-limited', retryAfterMilliseconds: 350, retryAfter: 1 },
      { fail: 'rate-limited', retryAfter: soon },
      { fail: 'rate-limited' },
    ]);
    const waits: (number | undefined)[] = [];
    for (let count = 0; count < 4; count += 1) {
      waits.push((await failureOf(model.complete(chatRequest()))).retryAfter);
    }
    expect(waits[0]).toBe(7_000);
    expect(waits[1]).toBe(350);
    expect(waits[2]).toBeGreaterThan(3_500_000);
    expect(waits[3]).toBeUndefined();
  });

  it('is unreachable when nobody listens', async () => {
    const gone = await startProviderServer();
    await gone.close();
    const lost = await createLiveModel(name, gone.environment, { field: '--model1' });
    const error = await failureOf(lost.complete(chatRequest()));
    expect(error).toMatchObject({ kind: 'unreachable', isRetryable: true });
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('gives a provider up that takes the request and never answers', async () => {
    const hasty = await createLiveModel(name, server.environment, { field: '--model1', timeout: 50 });
    server.answerWith([{ fail: 'hang' }]);
    const error = await failureOf(hasty.complete(chatRequest()));
    expect(error.kind).toBe('unreachable');
  });

  it('stops with the reason of the signal, before and during a call', async () => {
    const reason = new Error('the user left');
    await expect(model.complete(chatRequest(), AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    server.answerWith(() => {
      controller.abort(reason);
      return { fail: 'hang' };
    });
    await expect(model.complete(chatRequest(), controller.signal)).rejects.toBe(reason);
  });

  it('sends its key in a header and shows it nowhere, whatever the provider says', async () => {
    const keys = Object.values(TEST_KEYS).join(' and ');
    const fails = [
      'unauthorized',
      'bad-request',
      'server-error',
      'rate-limited',
      'overloaded-in-stream',
    ] as const;
    for (const fail of fails) {
      server.answerWith([{ fail, message: `Incorrect key provided: ${keys}. Bearer ${TEST_KEYS.other}` }]);
      const error = await failureOf(model.complete(chatRequest()));
      expect(error.message).toContain('[key removed]');
    }
    const sent = JSON.stringify(server.requests.at(-1)?.headers);
    expect(Object.values(TEST_KEYS).some((key) => sent.includes(key))).toBe(true);
  });

  it('goes on without a temperature where the model takes none, and remembers', async () => {
    server.answerWith((request) =>
      'temperature' in request.body
        ? { fail: 'bad-request', message: '`temperature` is deprecated for this model.' }
        : { text: 'ok' },
    );
    const before = server.requests.length;
    await expect(model.complete(chatRequest({ temperature: 0 }))).resolves.toMatchObject({ end: 'finished' });
    await expect(model.complete(chatRequest({ temperature: 0 }))).resolves.toMatchObject({ end: 'finished' });
    const sent = server.requests.slice(before).map(({ body }) => 'temperature' in body);
    expect(sent).toEqual([true, false, false]);
  });

  it('asks in words for a tool that the model does not let be forced', async () => {
    server.answerWith(({ body, forcedTool, lastText }) => {
      if (body['tool_choice'] !== undefined) {
        return {
          fail: 'bad-request',
          message: `tool_choice ${forcedTool} forces tool use, which is not supported`,
        };
      }
      return lastText.includes('calling the tool bash')
        ? { toolCalls: [{ name: 'bash', arguments: { command: 'ls' } }] }
        : { text: 'nobody asked' };
    });
    const answer = await model.complete(chatRequest({ requiredTool: 'bash' }));
    expect(answer.content).toMatchObject([{ type: 'tool-call', name: 'bash' }]);
  });

  it('gives up on a request that is refused for a setting it did not use', async () => {
    const before = server.requests.length;
    server.answerWith([
      { fail: 'bad-request', message: 'temperature and tool_choice and thinking blocks are wrong' },
    ]);
    expect((await failureOf(model.complete(chatRequest()))).kind).toBe('bad-request');
    expect(server.requests.length - before).toBe(1);
  });
});
