import { pick } from '../../src/base/random.js';
import {
  canTalk,
  call,
  lookAround,
  makeChanges,
  messagesIn,
  placesText,
  planner,
  planText,
  say,
  type Moves,
} from './moves.js';
import type { Persona, PersonaKnowledge } from './persona.js';
import type { Observation } from '../../src/model/scripted-model.js';

/** Implements its feature's gold patch and coordinates politely. */
export const gold: Persona = {
  name: 'gold',
  description: 'implements its gold patch, says where, answers, reports when done',
  needs: 'own-gold',
  plan: (knowledge) => planner(knowledge, (first) => planPolitely(knowledge, first)),
  work: (knowledge) => (first) => workPolitely(knowledge, first),
};

function* planPolitely(knowledge: PersonaKnowledge, first: Observation): Moves {
  const heard = messagesIn(first);
  heard.push(...messagesIn(yield* lookAround(knowledge.own, 'read_file')));
  if (canTalk(first)) {
    const answer = heard.length === 0 ? '' : ` Thank you ${heard[0]?.from}, I have read where you work.`;
    const opening = pick(knowledge.random, ['My plan', 'Here is what I will do', 'I plan this']);
    heard.push(
      ...messagesIn(
        yield* say(
          `${opening}: ${knowledge.title}. I change ${placesText(knowledge.own)}.${answer} Which files and lines do you change?`,
        ),
      ),
    );
  }
  const notes = heard.map(({ from, content }) => `${from} says: ${content.split('\n')[0] ?? ''}`);
  yield call('agreement_reached', { plan: planText(knowledge, knowledge.own, notes) });
}

function* workPolitely(knowledge: PersonaKnowledge, first: Observation): Moves {
  yield* lookAround(knowledge.own, 'view');
  yield* makeChanges(knowledge.own);
  if (canTalk(first)) {
    const done = pick(knowledge.random, ['Done', 'Finished', 'My part is in place']);
    yield* say(`${done}: I changed ${placesText(knowledge.own)} and nothing else.`);
  }
  yield call('submit', { summary: knowledge.title });
}
