import { call, lookAround, makeChanges, planner, planText, type Moves } from './moves.js';
import type { Persona } from './persona.js';

/** Implements its gold patch and never says a word. */
export const silent: Persona = {
  name: 'silent',
  description: 'implements its gold patch without a word',
  needs: 'own-gold',
  plan: (knowledge) =>
    planner(knowledge, function* planAlone(): Moves {
      yield* lookAround(knowledge.own, 'read_file');
      yield call('agreement_reached', { plan: planText(knowledge, knowledge.own, []) });
    }),
  work: (knowledge) =>
    function* workAlone(): Moves {
      yield* lookAround(knowledge.own, 'view');
      yield* makeChanges(knowledge.own);
      yield call('submit', {});
    },
};
