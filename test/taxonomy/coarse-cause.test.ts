import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../src/base/clock.js';
import { open, closed, type ChannelPolicy } from '../../src/channel/channel-policy.js';
import { InProcessBus } from '../../src/channel/in-process-bus.js';
import type { RunEvent } from '../../src/log/event.js';
import { EventLog, MemorySink } from '../../src/log/event-log.js';
import type { Loss } from '../../src/log/referee-events.js';
import { coarseCause, type CoarseCause } from '../../src/taxonomy/coarse-cause.js';

interface Story {
  readonly channel?: ChannelPolicy;
  readonly agents?: number;
  /** Sender (its recipients read at once), text. */
  readonly talk?: readonly (readonly [from: string, text: string])[];
  /** Agents that never read. */
  readonly deaf?: readonly string[];
  /** Files of the patches of agent1, agent2, … */
  readonly patches?: readonly (readonly string[])[];
  readonly failsAlone?: number;
  /** Files of the naive merge's conflict; a clean merge where absent. */
  readonly conflicts?: readonly string[];
  readonly lostAt?: Loss | 'nowhere';
}

/** The log of a small failed run, its messages sent over the real bus. */
async function logOf(story: Story): Promise<readonly RunEvent[]> {
  const memory = new MemorySink();
  const log = new EventLog(new SimulatedClock(), [memory]);
  const ids = Array.from({ length: story.agents ?? 2 }, (_agent, index) => `agent${index + 1}`);
  log.append<'run-started'>({
    type: 'run-started',
    formatVersion: 1,
    troupeVersion: '0',
    runId: 'r',
    scenario: 'coop',
    setting: 'coop',
    channel: 'open',
    phases: ['execution', 'evaluation'],
    task: { repoName: 'a_task', taskId: 1, baseCommit: 'b' },
    features: ids.map((_id, index) => index + 1),
    agents: ids.map((id, index) => ({ id, model: 'scripted/gold', features: [index + 1] })),
    schedule: 'lockstep',
    seed: '1',
    limits: { planningIterations: 1, executionActions: 1, executionTime: 1 },
  });
  const bus = new InProcessBus(ids, story.channel ?? open(), log);
  const connections = new Map(await Promise.all(ids.map(async (id) => [id, await bus.connect(id)] as const)));
  for (const [from, content] of story.talk ?? []) {
    await connections.get(from)?.send({ to: 'everyone', content });
    for (const id of ids) if (!(story.deaf ?? []).includes(id)) await connections.get(id)?.read();
  }
  ids.forEach((agent, index) => {
    const files = (story.patches?.[index] ?? []).map((path) => ({ path, added: 1, removed: 1 }));
    log.append({
      type: 'patch-taken',
      agent,
      features: [index + 1],
      patch: { encoding: 'utf8', text: '' },
      files,
      leftOut: [],
    });
  });
  ids.forEach((agent, index) => {
    const passed = story.failsAlone !== index + 1;
    log.append({
      type: 'tests-finished',
      feature: index + 1,
      stage: 'alone',
      agent,
      passed,
      exitCode: passed ? 0 : 1,
      output: 'o',
    });
  });
  const conflicts = (story.conflicts ?? []).map((file) => ({ file, sections: 1, lines: 2, agents: ids }));
  const status = story.conflicts === undefined ? ('clean' as const) : ('conflicts' as const);
  log.append({
    type: 'merge-attempted',
    strategy: 'naive',
    status,
    conflicts,
    sections: conflicts.length,
    lines: 0,
    score: 0,
  });
  const lostAt = story.lostAt ?? (status === 'clean' ? 'test-failure' : 'conflict');
  log.append({
    type: 'verdict-reached',
    verdict: {
      success: lostAt === 'nowhere',
      features: [],
      explanation: '',
      ...(lostAt === 'nowhere' ? {} : { lostAt }),
    },
  });
  return memory.events;
}

/** The cause, with the types of the events that it points to. */
async function causeOf(story: Story): Promise<(CoarseCause & { shown: string[] }) | undefined> {
  const events = await logOf(story);
  const found = coarseCause(events);
  if (found === undefined) return undefined;
  const shown = found.evidence.map((seq) => events.find((event) => event.seq === seq)?.type ?? 'nothing');
  return { ...found, shown };
}

const BOTH = [['src/a.js'], ['src/a.js']];

describe('the coarse cause', () => {
  it.each<readonly [string, Story, string, RegExp, string[]]>([
    [
      'is the implementation where a feature fails before any merge, whatever was said',
      {
        failsAlone: 2,
        talk: [['agent1', 'I will change src/a.js.']],
        patches: BOTH,
        conflicts: ['src/a.js'],
      },
      'implementation',
      /feature 2 fails on its own/,
      ['tests-finished'],
    ],
    [
      'is the implementation where nobody said a word',
      { patches: BOTH, conflicts: ['src/a.js'] },
      'implementation',
      /no message was ever sent/,
      ['verdict-reached'],
    ],
    [
      'is the implementation where the channel kept every word back',
      {
        channel: closed(),
        talk: [['agent1', 'I change src/a.js. And you?']],
        patches: BOTH,
        conflicts: ['src/a.js'],
      },
      'implementation',
      /kept every message back/,
      ['message-withheld', 'verdict-reached'],
    ],
    [
      'is a commitment where a promised file was left alone',
      { talk: [['agent1', 'I will change src/a.js and src/b.js.']], patches: [['src/a.js'], ['src/b.js']] },
      'commitment',
      /agent1 said that it would change src\/b\.js/,
      ['message-sent', 'patch-taken'],
    ],
    [
      'is a commitment where nothing at all was done',
      { talk: [['agent2', 'Leave it to me: I will implement lib/x.py.']], patches: [['src/a.js'], []] },
      'commitment',
      /agent2 .* lib\/x\.py/,
      ['message-sent', 'patch-taken'],
    ],
    [
      'is an expectation where a partner changed what it had read to be taken',
      {
        talk: [
          ['agent1', 'I change src/a.js, lines 1-9.'],
          ['agent2', 'Good.'],
        ],
        patches: BOTH,
        conflicts: ['src/a.js'],
      },
      'expectation',
      /agent2 had read that agent1 changes src\/a\.js/,
      ['message-sent', 'message-read', 'patch-taken', 'patch-taken', 'merge-attempted'],
    ],
    [
      'is a communication where a question was read and never answered',
      { talk: [['agent1', 'Who takes the parser?']], patches: [['src/a.js'], ['src/b.js']] },
      'communication',
      /agent2 read the question of agent1/,
      ['message-sent', 'message-read'],
    ],
    [
      'is a communication where both changed a file that nobody named',
      {
        talk: [
          ['agent1', 'Hello.'],
          ['agent2', 'Hello.'],
        ],
        patches: BOTH,
        conflicts: ['src/a.js'],
      },
      'communication',
      /both changed src\/a\.js/,
      ['patch-taken', 'patch-taken', 'merge-attempted'],
    ],
    [
      'is the implementation where only the code shows it',
      { talk: [['agent1', 'I change src/a.js.']], patches: [['src/a.js'], ['src/b.js']] },
      'implementation',
      /only the code/,
      ['verdict-reached'],
    ],
  ])('%s', async (_what, story, cause, reason, shown) => {
    const found = await causeOf(story);
    expect(found).toMatchObject({ cause, reason: expect.stringMatching(reason), shown });
  });

  it.each<readonly [string, Story]>([
    ['a success', { lostAt: 'nowhere', talk: [['agent1', 'Why?']] }],
    ['a run that broke', { lostAt: 'infrastructure', talk: [['agent1', 'Why?']] }],
    ['a run of one agent', { agents: 1, patches: [['src/a.js']] }],
  ])('is none for %s', async (_what, story) => {
    expect(await causeOf(story)).toBeUndefined();
  });

  it('is none where there is no verdict', async () => {
    const events = await logOf({});
    expect(coarseCause(events.filter((event) => event.type !== 'verdict-reached'))).toBeUndefined();
    expect(coarseCause([])).toBeUndefined();
  });

  it('takes no question for unanswered that was answered, never read, or asked in the air', async () => {
    const patches = [['src/a.js'], ['src/b.js']];
    const answered = await causeOf({
      talk: [
        ['agent1', 'Who?'],
        ['agent2', 'I.'],
      ],
      patches,
    });
    const unread = await causeOf({ talk: [['agent1', 'Who?']], deaf: ['agent2'], patches });
    expect([answered?.cause, unread?.cause]).toEqual(['implementation', 'implementation']);
  });

  it('takes no message for an answer that was sent before the question was read', async () => {
    const found = await causeOf({
      talk: [
        ['agent2', 'I do b.'],
        ['agent1', 'Who does c?'],
      ],
      patches: [['src/a.js'], ['src/b.js']],
    });
    expect(found?.cause).toBe('communication');
  });

  it('looks for shared files where the conflict is, and nowhere else', async () => {
    const both = [
      ['src/a.js', 'src/b.js'],
      ['src/a.js', 'src/b.js'],
    ];
    const talk = [
      ['agent1', 'Mine is src/a.js.'],
      ['agent2', 'Good.'],
    ] as const;
    const found = await causeOf({ talk, patches: both, conflicts: ['src/b.js'] });
    expect(found).toMatchObject({ cause: 'communication', reason: expect.stringContaining('src/b.js') });
  });

  it('does not blame one for changing what a third one took', async () => {
    const found = await causeOf({
      agents: 3,
      talk: [['agent1', 'Mine is src/a.js.']],
      patches: [['src/a.js'], ['src/b.js'], ['src/a.js']],
      conflicts: ['src/a.js'],
      deaf: ['agent3'],
    });
    expect(found?.cause).toBe('implementation');
  });
});
