import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../src/base/clock.js';
import { seededRandom } from '../../src/base/random.js';
import { createLiveModel } from '../../src/model/create-model.js';
import { DEFAULT_RETRY_POLICY, retryDelay } from '../../src/model/retry-delay.js';
import { withRetries, type RetryNotice, type RetryOptions } from '../../src/model/retrying-model.js';
import { startProviderServer, type ProviderServer } from '../support/provider-server/index.js';
import { chatRequest } from './requests.js';

let server: ProviderServer;
beforeAll(async () => {
  server = await startProviderServer();
});
afterAll(() => server.close());

async function retrying(given: Partial<RetryOptions> = {}, name = 'anthropic/claude-opus-5') {
  const notices: RetryNotice[] = [];
  const clock = new SimulatedClock(0, 0);
  const model = withRetries(await createLiveModel(name, server.environment, { field: '--model1' }), {
    clock,
    random: seededRandom('retries'),
    onRetry: (notice) => notices.push(notice),
    ...given,
  });
  return { model, clock, notices };
}

describe.each(['anthropic/claude-opus-5', 'openai/gpt-5'])('retries of %s', (name) => {
  it('bring an answer after a rate limit, an overload, a cut connection, a server error and an empty answer', async () => {
    server.answerWith([
      { fail: 'rate-limited', retryAfter: 20 },
      { fail: 'overloaded' },
      { fail: 'cut-in-body' },
      { fail: 'server-error' },
      { text: '' },
      { text: 'at last' },
    ]);
    const { model, clock, notices } = await retrying({}, name);
    await expect(model.complete(chatRequest())).resolves.toMatchObject({
      content: [{ type: 'text', text: 'at last' }],
    });
    expect(notices.map(({ attempt, kind }) => [attempt, kind])).toEqual([
      [1, 'rate-limited'],
      [2, 'overloaded'],
      [3, 'unreachable'],
      [4, 'server-error'],
      [5, 'empty-answer'],
    ]);
    expect(notices.every(({ callId }) => callId === 'agent1/execute/1')).toBe(true);
    expect(notices[0]?.delay).toBeGreaterThanOrEqual(20_000);
    expect(notices[4]?.usage).toMatchObject({ input: 100, output: 20 });
    expect(clock.now()).toBe(notices.reduce((sum, { delay }) => sum + delay, 0));
  });

  it.each(['unauthorized', 'bad-request', 'context-length', 'no-credit'] as const)(
    'are not made for "%s", which stays',
    async (fail) => {
      const before = server.requests.length;
      server.answerWith([{ fail }]);
      const { model, notices } = await retrying({}, name);
      await expect(model.complete(chatRequest())).rejects.toMatchObject({ isRetryable: false });
      expect(notices).toEqual([]);
      expect(server.requests.length - before).toBe(1);
    },
  );

  it('end with the last failure once the tries are used up', async () => {
    const before = server.requests.length;
    server.answerWith([{ fail: 'overloaded' }, { fail: 'server-error' }]);
    const { model, notices } = await retrying({ maximumAttempts: 3 }, name);
    await expect(model.complete(chatRequest())).rejects.toMatchObject({ kind: 'server-error' });
    expect(notices).toHaveLength(2);
    expect(server.requests.length - before).toBe(3);
  });
});

describe('retrying', () => {
  it('waits the same times for the same seed', async () => {
    const waits = async (): Promise<number[]> => {
      server.answerWith([{ fail: 'overloaded' }]);
      const { model, notices } = await retrying();
      await expect(model.complete(chatRequest())).rejects.toMatchObject({ kind: 'overloaded' });
      return notices.map(({ delay }) => delay);
    };
    const first = await waits();
    expect(first).toHaveLength(DEFAULT_RETRY_POLICY.maximumAttempts - 1);
    expect(await waits()).toEqual(first);
  });

  it('stops at once with the signal’s reason while it waits', async () => {
    server.answerWith([{ fail: 'overloaded' }]);
    const controller = new AbortController();
    const reason = new Error('the user left');
    const { model } = await retrying({ onRetry: () => controller.abort(reason) });
    await expect(model.complete(chatRequest(), controller.signal)).rejects.toBe(reason);
  });

  it('keeps the name, the kind and the window of the model', async () => {
    const { model } = await retrying();
    expect(model).toMatchObject({ name: 'anthropic/claude-opus-5', isLive: true, contextWindow: 1_000_000 });
  });
});

describe('the delay before a retry', () => {
  const policy = fc.record({
    maximumAttempts: fc.integer({ min: 1, max: 12 }),
    baseDelay: fc.integer({ min: 1, max: 10_000 }),
    maximumDelay: fc.integer({ min: 1, max: 100_000 }),
    maximumRetryAfter: fc.integer({ min: 0, max: 1_000_000 }),
  });
  const failed = fc.record({
    attempt: fc.integer({ min: 1, max: 15 }),
    isRetryable: fc.boolean(),
    retryAfter: fc.option(fc.integer({ min: 0, max: 2_000_000 }), { nil: undefined }),
  });
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  it('is never less than the provider asked for, nor more than the policy lets it be', () => {
    fc.assert(
      fc.property(failed, policy, chance, (attempt, rules, drawn) => {
        const delay = retryDelay(attempt, rules, () => drawn);
        if (delay === undefined) return;
        expect(Number.isInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(attempt.retryAfter ?? 0);
        const bound =
          attempt.retryAfter === undefined
            ? rules.maximumDelay
            : Math.min(attempt.retryAfter, rules.maximumRetryAfter) + rules.baseDelay;
        expect(delay).toBeLessThanOrEqual(bound);
      }),
    );
  });

  it('is given exactly while a further try may help', () => {
    fc.assert(
      fc.property(failed, policy, chance, (attempt, rules, drawn) => {
        const may =
          attempt.isRetryable &&
          attempt.attempt < rules.maximumAttempts &&
          (attempt.retryAfter ?? 0) <= rules.maximumRetryAfter;
        expect(retryDelay(attempt, rules, () => drawn) !== undefined).toBe(may);
      }),
    );
  });

  it('doubles from try to try until it reaches its bound', () => {
    const rules = { maximumAttempts: 9, baseDelay: 100, maximumDelay: 1_000, maximumRetryAfter: 0 };
    const delays = [1, 2, 3, 4, 5, 6].map((attempt) =>
      retryDelay({ attempt, isRetryable: true }, rules, () => 0.5),
    );
    expect(delays).toEqual([75, 150, 300, 600, 750, 750]);
  });
});
