import { call, lookAround, planText, type Moves } from './moves.js';
import type { Persona } from './persona.js';

/** Looks, and changes nothing. */
export const idle: Persona = {
  name: 'idle',
  description: 'does nothing',
  needs: 'own-gold',
  plan: (knowledge) =>
    function* planNothing(): Moves {
      yield call('agreement_reached', { plan: planText(knowledge, [], []) });
    },
  work: (knowledge) =>
    function* lookOnly(): Moves {
      yield* lookAround(knowledge.own, 'view');
      yield call('submit', {});
    },
};
