import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { coop } from '../../scenarios/index.js';
import { SimulatedClock } from '../../src/base/clock.js';
import type { SimulationOptions } from '../../src/simulation/simulation-options.js';
import {
  startProviderServer,
  TEST_KEYS,
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

const HALF = shell('echo half > half.txt');
const NAMES = ['anthropic/claude-sonnet-4-5-20250929', 'openai/gpt-5'];

/** Two agents of which the first meets a provider's fault after its first step. */
async function runWith(
  model: string,
  work: readonly Beat[],
  options: Partial<SimulationOptions> = {},
): Promise<Run> {
  server.answerWith(
    playing({ agent1: { work }, agent2: { work: [await goldWork(await bench.oddments(), 2)] } }),
  );
  return bench.run(coop, {
    models: [model, NAMES[1] ?? ''],
    environment: server.environment,
    phases: ['execution', 'evaluation'],
    // Back-off takes no time on it.
    clock: new SimulatedClock(),
    ...options,
  });
}

const failing = (fail: string, more: object = {}): ProgrammedAnswer =>
  ({ fail, ...more }) as ProgrammedAnswer;

describe.each(NAMES)('a provider of %s', (model) => {
  const passing: readonly (readonly [string, ProgrammedAnswer, string])[] = [
    ['asks to wait (429)', failing('rate-limited', { retryAfter: 7 }), 'rate-limited'],
    ['breaks (500)', failing('server-error'), 'server-error'],
    ['is overloaded (529)', failing('overloaded'), 'overloaded'],
    ['cuts the connection before it answers', failing('cut-before-headers'), 'unreachable'],
    ['cuts the connection in the middle of its answer', failing('cut-in-body'), 'unreachable'],
    ['ends its answer early', failing('ends-early'), 'unreachable'],
    ['gives an empty answer', { text: '' }, 'empty-answer'],
  ];

  it.each(passing)('that %s once costs a retry and nothing else', async (_what, fault, kind) => {
    const run = await runWith(model, [HALF, [fault, shell('echo whole > whole.txt')]], {
      phases: ['execution'],
    });
    expect(run.of('model-retried')).toMatchObject([{ agent: 'agent1', attempt: 1 }]);
    expect(run.of('model-retried')[0]?.kind).toBe(kind);
    if (kind === 'rate-limited') expect(run.of('model-retried')[0]?.delay).toBeGreaterThanOrEqual(7_000);
    expect(run.of('fault-occurred')).toEqual([]);
    expect(run.stopOf('agent1')).toBe('submitted');
    expect(run.patchOf('agent1')).toContain('whole.txt');
    expect(run.status).toBe('done');
  });

  it.each<readonly [string, ProgrammedAnswer, RegExp]>([
    ['broken JSON', calling('bash', '{"command": "echo' as never), /not a JSON object/],
    ['a tool that does not exist', calling('teleport', { to: 'main' }), /no tool of the name "teleport"/],
    ['arguments of the wrong kind', calling('bash', { command: 7 }), /command/],
  ])('that calls with %s is told so and goes on', async (_what, answer, told) => {
    const run = await runWith(model, [HALF, answer, shell('echo whole > whole.txt')], {
      phases: ['execution'],
    });
    const [, returned] = run.of('tool-returned').filter(({ agent }) => agent === 'agent1');
    expect(returned).toMatchObject({ isError: true, output: expect.stringMatching(told) });
    const next = requestsOf(server.requests.slice(seen), 'agent1', 'work')[2];
    expect(next?.lastText).toMatch(told);
    expect(run.stopOf('agent1')).toBe('submitted');
    expect(run.patchOf('agent1')).toContain('whole.txt');
  });

  const final: readonly (readonly [string, ProgrammedAnswer, string])[] = [
    ['does not know the key', failing('unauthorized'), 'model-authentication'],
    ['refuses the request', failing('bad-request'), 'model-bad-request'],
    ['stays broken', failing('server-error'), 'model-server-error'],
    ['answers nothing for ever', { text: '' }, 'model-empty-answer'],
    ['wants money first', failing('no-credit'), 'model-authentication'],
  ];

  it.each(final)('that %s ends the agent, never its partner or its patch', async (_what, fault, code) => {
    const run = await runWith(model, [HALF, fault]);
    expect(run.stopOf('agent1')).toBe('fault');
    expect(run.stopOf('agent2')).toBe('submitted');
    const [recorded] = run.of('fault-occurred');
    expect(recorded?.where).toBe('agent1');
    if (code !== 'model-authentication' || _what === 'does not know the key')
      expect(recorded?.code).toBe(code);
    expect(run.patchOf('agent1')).toContain('half.txt');
    // The other's work is judged all the same; the team's failure is nobody's.
    expect(
      run.of('tests-finished').find(({ feature, stage }) => feature === 2 && stage === 'alone')?.passed,
    ).toBe(true);
    expect(run).toMatchObject({ status: 'broke', verdict: { success: false, lostAt: 'infrastructure' } });
    expect(run.of('cause-assigned')).toEqual([]);
  });

  it('that fails after the work was done spoils no success', async () => {
    const task = await bench.oddments();
    const run = await runWith(model, [await goldWork(task, 1), failing('unauthorized')]);
    expect(run.stopOf('agent1')).toBe('fault');
    expect(run).toMatchObject({ status: 'done', verdict: { success: true } });
  });

  it('that refuses ends the agent with its words, and is no fault of the world', async () => {
    const run = await runWith(model, [HALF, { refusal: 'I will not.' }]);
    expect(run.of('agent-stopped').find(({ agent }) => agent === 'agent1')).toMatchObject({
      reason: 'refused',
      detail: 'I will not.',
    });
    expect(run.patchOf('agent1')).toContain('half.txt');
    expect(run.of('fault-occurred')).toEqual([]);
    expect(run).toMatchObject({ status: 'done', verdict: { lostAt: 'test-failure' } });
  });

  it('that finds the first prompt too long ends the agent with that reason', async () => {
    const run = await runWith(model, [failing('context-length')], { phases: ['execution'] });
    expect(run.stopOf('agent1')).toBe('context-length');
    expect(run.stopOf('agent2')).toBe('submitted');
  });

  it('that fails in planning leaves the partner its plan, and both their work', async () => {
    const task = await bench.oddments();
    server.answerWith(
      playing({
        agent1: { plan: [failing('forbidden')], work: [await goldWork(task, 1)] },
        agent2: { work: [await goldWork(task, 2)] },
      }),
    );
    const run = await bench.run(coop, { models: [model], environment: server.environment });
    expect(run.stopOf('agent1', 'planning')).toBe('fault');
    expect(run.of('plan-agreed').map(({ agent }) => agent)).toEqual(['agent2']);
    expect(run.verdict?.success).toBe(true);
  });

  it('never sees a key turn up in a log or an error, though it repeats the key in its own', async () => {
    const keys = Object.values(TEST_KEYS);
    const message = `The key ${keys[0]} or ${keys[1]} is not right.`;
    const run = await runWith(model, [
      shell('env'),
      [failing('overloaded', { message }), failing('unauthorized', { message })],
    ]);
    expect(run.outputsOf('agent1', 'bash')[0]).toContain('PATH=');
    expect(run.stopOf('agent1')).toBe('fault');
    const log = JSON.stringify(run.events) + JSON.stringify([...run.attachments]);
    for (const key of keys) expect(log).not.toContain(key);
    expect(log).toContain('is not right');
  });
});

describe('thinking', () => {
  it('goes back to its provider exactly as it came', async () => {
    const thought: ProgrammedAnswer = {
      thinking: 'First I look.',
      redactedThinking: 'c2VjcmV0',
      text: 'Looking.',
      toolCalls: [
        { name: 'bash', arguments: { command: 'ls' } },
        { name: 'view', arguments: { path: 'lines.txt' } },
      ],
    };
    await runWith(NAMES[0] ?? '', [thought, shell('true')], { phases: ['execution'] });
    const [first, second] = requestsOf(server.requests.slice(seen), 'agent1', 'work');
    const messages = second?.body['messages'] as { role: string; content: Record<string, unknown>[] }[];
    expect(messages[1]?.content.slice(0, 3)).toEqual([
      { type: 'thinking', thinking: 'First I look.', signature: `signature-${first?.number}` },
      { type: 'redacted_thinking', data: 'c2VjcmV0' },
      { type: 'text', text: 'Looking.' },
    ]);
    // Two calls of one answer are answered together, in their order.
    const ids = messages[1]?.content.slice(3).map((block) => block['id']);
    expect(messages[2]?.content.map((block) => block['tool_use_id'])).toEqual(ids);
  });
});
