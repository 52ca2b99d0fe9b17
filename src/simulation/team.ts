import { findPersona } from '../../agents/personas/index.js';
import type { TeamMember } from '../../agents/personas/knowledge.js';
import { UserMistake } from '../base/errors.js';
import { isScripted, parseModelName } from '../model/model-names.js';
import { resolveEndpoint, type Environment } from '../model/providers.js';
import { dealFeatures, type CompleteScenario } from '../scenario/scenario.js';

/** One agent of a run, with what it was dealt. */
export interface CastMember extends TeamMember {
  /** Full model name, e.g. `scripted/gold`. */
  readonly model: string;
  /** The option that named the model. */
  readonly field: string;
  readonly instructions: string;
}

/**
 * Deals features and models to a scenario's agents.
 *
 * @param models in the order of the agents; the last serves all agents after it.
 * @throws {UserMistake} for a wrong number of features or a name that is no model's.
 */
export function dealTeam(
  scenario: CompleteScenario,
  features: readonly number[],
  models: readonly [string, ...string[]],
): CastMember[] {
  const dealt = dealFeatures(scenario, features);
  return scenario.agents.map((role, index) => {
    const field = `--model${Math.min(index, models.length - 1) + 1}`;
    const { name } = parseModelName(models[Math.min(index, models.length - 1)] ?? models[0], field);
    const instructions = role.instructions ?? '';
    return { id: role.id, features: dealt.get(role.id) ?? [], model: name, field, instructions };
  });
}

/**
 * Checks that every model of the team can be had, before anything is done.
 *
 * @throws {UserMistake} for an unknown persona or provider, or a key that is not set.
 */
export function checkTeam(team: readonly CastMember[], environment: Environment): void {
  for (const { model, field } of team) {
    if (isScripted(model)) findPersona(model.slice(model.indexOf('/') + 1), field);
    else resolveEndpoint(model, environment, field);
  }
}

/**
 * Name of the model for the merge ladder's last rung: the one asked for, else the first agent's where that is a
 * live one, else none.
 */
export function mergeModelName(asked: string | undefined, team: readonly CastMember[]): string | undefined {
  const name = asked ?? team[0]?.model;
  return name === undefined || isScripted(name) ? undefined : name;
}

/**
 * Checks a merge model that was asked for.
 *
 * @throws {UserMistake} for a persona, an unknown provider, or a key that is not set.
 */
export function checkMergeModel(asked: string | undefined, environment: Environment): void {
  if (asked === undefined) return;
  const field = '--merge-model';
  const { name } = parseModelName(asked, field);
  if (!isScripted(name)) {
    resolveEndpoint(name, environment, field);
    return;
  }
  throw new UserMistake('a scripted persona cannot resolve conflicts', {
    code: 'merge-model-scripted',
    where: field,
    remedy: 'name a live model, or leave it out',
  });
}

/** Whether nobody in the team asks a live model, so that the run can repeat byte for byte. */
export function isAllScripted(team: readonly CastMember[]): boolean {
  return team.every((member) => isScripted(member.model));
}
