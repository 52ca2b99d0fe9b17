import { describe, expect, it } from 'vitest';

import { coop, coopAblation, noComm, scenarios, single, solo } from '../../scenarios/index.js';
import type { ChannelPolicy } from '../../src/channel/channel-policy.js';
import { defineScenario, featureCount } from '../../src/scenario/scenario.js';

/** What the policy says in each part of a run. */
function verdicts({ decide }: ChannelPolicy): Record<string, string> {
  const message = { number: 1, from: 'agent1', to: ['agent2'], content: 'hello' };
  return Object.fromEntries(
    (['planning', 'execution'] as const).map((phase) => [
      phase,
      decide(message, 'agent2', { phase, sentBefore: new Map() }).verdict,
    ]),
  );
}

describe('the bundled scenarios', () => {
  it('are the four settings of the paper and its third arm', () => {
    expect([...scenarios.keys()].toSorted()).toEqual(['coop', 'coop_ablation', 'no_comm', 'single', 'solo']);
  });

  it.each([...scenarios])('%s is valid, complete, and found under its own name', (name, scenario) => {
    expect(scenario.name).toBe(name);
    expect(defineScenario(scenario)).toEqual(scenario);
    expect(scenario.description).toMatch(/^[A-Z].*\.$/);
    expect(scenario.planning).toBe(true);
  });

  it('give single one feature, and all others two', () => {
    expect(featureCount(single)).toBe(1);
    for (const scenario of [solo, coop, coopAblation, noComm]) expect(featureCount(scenario)).toBe(2);
  });

  it('give solo both features in one patch, and coop one feature each to be merged', () => {
    expect(solo).toMatchObject({ agents: [{ features: [1, 2] }], integration: 'single-patch' });
    expect(coop).toMatchObject({ agents: [{ features: [1] }, { features: [2] }], integration: 'merge' });
  });

  it.each([
    ['coop_ablation', coopAblation],
    ['no_comm', noComm],
  ])('let %s differ from coop in nothing but name, description and channel', (_name, arm) => {
    const { name: _n, description: _d, channel: _c, ...rest } = arm;
    const { name, description, channel, ...coopRest } = coop;
    expect(rest).toEqual(coopRest);
    expect([arm.name, arm.description, arm.channel.description]).not.toContain(name);
    expect(arm.description).not.toBe(description);
    expect(arm.channel.description).not.toBe(channel.description);
  });

  it('open and close the channel as the paper says', () => {
    expect(verdicts(coop.channel)).toEqual({ planning: 'deliver', execution: 'deliver' });
    expect(verdicts(coopAblation.channel)).toEqual({ planning: 'deliver', execution: 'withhold' });
    expect(verdicts(noComm.channel)).toEqual({ planning: 'withhold', execution: 'withhold' });
  });
});
