import { UserMistake } from '../base/errors.js';
import type { ChannelPolicy } from '../channel/channel-policy.js';
import { findMistake } from './scenario-mistakes.js';

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
  const mistake = findMistake(scenario);
  if (mistake !== undefined) {
    const { field, message, remedy } = mistake;
    const name = typeof scenario?.name === 'string' && scenario.name !== '' ? scenario.name : '(unnamed)';
    throw new UserMistake(message, { code: 'scenario-invalid', where: `scenario ${name}, ${field}`, remedy });
  }
  return { ...scenario, planning: scenario.planning ?? true, integration: integrationOf(scenario) };
}

function integrationOf({ integration, agents }: Scenario): 'merge' | 'single-patch' {
  return integration ?? (agents.length > 1 ? 'merge' : 'single-patch');
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
