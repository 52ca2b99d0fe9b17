import { UserMistake } from '../base/errors.js';
import type { ChannelPolicy } from '../channel/channel-policy.js';

/** One member of the team. */
export interface AgentRole {
  /** Id that other agents address it by, e.g. `agent1`. */
  readonly id: string;
  /** Which of the run's features are its own, as positions in the run's list from 1. */
  readonly features: readonly number[];
  /** Told to this agent beside its task. */
  readonly instructions?: string;
}

/** A way of working together, as plain data: who takes part, how they may talk, how the work is joined. */
export interface Scenario {
  /** Kebab- or snake-case; also the folder of its results, e.g. `coop_ablation`. */
  readonly name: string;
  /** One line for lists. */
  readonly description: string;
  readonly agents: readonly AgentRole[];
  /** The experiment: which messages reach whom, and when. */
  readonly channel: ChannelPolicy;
  /** Whether the team plans, in turns, before it works. Default: yes. */
  readonly planning?: boolean;
  /**
   * `merge`: one branch an agent, merged by the referee; `single-patch`: the one agent's patch is tested as
   * it is. Default: `merge` for two agents or more.
   */
  readonly integration?: 'merge' | 'single-patch';
}

/** A scenario with every default filled in. */
export type CompleteScenario = Required<Scenario>;

/**
 * Checks a scenario and fills in its defaults.
 *
 * @throws {UserMistake} that names the field at fault.
 */
export function defineScenario(scenario: Scenario): CompleteScenario {
  const mistake = (field: string, message: string, remedy: string): UserMistake =>
    new UserMistake(message, {
      code: 'scenario-invalid',
      where: `scenario ${scenario.name || '(unnamed)'}, ${field}`,
      remedy,
    });
  if (!/^[a-z][a-z0-9_-]*$/.test(scenario.name)) {
    throw mistake('name', `"${scenario.name}" is not a name`, 'use lower-case letters, digits, - and _');
  }
  if (scenario.agents.length === 0) throw mistake('agents', 'nobody takes part', 'list at least one agent');
  const ids = new Set<string>();
  scenario.agents.forEach((agent, index) => {
    const field = `agents[${index}]`;
    if (!/^[a-z][a-z0-9_-]*$/.test(agent.id) || agent.id === 'referee' || agent.id === 'everyone') {
      throw mistake(`${field}.id`, `"${agent.id}" cannot be an agent's id`, 'use an id such as agent1');
    }
    if (ids.has(agent.id))
      throw mistake(`${field}.id`, `the id ${agent.id} is taken`, 'give each agent its own id');
    ids.add(agent.id);
    if (agent.features.length === 0) {
      throw mistake(`${field}.features`, `${agent.id} has no feature`, 'deal it at least one, e.g. [1]');
    }
    for (const position of agent.features) {
      if (!Number.isInteger(position) || position < 1) {
        throw mistake(`${field}.features`, `${position} is not a position`, 'count the features from 1');
      }
    }
  });
  const integration = scenario.integration ?? (scenario.agents.length > 1 ? 'merge' : 'single-patch');
  if (integration === 'single-patch' && scenario.agents.length > 1) {
    throw mistake('integration', 'several agents make several patches', 'use "merge" or a single agent');
  }
  return { planning: true, ...scenario, integration };
}

/** How many features a run of the scenario needs. */
export function featureCount(scenario: Scenario): number {
  return Math.max(...scenario.agents.flatMap((agent) => agent.features));
}

/**
 * Deals a run's features to the agents.
 *
 * @param features feature ids in the run's order.
 * @throws {UserMistake} when the run has more or fewer features than the scenario deals.
 */
export function dealFeatures(
  scenario: Scenario,
  features: readonly number[],
): ReadonlyMap<string, readonly number[]> {
  const needed = featureCount(scenario);
  if (features.length !== needed) {
    throw new UserMistake(
      `${scenario.name} needs ${needed} feature${needed === 1 ? '' : 's'}, not ${features.length}`,
      {
        code: 'feature-count',
        where: needed > 1 ? '--feature1-id, --feature2-id' : '--feature1-id',
        remedy: needed > 1 ? `give ${needed} different feature ids` : 'give one feature id',
      },
    );
  }
  return new Map(
    scenario.agents.map((agent) => [
      agent.id,
      agent.features.map((position) => features[position - 1] as number),
    ]),
  );
}
