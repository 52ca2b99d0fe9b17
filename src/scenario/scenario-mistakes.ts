import { inspect } from 'node:util';
import type { AgentRole, Scenario } from './scenario.js';

/** What is wrong with a scenario. */
export interface ScenarioMistake {
  /** E.g. `agents[1].id`. */
  readonly field: string;
  readonly message: string;
  /** What would be right, as one imperative sentence. */
  readonly remedy: string;
}

const NAME = /^[a-z][a-z0-9_-]*$/;
/** Words that stand for somebody else in logs and messages. */
const RESERVED_IDS = new Set(['referee', 'everyone']);
const SCENARIO_FIELDS = ['name', 'description', 'agents', 'channel', 'planning', 'integration'];
const AGENT_FIELDS = ['id', 'features', 'instructions'];

/**
 * The first mistake of a scenario, in the order of its fields. Types are looked at too: scenarios are also written
 * in plain JavaScript.
 */
export function findMistake(scenario: Scenario): ScenarioMistake | undefined {
  if (!isObject(scenario)) return mistake('scenario', 'a scenario is an object', 'see scenarios/coop.ts');
  const { name, description, channel, planning } = scenario;
  if (!isName(name)) {
    return mistake('name', `${quote(name)} is not a name`, 'use lower-case letters, digits, - and _');
  }
  if (typeof description !== 'string' || description.includes('\n')) {
    return mistake('description', 'the description is not one line of text', 'say in one line what is tried');
  }
  const inTeam = findTeamMistake(scenario);
  if (inTeam !== undefined) return inTeam;
  if (!isObject(channel) || typeof channel.decide !== 'function' || typeof channel.description !== 'string') {
    return mistake(
      'channel',
      'this is no channel policy',
      "use open(), closed(), during('planning') or all(…)",
    );
  }
  if (planning !== undefined && typeof planning !== 'boolean') {
    return mistake('planning', `${quote(planning)} is neither true nor false`, 'use true or false');
  }
  return findIntegrationMistake(scenario) ?? findUnknownField(scenario, SCENARIO_FIELDS, '');
}

function findTeamMistake({ agents }: Scenario): ScenarioMistake | undefined {
  if (!Array.isArray(agents) || agents.length === 0) {
    return mistake(
      'agents',
      'nobody takes part',
      "list at least one agent, e.g. { id: 'agent1', features: [1] }",
    );
  }
  const ids = new Set<string>();
  const dealt = new Set<number>();
  for (const [index, agent] of (agents as readonly AgentRole[]).entries()) {
    const field = `agents[${index}]`;
    if (!isObject(agent)) return mistake(field, 'an agent is an object', 'give it an id and features');
    const { id, features, instructions } = agent;
    if (!isName(id) || RESERVED_IDS.has(id)) {
      return mistake(`${field}.id`, `${quote(id)} cannot be an agent's id`, 'use an id such as agent1');
    }
    if (ids.has(id)) return mistake(`${field}.id`, `the id ${id} is taken`, 'give each agent its own id');
    ids.add(id);
    if (!Array.isArray(features) || features.length === 0) {
      return mistake(`${field}.features`, `${id} has no feature`, 'deal it at least one, e.g. [1]');
    }
    for (const position of features) {
      if (!Number.isInteger(position) || position < 1) {
        return mistake(
          `${field}.features`,
          `${quote(position)} is not a position`,
          'count the features from 1',
        );
      }
      dealt.add(position);
    }
    if (new Set(features).size < features.length) {
      return mistake(`${field}.features`, `${id} is dealt a feature twice`, 'name each position once');
    }
    if (instructions !== undefined && typeof instructions !== 'string') {
      return mistake(`${field}.instructions`, 'the instructions are no text', 'write them as a string');
    }
    const unknown = findUnknownField(agent, AGENT_FIELDS, `${field}.`);
    if (unknown !== undefined) return unknown;
  }
  for (let position = 1; position <= Math.max(...dealt); position += 1) {
    if (dealt.has(position)) continue;
    return mistake(
      'agents',
      `feature ${position} is dealt to nobody`,
      'deal every position from 1 to the last',
    );
  }
  return undefined;
}

function findIntegrationMistake({ agents, integration }: Scenario): ScenarioMistake | undefined {
  if (integration === undefined || integration === 'merge') return undefined;
  if (integration !== 'single-patch') {
    return mistake(
      'integration',
      `${quote(integration)} is no way to join work`,
      'use merge or single-patch',
    );
  }
  if (agents.length === 1) return undefined;
  return mistake('integration', 'several agents make several patches', 'use merge or a single agent');
}

function findUnknownField(
  value: object,
  known: readonly string[],
  prefix: string,
): ScenarioMistake | undefined {
  const unknown = Object.keys(value).find((field) => !known.includes(field));
  if (unknown === undefined) return undefined;
  return mistake(`${prefix}${unknown}`, 'there is no such field', `use ${known.join(', ')}`);
}

function mistake(field: string, message: string, remedy: string): ScenarioMistake {
  return { field, message, remedy };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && NAME.test(value);
}

function quote(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : inspect(value, { depth: 0, breakLength: Infinity });
}
