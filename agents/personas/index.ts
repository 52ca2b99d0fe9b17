import { UserMistake } from '../../src/base/errors.js';
import { gold } from './gold.js';
import { goldRebase } from './gold-rebase.js';
import { idle } from './idle.js';
import { overlap } from './overlap.js';
import type { Persona } from './persona.js';
import { silent } from './silent.js';

/** The personas that come with Troupe, by name. */
export const personas: ReadonlyMap<string, Persona> = new Map(
  [gold, goldRebase, silent, overlap, idle].map((persona) => [persona.name, persona]),
);

/** @throws {UserMistake} for a name that no persona has. */
export function findPersona(name: string, where: string): Persona {
  const persona = personas.get(name);
  if (persona !== undefined) return persona;
  throw new UserMistake(`there is no scripted persona "${name}"`, {
    code: 'persona-unknown',
    where,
    remedy: `use one of ${[...personas.keys()].map((known) => `scripted/${known}`).join(', ')}`,
  });
}
