import { describe, expect, it } from 'vitest';

import { UserMistake } from '../../src/base/errors.js';
import { closed, open } from '../../src/channel/channel-policy.js';
import { dealFeatures, defineScenario, featureCount, type Scenario } from '../../src/scenario/scenario.js';

const team: Scenario = {
  name: 'pair',
  description: 'Two agents.',
  agents: [
    { id: 'agent1', features: [1] },
    { id: 'agent2', features: [2], instructions: 'You go second.' },
  ],
  channel: open(),
};

/** The mistake that a scenario with these fields is refused with. */
function mistakeIn(fields: object): UserMistake {
  try {
    defineScenario({ ...team, ...fields } as Scenario);
  } catch (error) {
    expect(error).toBeInstanceOf(UserMistake);
    return error as UserMistake;
  }
  throw new Error('the scenario was accepted');
}

const agents = (...list: object[]): object => ({ agents: list });

describe('a scenario', () => {
  it('is taken as it is, with its defaults filled in', () => {
    expect(defineScenario(team)).toEqual({ ...team, planning: true, integration: 'merge' });
    const alone = { ...team, agents: [{ id: 'agent1', features: [1, 2] }], channel: closed() };
    expect(defineScenario(alone)).toEqual({ ...alone, planning: true, integration: 'single-patch' });
  });

  it('keeps what it says itself', () => {
    const own = { ...team, planning: false, integration: 'merge' as const };
    expect(defineScenario(own)).toEqual(own);
    const alone: Scenario = { ...team, agents: [{ id: 'agent1', features: [1] }], integration: 'merge' };
    expect(defineScenario(alone).integration).toBe('merge');
  });

  it('can be checked twice, and built upon', () => {
    const complete = defineScenario(team);
    expect(defineScenario(complete)).toEqual(complete);
    expect(defineScenario({ ...complete, name: 'other' })).toEqual({ ...complete, name: 'other' });
  });

  it('may have agents share a feature, and any number of agents', () => {
    const many = Array.from({ length: 9 }, (_, index) => ({
      id: `agent${index + 1}`,
      features: [1 + (index % 4)],
    }));
    expect(defineScenario({ ...team, agents: many }).agents).toHaveLength(9);
  });

  it.each<[string, object, string, string]>([
    ['has no name', { name: '' }, 'name', '"" is not a name'],
    ['has a name of several words', { name: 'My Study' }, 'name', '"My Study" is not a name'],
    ['has a name that would lead out of its folder', { name: '../x' }, 'name', '"../x" is not a name'],
    ['has a number for a name', { name: 7 }, 'name', '7 is not a name'],
    ['has no description', { description: undefined }, 'description', 'not one line'],
    ['has a long description', { description: 'a\nb' }, 'description', 'not one line'],
    ['has no agents', agents(), 'agents', 'nobody takes part'],
    ['has no list of agents', { agents: 'agent1' }, 'agents', 'nobody takes part'],
    ['has an agent that is none', { agents: [null] }, 'agents[0]', 'an agent is an object'],
    ['has an agent without id', agents({ features: [1] }), 'agents[0].id', 'undefined cannot be'],
    [
      'has an agent called as the referee',
      agents({ id: 'referee', features: [1] }),
      'agents[0].id',
      '"referee"',
    ],
    ['has an agent called everyone', agents({ id: 'everyone', features: [1] }), 'agents[0].id', '"everyone"'],
    ['has an agent whose id is a path', agents({ id: 'a/b', features: [1] }), 'agents[0].id', '"a/b"'],
    [
      'has two agents of one id',
      agents({ id: 'agent1', features: [1] }, { id: 'agent1', features: [2] }),
      'agents[1].id',
      'the id agent1 is taken',
    ],
    [
      'has an agent without work',
      agents({ id: 'agent1', features: [1] }, { id: 'agent2', features: [] }),
      'agents[1].features',
      'agent2 has no feature',
    ],
    ['has an agent without a list of work', agents({ id: 'agent1' }), 'agents[0].features', 'has no feature'],
    [
      'counts features from 0',
      agents({ id: 'agent1', features: [0] }),
      'agents[0].features',
      '0 is not a position',
    ],
    [
      'deals half a feature',
      agents({ id: 'a', features: [1.5] }),
      'agents[0].features',
      '1.5 is not a position',
    ],
    ['deals a feature by its name', agents({ id: 'a', features: ['1'] }), 'agents[0].features', '"1" is not'],
    ['deals a feature twice', agents({ id: 'a', features: [1, 1] }), 'agents[0].features', 'a feature twice'],
    [
      'deals a feature to nobody',
      agents({ id: 'agent1', features: [1] }, { id: 'agent2', features: [3] }),
      'agents',
      'feature 2 is dealt to nobody',
    ],
    [
      'has instructions that are no text',
      agents({ id: 'a', features: [1], instructions: 5 }),
      'agents[0].instructions',
      'no text',
    ],
    [
      'misspells a field of an agent',
      agents({ id: 'a', features: [1], instruction: 'x' }),
      'agents[0].instruction',
      'no such field',
    ],
    ['has no channel', { channel: undefined }, 'channel', 'no channel policy'],
    ['names its channel', { channel: 'open' }, 'channel', 'no channel policy'],
    ['forgets to call the policy', { channel: open }, 'channel', 'no channel policy'],
    ['has a policy without a description', { channel: { decide: open().decide } }, 'channel', 'no channel'],
    ['plans maybe', { planning: 'no' }, 'planning', '"no" is neither true nor false'],
    ['joins work in an unknown way', { integration: 'rebase' }, 'integration', '"rebase" is no way'],
    [
      'makes one patch of several agents',
      { integration: 'single-patch' },
      'integration',
      'several agents make several patches',
    ],
    ['misspells a field', { chanel: open() }, 'chanel', 'no such field'],
  ])('that %s is refused, and the field is named', (_case, fields, field, message) => {
    const mistake = mistakeIn(fields);
    expect(mistake.where).toMatch(/^scenario /);
    expect(mistake.where?.endsWith(`, ${field}`), `${mistake.where} should name ${field}`).toBe(true);
    expect(mistake.message).toContain(message);
    expect(mistake).toMatchObject({ code: 'scenario-invalid', remedy: expect.stringMatching(/./) as string });
    expect(mistake.toLine()).not.toContain('\n');
  });

  it('that is no object at all is refused as well', () => {
    for (const nothing of [undefined, null, 'coop', 7]) {
      expect(() => defineScenario(nothing as never)).toThrow('a scenario is an object');
    }
  });

  it('is named in its mistakes', () => {
    expect(mistakeIn({ planning: 1 }).where).toBe('scenario pair, planning');
    expect(mistakeIn({ name: '' }).where).toBe('scenario (unnamed), name');
  });
});

describe('dealing features', () => {
  it('gives each agent the features at its positions, in the order of the run', () => {
    expect([...dealFeatures(team, [7, 3])]).toEqual([
      ['agent1', [7]],
      ['agent2', [3]],
    ]);
    const pool: Scenario = {
      ...team,
      agents: [
        { id: 'agent1', features: [1, 3] },
        { id: 'agent2', features: [2, 4] },
      ],
    };
    expect([...dealFeatures(pool, [10, 20, 30, 40])]).toEqual([
      ['agent1', [10, 30]],
      ['agent2', [20, 40]],
    ]);
  });

  it('counts the features that a run needs', () => {
    expect(featureCount(team)).toBe(2);
    expect(featureCount({ ...team, agents: [{ id: 'agent1', features: [1, 2, 3] }] })).toBe(3);
  });

  it.each<[readonly number[], string]>([
    [[1], 'pair needs 2 features, not 1'],
    [[1, 2, 3], 'pair needs 2 features, not 3'],
    [[], 'pair needs 2 features, not 0'],
  ])('refuses the features %j, and names the options', (features, message) => {
    expect(() => dealFeatures(team, features)).toThrow(
      expect.objectContaining({
        message,
        code: 'feature-count',
        where: '--feature1-id, --feature2-id',
        remedy: 'give 2 different feature ids',
      }),
    );
  });

  it('asks a single agent for one feature alone', () => {
    const single = { ...team, agents: [{ id: 'agent1', features: [1] }] };
    expect(() => dealFeatures(single, [1, 2])).toThrow(
      expect.objectContaining({ where: '--feature1-id', remedy: 'give one feature id' }),
    );
  });
});
