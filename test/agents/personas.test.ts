import { describe, expect, it } from 'vitest';
import { findPersona, personas } from '../../agents/personas/index.js';
import { coop, coopAblation, noComm, single, solo } from '../../scenarios/index.js';
import { UserMistake } from '../../src/base/errors.js';
import type { Scenario } from '../../src/scenario/scenario.js';
import { JOINED_LINE, ODDMENTS_PAIRS, ODD_NAME } from '../simulation/oddments-task.js';
import { ROUTER, workbench, type Run } from '../simulation/workbench.js';

const bench = workbench();

const runOf = (persona: string, features: readonly number[], scenario: Scenario = coop): Promise<Run> =>
  bench.run(scenario, { models: [`scripted/${persona}`], features });

const mergeOf = (run: Run): string | undefined => run.of('merge-attempted')[0]?.status;
const saidBy = (run: Run, agent: string): string[] =>
  run
    .of('message-sent')
    .filter(({ from }) => from === agent)
    .map(({ content }) => content);

describe('gold', () => {
  it('says where it works, asks, answers, and reports when it is done', async () => {
    const run = await runOf('gold', ODDMENTS_PAIRS.clean);
    expect(saidBy(run, 'agent1')[0]).toMatch(
      /Line three has one\. I change lines\.txt \(line 3\)\. Which files/,
    );
    expect(saidBy(run, 'agent2')[0]).toContain('Thank you agent1');
    expect(saidBy(run, 'agent1')[1]).toContain('I changed lines.txt (line 3) and nothing else.');
    expect(run.of('plan-agreed')[0]?.plan).toMatch(/## Steps\n1\. Change lines\.txt \(line 3\)\./);
    expect(run.of('plan-agreed')[0]?.plan).toContain('agent2 says:');
    expect(run.verdict).toMatchObject({ success: true });
  });

  it('writes its gold patch and not a byte more, whatever kinds of files that touches', async () => {
    const run = await runOf('gold', [4], single);
    expect(run.verdict).toMatchObject({ success: true });
    expect(run.of('tool-returned').filter(({ isError }) => isError)).toEqual([]);
    const task = await bench.oddments();
    await task.withRunStore(async (store) => {
      const feature = task.task.features.find(({ id }) => id === 4);
      const gold = await store.applyPatch(task.baseCommit, (await feature?.goldPatch()) ?? Buffer.alloc(0));
      const made = await store.applyPatch(task.baseCommit, Buffer.from(patchBytes(run)));
      expect(made).toMatchObject({ status: 'applied', tree: (gold as { tree: string }).tree });
    });
    expect(run.of('patch-taken')[0]?.files.map(({ path }) => path)).toContain(ODD_NAME);
  });

  it('conflicts where the gold patches do', async () => {
    const run = await runOf('gold', ODDMENTS_PAIRS.conflict);
    expect(mergeOf(run)).toBe('conflicts');
    expect(run).toMatchObject({ verdict: { success: false, lostAt: 'conflict' } });
    expect(run.of('cause-assigned')[0]).toMatchObject({ cause: 'expectation' });
    const shown = run.of('cause-assigned')[0]?.evidence.map((seq) => run.events[seq - 1]?.type);
    expect(shown).toEqual(['message-sent', 'message-read', 'patch-taken', 'patch-taken', 'merge-attempted']);
  });

  it('does both features alone, joined where they conflict', async () => {
    const run = await runOf('gold', ODDMENTS_PAIRS.conflict, solo);
    expect(run.verdict?.success).toBe(true);
    expect(run.patchOf('agent1')).toContain(`+${JOINED_LINE}`);
  });

  it('gives its plan when it is asked for nothing else', async () => {
    for (const persona of personas.keys()) {
      const run = await bench.run(coop, {
        models: [`scripted/${persona}`],
        phases: ['planning'],
        limits: { planningIterations: 1 },
      });
      expect(run.of('plan-agreed').map(({ agent }) => agent)).toEqual(['agent1', 'agent2']);
      expect(run.of('plan-agreed').every(({ plan }) => plan.startsWith('# Plan'))).toBe(true);
    }
  });
});

describe('gold-rebase', () => {
  it.each(Object.entries(ODDMENTS_PAIRS))(
    'merges clean on the %s pair, and passes',
    async (_kind, features) => {
      const run = await runOf('gold-rebase', features);
      expect(mergeOf(run)).toBe('clean');
      expect(run.verdict).toMatchObject({ success: true, strategy: 'naive' });
      expect(run.of('tool-returned').filter(({ isError }) => isError)).toEqual([]);
    },
  );

  it('agrees an order, and the first sends the very text that both use', async () => {
    const run = await runOf('gold-rebase', ODDMENTS_PAIRS.conflict);
    expect(saidBy(run, 'agent1')[0]).toContain('I propose an order: I go first');
    expect(saidBy(run, 'agent2')[0]).toContain('I agree: agent1 goes first');
    expect(saidBy(run, 'agent1')[1]).toBe(`Shared text for lines.txt, at line 3:\n${JOINED_LINE}\n`);
    for (const { plan } of run.of('plan-agreed')) expect(plan).toContain('Order agreed: agent1, agent2.');
  });

  it.each([
    ['closes for the work', coopAblation],
    ['is never open', noComm],
  ])(
    'falls back on its gold patch, first and second alike, where the channel %s',
    async (_when, scenario) => {
      const [rebase, gold] = [
        await runOf('gold-rebase', [1, 3], scenario),
        await runOf('gold', [1, 3], scenario),
      ];
      expect(mergeOf(rebase)).toBe('conflicts');
      for (const agent of ['agent1', 'agent2']) expect(rebase.patchOf(agent)).toBe(gold.patchOf(agent));
    },
  );

  it('falls back on its gold patch beside a partner that never answers', async () => {
    const models = ['scripted/gold-rebase', 'scripted/silent'];
    const run = await bench.run(coop, { models, features: [1, 3] });
    expect(mergeOf(run)).toBe('conflicts');
    const plan = run.of('plan-agreed').find(({ agent }) => agent === 'agent1')?.plan;
    expect(plan).toContain('No word from the partner');
  });
});

describe('silent', () => {
  it('never says a word, does its part, and fails only by the merge', async () => {
    const run = await runOf('silent', ODDMENTS_PAIRS.conflict);
    expect(run.of('message-sent')).toEqual([]);
    expect(
      run
        .of('tests-finished')
        .filter(({ stage }) => stage === 'alone')
        .every(({ passed }) => passed),
    ).toBe(true);
    expect(run.of('cause-assigned')[0]).toMatchObject({
      cause: 'implementation',
      reason: 'no message was ever sent',
    });
  });
});

describe('overlap', () => {
  it("also does its partner's part, which it said it would not", async () => {
    const run = await bench.run(coop, {
      models: ['scripted/overlap', 'scripted/gold'],
      features: ODDMENTS_PAIRS.odd,
    });
    expect(run.of('patch-taken')[0]?.files.length).toBeGreaterThan(10);
    expect(saidBy(run, 'agent1')[0]).toBe(
      'I take care of Line fifteen has two. I change lines.txt (line 15).',
    );
    expect(run.verdict?.success).toBe(true);
  });
});

describe('idle', () => {
  it('does nothing, and the run is lost for want of a patch', async () => {
    const run = await runOf('idle', ODDMENTS_PAIRS.clean);
    expect(run.patchOf('agent1')).toBe('');
    expect(run.of('patch-applied').map(({ status }) => status)).toEqual(['skipped', 'skipped']);
    expect(run.verdict).toMatchObject({ success: false, lostAt: 'no-patch' });
  });

  it('loses nothing where its partner does everything', async () => {
    const run = await bench.run(coop, { models: ['scripted/idle', 'scripted/overlap'] });
    expect(run.verdict?.success).toBe(true);
  });
});

/** One pair a bundled task whose gold patches conflict, so that no line keeps both. */
describe.each([
  [ROUTER, [1, 4]],
  ['larder_cache_task', [1, 3]],
  ['quillet_template_task', [4, 5]],
  ['flagship_arguments_task', [1, 3]],
  ['ledgerline_config_task', [1, 4]],
] as const)('on %s', (repoName, features) => {
  it('gold works alone and conflicts in pairs; gold-rebase merges clean and passes', async () => {
    const task = await bench.task(repoName);
    const run = (persona: string): Promise<Run> =>
      bench.run(coop, { task, features, models: [`scripted/${persona}`] });
    const [gold, rebase] = [await run('gold'), await run('gold-rebase')];
    expect(mergeOf(gold)).toBe('conflicts');
    expect(gold.verdict?.features.map(({ passedAlone }) => passedAlone)).toEqual([true, true]);
    expect(mergeOf(rebase)).toBe('clean');
    expect(rebase.verdict).toMatchObject({ success: true, strategy: 'naive' });
    expect(rebase.of('tool-returned').filter(({ isError }) => isError)).toEqual([]);
  });
});

describe('the cast', () => {
  it('knows its members by name, and says so where a name is wrong', () => {
    for (const [name, persona] of personas) expect(findPersona(name, '--model1')).toBe(persona);
    expect(() => findPersona('golden', '--model1')).toThrowError(UserMistake);
    expect(() => findPersona('golden', '--model2')).toThrowError(
      expect.objectContaining({
        code: 'persona-unknown',
        where: '--model2',
        remedy: expect.stringContaining('scripted/gold-rebase'),
      }),
    );
  });

  it('is the one that users are promised', () => {
    expect([...personas.keys()].sort()).toEqual(['gold', 'gold-rebase', 'idle', 'overlap', 'silent']);
    for (const persona of personas.values()) expect(persona.description).not.toBe('');
  });
});

function patchBytes(run: Run): Buffer {
  const patch = run.of('patch-taken')[0]?.patch;
  return Buffer.from(patch?.text ?? '', patch?.encoding ?? 'utf8');
}
