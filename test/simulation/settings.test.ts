import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { scenarios, coop, coopAblation, noComm, single, solo } from '../../scenarios/index.js';
import type { Feature } from '../../src/dataset/task.js';
import { startProviderServer, type ProviderServer } from '../support/provider-server/index.js';
import { calling, goldWork, playing, requestsOf, sceneOf, shell, telling } from './team-play.js';
import { workbench, type Run } from './workbench.js';

const bench = workbench();
let server: ProviderServer;
beforeAll(async () => {
  server = await startProviderServer();
});
afterAll(() => server.close());

describe('a run of scripted agents', () => {
  it.each([...scenarios.values()].map((scenario) => [scenario.name, scenario] as const))(
    'goes through plan, execution and verdict in setting %s',
    async (_name, scenario) => {
      const features = scenario === single ? [2] : [2, 4];
      const run = await bench.run(scenario, { task: await bench.task(), features });
      expect(run.status).toBe('done');
      expect(run.verdict).toMatchObject({ success: true });
      expect(run.of('phase-started').map((event) => event.phase)).toEqual([
        'planning',
        'execution',
        'evaluation',
      ]);
      expect(run.of('agent-stopped').map((event) => event.reason)).toEqual(
        scenario.agents.length === 1
          ? ['agreed', 'submitted']
          : ['agreed', 'agreed', 'submitted', 'submitted'],
      );
      expect(run.events[0]?.type).toBe('run-started');
      expect(run.events.at(-1)).toMatchObject({ type: 'run-ended', status: 'done' });
      expect(run.events.map((event) => event.seq)).toEqual(run.events.map((_event, index) => index + 1));
    },
  );

  it('merges nothing where one agent works', async () => {
    for (const scenario of [single, solo]) {
      const run = await bench.run(scenario, {});
      expect(run.of('merge-attempted')).toEqual([]);
      expect(run.of('message-sent')).toEqual([]);
      expect(run.verdict?.features.map(({ feature }) => feature)).toEqual(scenario === single ? [1] : [1, 2]);
    }
  });

  it('iterates over the very events of its result', async () => {
    const simulation = await bench.start(single, {});
    const seen = [];
    for await (const event of simulation) seen.push(event);
    expect(seen).toEqual((await simulation.result).events);
  });

  it('runs any one phase with what an earlier one left', async () => {
    const planned = await bench.run(coop, { phases: ['planning'] });
    const plans = new Map(planned.of('plan-agreed').map((event) => [event.agent, event.plan]));
    const executed = await bench.run(coop, { phases: ['execution'], plans });
    const patches = new Map(
      ['agent1', 'agent2'].map((agent) => [agent, Buffer.from(executed.patchOf(agent))]),
    );
    const judged = await bench.run(coop, { phases: ['evaluation'], patches });
    expect(
      executed.of('agent-started').every((event) => event.task.includes(plans.get(event.agent) ?? '?')),
    ).toBe(true);
    expect(planned.of('patch-taken')).toEqual([]);
    expect(judged.of('model-called')).toEqual([]);
    expect(judged.verdict).toEqual((await bench.run(coop, {})).verdict);
  });
});

describe.each(['anthropic/claude-sonnet-4-5-20250929', 'openai/gpt-5'])('a run over %s', (model) => {
  const options = (): { models: string[]; environment: ProviderServer['environment'] } => ({
    models: [model],
    environment: server.environment,
  });
  let seen: number;
  beforeEach(() => {
    seen = server.requests.length;
  });
  const requests = (): typeof server.requests => server.requests.slice(seen);

  it.each([...scenarios.values()].map((scenario) => [scenario.name, scenario] as const))(
    'succeeds in setting %s with the same work',
    async (_name, scenario) => {
      const task = await bench.oddments();
      const isTeam = scenario.agents.length > 1;
      server.answerWith(
        playing({
          agent1: { work: [await goldWork(task, ...(scenario === solo ? [1, 2] : [1]))] },
          agent2: { work: [await goldWork(task, 2)] },
        }),
      );
      const run = await bench.run(scenario, options());
      expect(run.verdict).toMatchObject({ success: true, ...(isTeam ? { strategy: 'naive' } : {}) });
      expect(run.of('cost-charged')).toHaveLength(requests().length);
      expect(run.of('model-answered')).toHaveLength(requests().length);
    },
  );

  it('lets an agent plan until it sends a message, then shows the other what was said', async () => {
    server.answerWith(
      playing({
        agent1: {
          plan: [
            calling('list_files', {}),
            telling('I take routing.'),
            calling('list_files', {}),
            telling('Fine.'),
          ],
        },
        agent2: { plan: [telling('I take groups.'), calling('list_files', {})] },
      }),
    );
    const run = await bench.run(coop, { ...options(), phases: ['planning'] });
    expect(run.of('turn-started').map((event) => event.agent)).toEqual([
      'agent1',
      'agent2',
      'agent1',
      'agent2',
      'agent1',
    ]);
    expect(requests().map((request) => sceneOf(request).agent)).toEqual([
      'agent1', // looks
      'agent1', // sends, and waits
      'agent2', // answers, and waits
      'agent1', // looks
      'agent1', // sends, and waits
      'agent2', // looks
      'agent2', // agrees
      'agent1', // agrees
    ]);
    const [first, second] = [
      requestsOf(requests(), 'agent2', 'plan'),
      requestsOf(requests(), 'agent1', 'plan'),
    ];
    expect(first[0]?.lastText).toContain('[message 1 from agent1]\nI take routing.');
    expect(second[2]?.lastText).toContain('[message 2 from agent2]\nI take groups.');
    expect(first[1]?.lastText).toContain('[message 3 from agent1]\nFine.');
  });

  it('asks each for its plan, with the agreement tool alone, when the iterations are used up', async () => {
    const looking = calling('list_files', {});
    server.answerWith((request) =>
      request.forcedTool === undefined && request.tools.length > 1 ? looking : playing({})(request),
    );
    const run = await bench.run(coop, {
      ...options(),
      phases: ['planning'],
      limits: { planningIterations: 3 },
    });
    for (const agent of ['agent1', 'agent2']) {
      const asked = requestsOf(requests(), agent, 'plan');
      expect(asked.map(({ tools }) => tools.length > 1)).toEqual([true, true, true, false]);
      expect(asked.at(-1)).toMatchObject({ tools: ['agreement_reached'], forcedTool: 'agreement_reached' });
      expect(run.stopOf(agent, 'planning')).toBe('iteration-limit');
    }
    expect(run.of('plan-agreed')).toMatchObject([
      { agent: 'agent1', plan: 'The plan of agent1.', forced: true },
      { agent: 'agent2', plan: 'The plan of agent2.', forced: true },
    ]);
  });

  it('takes a text for the plan in the forced agreement, and carries out no other tool', async () => {
    server.answerWith((request) => {
      if (request.tools.length > 1) return calling('list_files', {});
      return sceneOf(request).agent === 'agent1' ? { text: 'My plan, as text.' } : telling('One more thing!');
    });
    const run = await bench.run(coop, {
      ...options(),
      phases: ['planning'],
      limits: { planningIterations: 1 },
    });
    expect(run.of('plan-agreed')).toMatchObject([
      { agent: 'agent1', plan: 'My plan, as text.', forced: true },
    ]);
    expect(run.of('message-sent')).toEqual([]);
    expect(run.outputsOf('agent2', 'communicate')).toEqual(['Only agreement_reached can be called now.']);
    expect(run.stopOf('agent2', 'planning')).toBe('iteration-limit');
  });

  it('puts a message into the next prompt of a partner that works at the same time', async () => {
    server.answerWith(
      playing({
        agent1: { work: [telling('Keep off src/pattern.js, lines 1-20.'), shell('sleep 0.3')] },
        agent2: { work: [shell('sleep 0.2'), shell('true')] },
      }),
    );
    const run = await bench.run(coop, { ...options(), phases: ['execution'] });
    const prompts = requestsOf(requests(), 'agent2', 'work').map((request) => request.lastText);
    expect(prompts.filter((text) => text.includes('Keep off src/pattern.js'))).toHaveLength(1);
    expect(run.of('message-read')).toMatchObject([{ message: 1, by: 'agent2' }]);
    expect(run.of('turn-started')).toEqual([]);
  });

  it('differs between coop and coop_ablation in nothing but the policy while the work goes on', async () => {
    const play = (): void =>
      server.answerWith(
        playing({
          agent1: { plan: [telling('I take src/router.js.')], work: [telling('Done with one part.')] },
          agent2: { plan: [telling('I take src/group.js.')], work: [shell('ls'), telling('Any news?')] },
        }),
      );
    const bodies: string[][] = [];
    const runs: Run[] = [];
    for (const scenario of [coop, coopAblation]) {
      seen = server.requests.length;
      play();
      // One step each in turn, so that both runs ask in the same order.
      const phases = ['planning', 'execution'] as const;
      runs.push(await bench.run(scenario, { ...options(), schedule: 'lockstep', phases }));
      // The server numbers its answers' tool calls over all runs.
      const offset = seen;
      const renumber = (_id: string, number: string): string => `call_${Number(number) - offset}_`;
      bodies.push(requests().map(({ body }) => JSON.stringify(body).replaceAll(/call_(\d+)_/g, renumber)));
    }
    const [open, closed] = bodies as [string[], string[]];
    const [withChannel, without] = runs;
    expect(open).toHaveLength(closed.length);
    const different = open.flatMap((body, index) => (body === closed[index] ? [] : [index]));
    // What the channel brings, or does not, is all that differs.
    const neutral = (body: string | undefined): string =>
      (body ?? '')
        .replaceAll(/(Error: )?(?=Not delivered)/g, '')
        .replaceAll('Delivered to', 'To')
        .replaceAll(/Not delivered to (agent\d): the channel is closed during execution/g, 'To $1')
        .replaceAll(/"is_error":(true|false),?/g, '');
    expect(different.length).toBeGreaterThan(0);
    for (const index of different) {
      const [one, other] = [neutral(open[index]), neutral(closed[index])];
      if (/\[message \d from agent\d\]/.test(one)) expect(one.length).toBeGreaterThan(other.length);
      else expect(one).toBe(other);
      expect(JSON.parse(open[index] ?? '').tools).toEqual(JSON.parse(closed[index] ?? '').tools);
    }
    const started = (run: Run | undefined): unknown =>
      run
        ?.of('agent-started')
        .map(({ agent, phase, system, task, tools }) => [agent, phase, system, task, tools]);
    expect(started(withChannel)).toEqual(started(without));
    expect(withChannel?.of('message-withheld')).toEqual([]);
    expect(without?.of('message-withheld')).toMatchObject([
      { message: 3, to: 'agent2', reason: 'the channel is closed during execution' },
      { message: 4, to: 'agent1', reason: 'the channel is closed during execution' },
    ]);
    expect(without?.outputsOf('agent1', 'communicate')).toEqual([
      'Delivered to agent2.',
      'Not delivered to agent2: the channel is closed during execution.',
    ]);
  });

  it('keeps every message back in no_comm, and tells its sender', async () => {
    server.answerWith(playing({ agent1: { plan: [telling('Hello?')], work: [telling('Anybody?')] } }));
    const run = await bench.run(noComm, { ...options(), phases: ['planning', 'execution'] });
    expect(run.of('message-withheld')).toMatchObject([
      { message: 1, reason: 'the channel is closed' },
      { message: 2, reason: 'the channel is closed' },
    ]);
    expect(run.of('message-delivered')).toEqual([]);
    expect(requests().some((request) => /\[message \d/.test(JSON.stringify(request.body)))).toBe(false);
  });

  it("never shows an agent its partner's feature, a gold patch or a test", async () => {
    const task = await bench.task();
    const look = shell('ls -aR; git log -p --all; git reflog; cat .git/* .git/*/*');
    server.answerWith(
      playing({
        agent1: { plan: [calling('grep_search', { pattern: '.' }), telling('Mine is mine.')], work: [look] },
        agent2: { plan: [calling('list_files', {})], work: [look, shell('ls -aR ..; env')] },
      }),
    );
    await bench.run(coop, { ...options(), task, features: [2, 4], phases: ['planning', 'execution'] });
    const [two, four] = task.task.features.filter(({ id }) => id === 2 || id === 4) as [Feature, Feature];
    const base = filesUnder(path.join(task.task.folder, 'base'));
    for (const [agent, own, foreign] of [
      ['agent1', two, four],
      ['agent2', four, two],
    ] as const) {
      const shown = requests()
        .filter((request) => sceneOf(request).agent === agent)
        .map((request) => JSON.stringify(request.body))
        .join('\n');
      const known = `${base}\n${await own.description()}`;
      for (const line of telltales(await own.description())) expect(shown).toContain(line);
      const patches = [own, foreign].flatMap((feature) => [feature.goldPatch(), feature.testsPatch()]);
      const secrets = [await foreign.description(), ...(await Promise.all(patches)).map(added)];
      const lines = secrets.flatMap(telltales).filter((line) => !known.includes(JSON.parse(`"${line}"`)));
      expect(lines.length).toBeGreaterThan(100);
      expect(lines.filter((line) => shown.includes(line))).toEqual([]);
    }
  });
});

/** Lines that are long enough to give themselves away, as JSON writes them. */
function telltales(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line.length > 30).map((line) => JSON.stringify(line).slice(1, -1));
}

function added(patch: Buffer): string {
  const lines = patch.toString('utf8').split('\n');
  return lines
    .filter((line) => /^\+(?!\+\+)/.test(line))
    .map((line) => line.slice(1))
    .join('\n');
}

function filesUnder(folder: string): string {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((file) => readFileSync(path.join(file.parentPath, file.name), 'utf8')).join('\n');
}
