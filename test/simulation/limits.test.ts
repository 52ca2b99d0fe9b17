import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { coop, solo } from '../../scenarios/index.js';
import { SimulatedClock } from '../../src/base/clock.js';
import { UserMistake } from '../../src/base/errors.js';
import { completeLimits, DEFAULT_LIMITS, type RunLimits } from '../../src/simulation/limits.js';
import {
  startProviderServer,
  type ProgrammedAnswer,
  type ProviderServer,
} from '../support/provider-server/index.js';
import { calling, goldWork, playing, requestsOf, shell, type Beat } from './team-play.js';
import { workbench, type Run } from './workbench.js';

const bench = workbench();
let server: ProviderServer;
beforeAll(async () => {
  server = await startProviderServer();
});
afterAll(() => server.close());

let seen: number;
beforeEach(() => {
  seen = server.requests.length;
});

const EDIT = shell('echo edited > made.txt');

/** A team in which the second agent does its feature well, whatever becomes of the first. */
async function teamWith(
  work: readonly Beat[],
  limits: Partial<RunLimits>,
  model = 'anthropic/claude-sonnet-4-5-20250929',
): Promise<Run> {
  server.answerWith(
    playing({ agent1: { work }, agent2: { work: [await goldWork(await bench.oddments(), 2)] } }),
  );
  return bench.run(coop, {
    models: [model, 'openai/gpt-5'],
    environment: server.environment,
    phases: ['execution', 'evaluation'],
    limits,
  });
}

function expectOnlyAgent1Stopped(run: Run, reason: string): void {
  expect(run.stopOf('agent1')).toBe(reason);
  expect(run.stopOf('agent2')).toBe('submitted');
  expect(run.patchOf('agent1')).toContain('made.txt');
  expect(run.of('tests-finished').filter(({ stage }) => stage === 'alone')).toMatchObject([
    { feature: 1, passed: false },
    { feature: 2, passed: true },
  ]);
  // A limit is the scenario's doing, no fault of the world.
  expect(run.of('fault-occurred')).toEqual([]);
  expect(run).toMatchObject({ status: 'done', verdict: { success: false, lostAt: 'test-failure' } });
}

describe('a limit of one agent', () => {
  it('ends it after so many actions, with what it has done', async () => {
    const run = await teamWith([EDIT, shell('true'), shell('true'), shell('true')], { executionActions: 3 });
    expectOnlyAgent1Stopped(run, 'action-limit');
    expect(requestsOf(server.requests.slice(seen), 'agent1', 'work')).toHaveLength(3);
    expect(run.of('agent-stopped').find(({ agent }) => agent === 'agent1')).toMatchObject({ steps: 3 });
  });

  it('ends it in the middle of a model call that takes too long', async () => {
    expectOnlyAgent1Stopped(await teamWith([EDIT, { fail: 'hang' }], { executionTime: 1_500 }), 'time-limit');
  });

  it('ends it in the middle of a command that takes too long', async () => {
    const run = await teamWith([shell('echo edited > made.txt; sleep 600')], { executionTime: 1_500 });
    expectOnlyAgent1Stopped(run, 'time-limit');
  });

  it('ends it while it waits for a provider that asks for patience', async () => {
    const run = await teamWith([EDIT, { fail: 'rate-limited', retryAfter: 200 }], { executionTime: 1_500 });
    expectOnlyAgent1Stopped(run, 'time-limit');
    expect(run.of('model-retried')).toMatchObject([{ agent: 'agent1', kind: 'rate-limited' }]);
    expect(run.of('model-retried')[0]?.delay).toBeGreaterThanOrEqual(200_000);
  });

  it('ends one that keeps talking and calls no tool, after it was reminded', async () => {
    const run = await teamWith([EDIT, { text: 'I am thinking.' }, { text: 'Still.' }, { text: 'Hm.' }], {});
    expectOnlyAgent1Stopped(run, 'silent');
    const asked = requestsOf(server.requests.slice(seen), 'agent1', 'work');
    expect(asked).toHaveLength(4);
    expect(asked[2]?.lastText).toContain('called no tool');
  });

  it('forgives an agent that finds back to its tools in time', async () => {
    const chatter: ProgrammedAnswer = { text: 'Let me think.' };
    const run = await teamWith([EDIT, chatter, chatter, shell('true'), chatter, chatter], {});
    expectOnlyAgent1Stopped(run, 'submitted');
  });
});

describe('a limit of the whole run', () => {
  /** Its usage is what such a prompt really takes. */
  const working: ProgrammedAnswer = {
    toolCalls: [{ name: 'bash', arguments: { command: 'echo edited > made.txt' } }],
    usage: { input: 1_000, output: 100 },
  };

  it.each([
    ['tokens', 'token-limit', { tokens: 9_000 }, 'other/some-model'],
    ['dollars', 'dollar-limit', { dollars: 0.05 }, 'anthropic/claude-sonnet-4-5-20250929'],
  ] as const)(
    'in %s is checked before each call, and never overshot',
    async (_unit, reason, limits, model) => {
      server.answerWith(playing({ agent1: { work: Array<Beat>(20).fill(working) } }));
      const run = await bench.run(solo, {
        models: [model],
        environment: server.environment,
        phases: ['execution', 'evaluation'],
        limits,
      });
      expect(run.stopOf('agent1')).toBe(reason);
      expect(run.patchOf('agent1')).toContain('made.txt');
      const calls = run.of('cost-charged');
      expect(calls.length).toBeGreaterThan(1);
      expect(server.requests.length - seen).toBe(calls.length);
      const tokens = calls.reduce((sum, { usage }) => sum + usage.input + usage.output, 0);
      const dollars = calls.reduce((sum, call) => sum + (call.dollars ?? 0), 0);
      if (reason === 'token-limit') expect(tokens).toBeLessThanOrEqual(9_000);
      else expect(dollars).toBeLessThanOrEqual(0.05);
      expect(run.of('model-failed')).toMatchObject([{ kind: reason }]);
      expect(run.of('fault-occurred')).toEqual([]);
    },
  );

  it('too small for one call stops everybody before anything is asked', async () => {
    server.answerWith(playing({}));
    const run = await bench.run(coop, {
      models: ['anthropic/claude-sonnet-4-5-20250929'],
      environment: server.environment,
      limits: { tokens: 10 },
    });
    expect(server.requests.length).toBe(seen);
    expect(run.of('agent-stopped').map(({ reason }) => reason)).toEqual(Array(4).fill('token-limit'));
    expect(run.verdict?.lostAt).toBe('no-patch');
  });

  it('does not keep a model without a known price from running', async () => {
    server.answerWith(playing({}));
    const run = await bench.run(solo, {
      models: ['other/some-model'],
      environment: server.environment,
      phases: ['execution'],
    });
    expect(run.of('cost-charged')).toMatchObject([{ dollars: null, usage: { input: 100, output: 20 } }]);
    expect(run.of('limit-unchecked')).toEqual([]);
  });

  it('is told to be beyond a dollar limit, once, and runs all the same', async () => {
    server.answerWith(playing({}));
    const run = await bench.run(solo, {
      models: ['other/some-model'],
      environment: server.environment,
      phases: ['planning', 'execution'],
      limits: { dollars: 0.01 },
    });
    expect(run.of('limit-unchecked')).toMatchObject([{ limit: 'dollars', model: 'other/some-model' }]);
    expect(run.of('cost-charged').length).toBeGreaterThan(1);
  });
});

describe('a planning agent that calls no tool', () => {
  it('is asked for its plan alone, and stops as silent', async () => {
    server.answerWith((request) =>
      request.tools.length > 1 ? { text: 'I would like to think aloud.' } : playing({})(request),
    );
    const run = await bench.run(solo, {
      models: ['openai/gpt-5'],
      environment: server.environment,
      phases: ['planning'],
    });
    expect(run.of('agent-stopped')).toMatchObject([{ reason: 'silent', steps: 4 }]);
    expect(run.of('plan-agreed')).toMatchObject([{ plan: 'The plan of agent1.', forced: true }]);
  });

  it('has no plan where the forced question brings nothing either', async () => {
    server.answerWith((request) => (request.tools.length > 1 ? calling('list_files', {}) : { text: '' }));
    const run = await bench.run(solo, {
      models: ['openai/gpt-5'],
      environment: server.environment,
      phases: ['planning'],
      limits: { planningIterations: 2 },
      // Its sleeps take no time.
      clock: new SimulatedClock(),
    });
    expect(run.of('plan-agreed')).toEqual([]);
    expect(run.of('fault-occurred')).toMatchObject([{ where: 'agent1', code: 'model-empty-answer' }]);
    expect(run.of('agent-stopped')).toMatchObject([{ reason: 'fault', steps: 2 }]);
    expect(run.status).toBe('broke');
  });
});

describe('completing limits', () => {
  it('fills in the defaults, also for what is given as undefined', () => {
    expect(completeLimits()).toEqual(DEFAULT_LIMITS);
    expect(
      completeLimits({ executionActions: 5, planningIterations: undefined, dollars: undefined }),
    ).toEqual({
      ...DEFAULT_LIMITS,
      executionActions: 5,
    });
  });

  it.each([
    [{ planningIterations: 0 }, '--max-iterations'],
    [{ planningIterations: 2.5 }, '--max-iterations'],
    [{ executionActions: -1 }, '--max-actions'],
    [{ executionTime: Number.NaN }, '--max-minutes'],
    [{ dollars: Infinity }, '--max-cost'],
    [{ tokens: 1.5 }, '--max-tokens'],
  ])('refuses %j and names the option', (limits, where) => {
    expect(() => completeLimits(limits)).toThrowError(UserMistake);
    expect(() => completeLimits(limits)).toThrowError(
      expect.objectContaining({ code: 'limit-invalid', where }),
    );
  });

  it('takes fractions of minutes and of dollars', () => {
    expect(completeLimits({ executionTime: 0.5, dollars: 0.001 })).toMatchObject({
      executionTime: 0.5,
      dollars: 0.001,
    });
  });
});
