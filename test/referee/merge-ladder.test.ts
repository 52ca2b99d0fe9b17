import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { coop } from '../../scenarios/index.js';
import { SimulatedClock } from '../../src/base/clock.js';
import { UserMistake } from '../../src/base/errors.js';
import type { Scenario } from '../../src/scenario/scenario.js';
import type { SimulationOptions } from '../../src/simulation/simulation-options.js';
import { JOINED_LINE, ODDMENTS_PAIRS } from '../simulation/oddments-task.js';
import { playing, type Beat } from '../simulation/team-play.js';
import { workbench, type Run } from '../simulation/workbench.js';
import { startProviderServer, type ProviderServer } from '../support/provider-server/index.js';

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

const LIVE = 'anthropic/claude-sonnet-4-5-20250929';

/** Judges the gold patches of some features, one an agent. */
async function judge(
  features: readonly number[],
  options: Partial<SimulationOptions> = {},
  scenario: Scenario = coop,
): Promise<Run> {
  const task = await bench.oddments();
  const patches = new Map<string, Buffer>();
  for (const [index, agent] of scenario.agents.entries()) {
    const feature = task.task.features.find(({ id }) => id === features[index]);
    patches.set(agent.id, (await feature?.goldPatch()) ?? Buffer.alloc(0));
  }
  return bench.run(scenario, { features, phases: ['evaluation'], patches, ...options });
}

/** The same of two branches that no merge of lines can join, with a model for the last rung. */
async function judgeConflict(merge: Beat, options: Partial<SimulationOptions> = {}): Promise<Run> {
  server.answerWith(playing({ merge }));
  return judge(ODDMENTS_PAIRS.conflict, {
    models: [LIVE],
    environment: server.environment,
    clock: new SimulatedClock(),
    ...options,
  });
}

const ladderOf = (run: Run): string[] =>
  run.of('merge-attempted').map(({ strategy, status }) => `${strategy} ${status}`);

describe('the merge ladder', () => {
  it('ends with a naive merge that is clean', async () => {
    const run = await judge(ODDMENTS_PAIRS.clean);
    expect(ladderOf(run)).toEqual(['naive clean']);
    expect(run.verdict).toMatchObject({ success: true, strategy: 'naive' });
  });

  it('keeps both sides where the branches conflict and that passes', async () => {
    const run = await judge(ODDMENTS_PAIRS.union);
    expect(ladderOf(run)).toEqual(['naive conflicts', 'union clean']);
    expect(run.of('merge-attempted')[0]).toMatchObject({
      sections: 1,
      lines: 2,
      score: 24,
      conflicts: [{ file: 'list.txt', sections: 1, lines: 2, agents: ['agent1', 'agent2'] }],
    });
    expect(run.verdict).toMatchObject({ success: true, strategy: 'union' });
  });

  it('has a model resolve what no merge of lines can', async () => {
    const run = await judgeConflict({ text: JOINED_LINE });
    expect(ladderOf(run)).toEqual(['naive conflicts', 'union clean', 'llm clean']);
    expect(run.verdict).toMatchObject({ success: true, strategy: 'llm' });
    const merged = run.of('tests-finished').filter(({ stage }) => stage === 'merged');
    expect(merged.map(({ strategy, passed }) => `${strategy} ${passed}`)).toEqual([
      'union false',
      'union false',
      'llm true',
      'llm true',
    ]);
    const [request] = server.requests.slice(seen);
    expect(request?.body).toMatchObject({ temperature: 0 });
    expect(request?.lastText).toContain('line 3 has one\n=======\nline 3 has three');
    // The question, its answer and its price are on record.
    expect(run.of('model-called')).toMatchObject([
      { agent: 'referee', purpose: 'merge', callId: 'referee/merge/1' },
    ]);
    expect(run.of('model-answered')).toMatchObject([{ content: [{ type: 'text', text: JOINED_LINE }] }]);
    expect(run.of('cost-charged')).toMatchObject([{ agent: 'referee', purpose: 'merge', model: LIVE }]);
  });

  it('tests what the model made of it, and calls a bad merge a conflict', async () => {
    const run = await judgeConflict({ text: 'line 3 has nothing' });
    expect(ladderOf(run)).toEqual(['naive conflicts', 'union clean', 'llm clean']);
    expect(run.verdict).toMatchObject({ success: false, lostAt: 'conflict', strategy: 'llm' });
  });

  it.each<readonly [string, Beat]>([
    ['refuses', { refusal: 'No.' }],
    ['leaves conflict markers in', { text: '<<<<<<< first\na\n=======\nb\n>>>>>>> second' }],
    ['is cut short', { text: JOINED_LINE, isCutByLimit: true }],
    ['finds the region too long', { fail: 'context-length' }],
  ])('fails at the last rung where the model %s, and blames the branches', async (_what, merge) => {
    const run = await judgeConflict(merge);
    expect(ladderOf(run)).toEqual(['naive conflicts', 'union clean', 'llm failed']);
    expect(run.of('merge-attempted')[2]?.detail).not.toBe('');
    expect(run.of('fault-occurred')).toEqual([]);
    expect(run).toMatchObject({ status: 'done', verdict: { lostAt: 'conflict' } });
  });

  it('blames nobody where the provider of the merge model fails', async () => {
    const run = await judgeConflict({ fail: 'unauthorized' });
    expect(ladderOf(run)).toEqual(['naive conflicts', 'union clean', 'llm failed']);
    expect(run.of('fault-occurred')).toMatchObject([{ where: 'referee', code: 'model-authentication' }]);
    expect(run).toMatchObject({ status: 'broke', verdict: { lostAt: 'infrastructure' } });
    expect(run.of('cause-assigned')).toEqual([]);
  });

  it('asks again where the provider only stumbles', async () => {
    const run = await judgeConflict([{ fail: 'overloaded' }, { text: JOINED_LINE }]);
    expect(run.of('model-retried')).toMatchObject([{ agent: 'referee', kind: 'overloaded' }]);
    expect(run.verdict?.success).toBe(true);
  });

  it('fails at the last rung where the budget does not bear it', async () => {
    const run = await judgeConflict({ text: JOINED_LINE }, { limits: { tokens: 50 } });
    expect(server.requests).toHaveLength(seen);
    expect(ladderOf(run)).toEqual(['naive conflicts', 'union clean', 'llm failed']);
    expect(run.of('merge-attempted')[2]?.detail).toContain('50 tokens');
    expect(run).toMatchObject({ status: 'done', verdict: { lostAt: 'conflict' } });
  });

  it('does not try the last rung without a live model, and says so', async () => {
    const scripted = await judge(ODDMENTS_PAIRS.conflict, { models: ['scripted/gold', LIVE] });
    const keyless = await judge(ODDMENTS_PAIRS.conflict, { models: [LIVE] });
    for (const run of [scripted, keyless]) {
      expect(ladderOf(run)).toEqual(['naive conflicts', 'union clean', 'llm not-tried']);
      expect(run.of('merge-attempted')[2]?.detail).toContain('no live model');
      expect(run).toMatchObject({ status: 'done', verdict: { lostAt: 'conflict' } });
    }
  });

  it('takes the merge model that is asked for, also for scripted agents', async () => {
    const run = await judgeConflict(
      { text: JOINED_LINE },
      { models: ['scripted/gold'], mergeModel: 'openai/gpt-5' },
    );
    expect(run.verdict).toMatchObject({ success: true, strategy: 'llm' });
    expect(server.requests.at(-1)?.model).toBe('gpt-5');
  });

  it.each([
    ['a persona', 'scripted/gold', 'merge-model-scripted'],
    ['a model whose key is not set', LIVE, expect.any(String)],
    ['no name at all', 'nonsense', expect.any(String)],
  ])('refuses %s as merge model before anything runs', async (_what, mergeModel, code) => {
    const refused = judge(ODDMENTS_PAIRS.conflict, { mergeModel });
    await expect(refused).rejects.toThrowError(UserMistake);
    await expect(judge(ODDMENTS_PAIRS.conflict, { mergeModel })).rejects.toMatchObject({
      code,
      where: expect.stringContaining('merge-model'),
    });
  });
});

describe('missing input', () => {
  const broken = Buffer.from(
    'diff --git a/lines.txt b/lines.txt\n--- a/lines.txt\n+++ b/lines.txt\n@@ -1,1 +1,1 @@\n-no such line\n+another\n',
  );

  it('is told apart from a conflict, and ends the ladder', async () => {
    const gold = await (await bench.oddments()).task.features[1]?.goldPatch();
    const patches = new Map([
      ['agent1', broken],
      ['agent2', gold ?? Buffer.alloc(0)],
    ]);
    const run = await judge(ODDMENTS_PAIRS.clean, { patches });
    expect(run.of('patch-applied').map(({ status }) => status)).toEqual(['failed', 'applied']);
    expect(ladderOf(run)).toEqual(['naive missing_input']);
    expect(run.of('merge-attempted')[0]?.score).toBe(0);
    expect(run.verdict).toMatchObject({
      lostAt: 'patch-does-not-apply',
      features: [
        { feature: 1, passed: false, passedAlone: null },
        { feature: 2, passed: false, passedAlone: true },
      ],
    });
  });

  it.each([
    ['an empty patch', '', 'the patch is empty'],
    [
      'a patch of test files alone',
      'diff --git a/checks/feature1.check b/checks/feature1.check\nnew file mode 100644\n--- /dev/null\n+++ b/checks/feature1.check\n@@ -0,0 +1 @@\n+true\n',
      'the patch changes test files only',
    ],
  ])('is not what %s is: the agent has no patch', async (_what, text, detail) => {
    const gold = await (await bench.oddments()).task.features[1]?.goldPatch();
    const patches = new Map([
      ['agent1', Buffer.from(text)],
      ['agent2', gold ?? Buffer.alloc(0)],
    ]);
    const run = await judge(ODDMENTS_PAIRS.clean, { patches });
    expect(run.of('patch-applied')[0]).toMatchObject({ status: 'skipped', detail });
    expect(ladderOf(run)).toEqual(['naive clean']);
    expect(run.verdict).toMatchObject({ success: false, lostAt: 'no-patch' });
  });

  it('takes test files out of a patch and judges the rest', async () => {
    const task = await bench.oddments();
    const [first, second] = task.task.features;
    const cheat = Buffer.concat([
      (await first?.goldPatch()) ?? Buffer.alloc(0),
      Buffer.from(
        'diff --git a/checks/feature2.check b/checks/feature2.check\nnew file mode 100644\n--- /dev/null\n+++ b/checks/feature2.check\n@@ -0,0 +1 @@\n+false\n',
      ),
    ]);
    const patches = new Map([
      ['agent1', cheat],
      ['agent2', (await second?.goldPatch()) ?? Buffer.alloc(0)],
    ]);
    const run = await judge(ODDMENTS_PAIRS.clean, { patches });
    expect(run.of('patch-applied')[0]).toMatchObject({
      status: 'applied',
      testFilesTakenOut: ['checks/feature2.check'],
    });
    expect(run.verdict?.success).toBe(true);
  });
});

describe('more than two', () => {
  const three: Scenario = {
    name: 'three',
    description: 'Three agents, one feature each.',
    agents: [1, 2, 3].map((position) => ({ id: `agent${position}`, features: [position] })),
    channel: coop.channel,
  };

  it('branches are merged, with each conflict put down to the agents who have it', async () => {
    const clean = await judge([1, 2, 5], {}, three);
    expect(ladderOf(clean)).toEqual(['naive clean']);
    expect(clean.verdict).toMatchObject({
      success: true,
      features: [{ feature: 1 }, { feature: 2 }, { feature: 5 }],
    });
    const conflict = await judge([1, 5, 3], {}, three);
    expect(conflict.of('merge-attempted')[0]?.conflicts).toMatchObject([
      { file: 'lines.txt', agents: ['agent1', 'agent3'] },
    ]);
  });

  it('branches can be joined by a model', async () => {
    server.answerWith(playing({ merge: { text: JOINED_LINE } }));
    const run = await judge([1, 2, 3], { models: [LIVE], environment: server.environment }, three);
    expect(run.verdict).toMatchObject({ success: true, strategy: 'llm' });
  });

  it('agents plan in turn, work, and are judged', async () => {
    const run = await bench.run(three, { features: [1, 2, 3], models: ['scripted/gold-rebase'] });
    const turns = run.of('turn-started').filter(({ phase }) => phase === 'planning');
    expect(turns.slice(0, 3).map(({ agent }) => agent)).toEqual(['agent1', 'agent2', 'agent3']);
    expect(run.verdict).toMatchObject({ success: true, strategy: 'naive' });
    expect(run.of('message-delivered').length).toBeGreaterThan(4);
  });

  it("features can be one agent's, who makes one patch", async () => {
    const alone: Scenario = { ...three, name: 'alone', agents: [{ id: 'agent1', features: [1, 2, 3] }] };
    const run = await bench.run(alone, { features: [1, 2, 3] });
    expect(run.verdict).toMatchObject({
      success: true,
      features: [{ feature: 1 }, { feature: 2 }, { feature: 3 }],
    });
    expect(run.of('merge-attempted')).toEqual([]);
  });

  it('features can be dealt unevenly', async () => {
    const pool: Scenario = {
      ...three,
      name: 'pool',
      agents: [
        { id: 'ann', features: [1, 3] },
        { id: 'bob', features: [2] },
      ],
    };
    const run = await bench.run(pool, { features: [1, 2, 5], models: ['scripted/silent'] });
    expect(run.of('run-started')[0]?.agents).toMatchObject([{ features: [1, 5] }, { features: [2] }]);
    expect(run.verdict?.success).toBe(true);
  });
});
