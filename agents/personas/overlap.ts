import {
  canTalk,
  call,
  lookAround,
  makeChanges,
  placesText,
  planner,
  planText,
  say,
  type Moves,
} from './moves.js';
import type { Persona } from './persona.js';

/** Implements its own feature and the partner's too, although the partner says that it does that itself. */
export const overlap: Persona = {
  name: 'overlap',
  description: "implements its gold patch and the partner's part as well",
  needs: 'team-gold',
  plan: (knowledge) =>
    planner(knowledge, function* planOwnPart(first): Moves {
      yield* lookAround(knowledge.own, 'read_file');
      if (canTalk(first))
        yield* say(`I take care of ${knowledge.title}. I change ${placesText(knowledge.own)}.`);
      yield call('agreement_reached', { plan: planText(knowledge, knowledge.own, []) });
    }),
  work: (knowledge) =>
    function* workOnEverything(first): Moves {
      yield* lookAround(knowledge.everything, 'view');
      yield* makeChanges(knowledge.everything);
      if (canTalk(first)) yield* say(`Done: ${knowledge.title}.`);
      yield call('submit', {});
    },
};
