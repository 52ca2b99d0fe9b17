import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coop, single } from '../../scenarios/index.js';
import { UserMistake } from '../../src/base/errors.js';
import { defineScenario, type CompleteScenario } from '../../src/scenario/scenario.js';
import {
  checkMergeModel,
  checkTeam,
  dealTeam,
  isAllScripted,
  mergeModelName,
} from '../../src/simulation/team.js';
import { nextTurn } from '../../src/simulation/turns.js';

const KEY = { ANTHROPIC_API_KEY: 'a-key' };
const LIVE = 'anthropic/claude-sonnet-4-5-20250929';

function scenarioOf(count: number): CompleteScenario {
  const agents = Array.from({ length: count }, (_agent, index) => ({
    id: `agent${index + 1}`,
    features: [index + 1],
  }));
  return defineScenario({
    ...coop,
    name: 'many',
    agents,
    ...(count === 1 ? { integration: 'single-patch' } : { integration: 'merge' }),
  });
}

describe('dealing a team', () => {
  it('gives each agent its features and its model, and names the option that named it', () => {
    expect(dealTeam(coop, [7, 3], ['scripted/gold', LIVE])).toMatchObject([
      { id: 'agent1', features: [7], model: 'scripted/gold', field: '--model1' },
      { id: 'agent2', features: [3], model: LIVE, field: '--model2' },
    ]);
  });

  it('lets the last model serve all agents after it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), (agents, models) => {
        const names = Array.from({ length: models }, (_name, index) => `scripted/p${index}`) as [
          string,
          ...string[],
        ];
        const team = dealTeam(
          scenarioOf(agents),
          Array.from({ length: agents }, (_id, index) => index + 1),
          names,
        );
        expect(team.map(({ model }) => model)).toEqual(
          team.map((_member, index) => names[Math.min(index, models - 1)]),
        );
      }),
    );
  });

  it.each([
    [[1], coop],
    [[1, 2, 3], coop],
    [[1, 2], single],
  ])('refuses features %j where the scenario deals another number', (features, scenario) => {
    expect(() => dealTeam(scenario, features, ['scripted/gold'])).toThrowError(
      expect.objectContaining({ code: 'feature-count' }),
    );
  });
});

describe('checking a team', () => {
  it.each([
    ['scripted/nobody', {}, 'persona-unknown'],
    [LIVE, {}, expect.any(String)],
    ['nowhere/model', KEY, expect.any(String)],
  ])('refuses %s', (model, environment, code) => {
    const team = dealTeam(single, [1], [model]);
    expect(() => checkTeam(team, environment)).toThrowError(UserMistake);
    expect(() => checkTeam(team, environment)).toThrowError(
      expect.objectContaining({ code, where: expect.stringContaining('model1') }),
    );
  });

  it('takes a live model whose key is set, and any persona', () => {
    expect(() => checkTeam(dealTeam(coop, [1, 2], [LIVE, 'scripted/idle']), KEY)).not.toThrow();
  });

  it('knows whether a run can repeat', () => {
    expect(isAllScripted(dealTeam(coop, [1, 2], ['scripted/gold']))).toBe(true);
    expect(isAllScripted(dealTeam(coop, [1, 2], ['scripted/gold', LIVE]))).toBe(false);
  });
});

describe('the merge model', () => {
  it("is the one asked for, else the first agent's where that is live, else none", () => {
    const team = (one: string, other: string): ReturnType<typeof dealTeam> =>
      dealTeam(coop, [1, 2], [one, other]);
    expect(mergeModelName('openai/gpt-5', team('scripted/gold', LIVE))).toBe('openai/gpt-5');
    expect(mergeModelName(undefined, team(LIVE, 'scripted/gold'))).toBe(LIVE);
    expect(mergeModelName(undefined, team('scripted/gold', LIVE))).toBeUndefined();
  });

  it('is checked only where it is asked for', () => {
    expect(() => checkMergeModel(undefined, {})).not.toThrow();
    expect(() => checkMergeModel(LIVE, KEY)).not.toThrow();
    expect(() => checkMergeModel(LIVE, {})).toThrowError(UserMistake);
    expect(() => checkMergeModel('scripted/gold', KEY)).toThrowError(
      expect.objectContaining({ code: 'merge-model-scripted' }),
    );
  });
});

describe('turns', () => {
  const ids = ['a', 'b', 'c', 'd'];
  const stopped = fc.subarray(ids).map((some) => new Set(some));

  it('go round among those who have not stopped', () => {
    fc.assert(
      fc.property(stopped, fc.constantFrom(undefined, ...ids), (done, last) => {
        const next = nextTurn(ids, done, last);
        if (done.size === ids.length) expect(next).toBeUndefined();
        else expect(done.has(next ?? '')).toBe(false);
      }),
    );
  });

  it('leave nobody out for more than one round', () => {
    fc.assert(
      fc.property(stopped, (done) => {
        const going = ids.filter((id) => !done.has(id));
        const order: (string | undefined)[] = [];
        for (let turn = 0; turn < going.length; turn += 1) order.push(nextTurn(ids, done, order.at(-1)));
        expect(order.filter((id) => id !== undefined)).toEqual(going);
      }),
    );
  });
});
