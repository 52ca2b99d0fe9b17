import { textsOf, type KnownChange } from './known-change.js';
import { blocksMeet, lineBlocks, type LineBlock } from './line-blocks.js';
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
  wasRefused,
  type Moves,
} from './moves.js';
import type { Persona, PersonaKnowledge } from './persona.js';
import type { Observation } from '../../src/model/scripted-model.js';

/** Turns that an agent waits for the text it was promised. */
const PATIENCE = 8;
const SHARED_TEXT = 'Shared text';
const ORDER_AGREED = 'Order agreed';

/**
 * Agrees an order with the partner and adapts its edit so that the merge is clean: the first in the order
 * sends the exact text of the lines that both must touch, and both use that same text. Without an agreement, or
 * when the text never arrives, it falls back on its gold patch, as a team would whose channel is closed.
 */
export const goldRebase: Persona = {
  name: 'gold-rebase',
  description: 'agrees an order and shared text with the partner, so that the merge is clean',
  needs: 'agreed-text',
  plan: (knowledge) => planner(knowledge, (first) => planOrder(knowledge, first)),
  work: (knowledge) => (first) => workInOrder(knowledge, first),
};

function* planOrder(knowledge: PersonaKnowledge, first: Observation): Moves {
  const heard = messagesIn(first);
  heard.push(...messagesIn(yield* lookAround(knowledge.own, 'read_file')));
  if (canTalk(first)) heard.push(...messagesIn(yield* say(orderMessage(knowledge))));
  const agreed = heard.length > 0;
  const notes = agreed
    ? [
        `${ORDER_AGREED}: ${[knowledge.first, ...others(knowledge)].join(', ')}.`,
        `Where both touch the same lines, both use the text that ${knowledge.first} sends.`,
      ]
    : ['No word from the partner; everyone for themselves.'];
  yield call('agreement_reached', { plan: planText(knowledge, knowledge.own, notes) });
}

function* workInOrder(knowledge: PersonaKnowledge, first: Observation): Moves {
  let adapted = first.texts.some((text) => text.includes(ORDER_AGREED));
  let observation = yield* lookAround(knowledge.own, 'view');
  if (adapted && knowledge.isFirst) {
    for (const text of sharedTexts(knowledge)) {
      observation = yield* say(text);
      // The partner cannot use a text that never reaches it.
      if (wasRefused(observation)) adapted = false;
      if (!adapted) break;
    }
  } else if (adapted) {
    adapted = yield* awaitSharedText([first, observation]);
  }
  const changes = adapted ? knowledge.agreed : knowledge.own;
  observation = yield* makeChanges(changes);
  if (canTalk(observation)) {
    const how = adapted ? 'with the shared text as agreed' : 'without any shared text';
    yield* say(`Done, ${how}: I changed ${placesText(changes)}.`);
  }
  yield call('submit', { summary: knowledge.title });
}

function orderMessage(knowledge: PersonaKnowledge): string {
  const places = placesText(knowledge.own);
  return knowledge.isFirst
    ? `I propose an order: I go first, you follow. I change ${places}. For lines that you change too I will send you the exact text when the work begins, and we both use it. Do you agree?`
    : `I agree: ${knowledge.first} goes first and I follow. I change ${places}, and in lines we share I use the text that ${knowledge.first} sends.`;
}

function others(knowledge: PersonaKnowledge): string[] {
  return [knowledge.agent, ...knowledge.partners].filter((agent) => agent !== knowledge.first).sort();
}

/** One message a file in which the agreed text differs from the agent's own, with that text. */
function sharedTexts(knowledge: PersonaKnowledge): string[] {
  const texts = knowledge.agreed.flatMap((change) => {
    const shared = sharedBlocks(change, knowledge.own);
    if (shared.length === 0) return [];
    const parts = shared.map((block) => `at line ${block.start + 1}:\n${block.added.join('')}`);
    return [`${SHARED_TEXT} for ${change.path}, ${parts.join('\n')}`];
  });
  return texts.length > 0 ? texts : [`${SHARED_TEXT}: none needed, our lines do not meet.`];
}

function sharedBlocks(change: KnownChange, own: readonly KnownChange[]): LineBlock[] {
  const mine = own.find((other) => other.path === change.path);
  const before = change.before === undefined ? '' : textsOf(change).before;
  const agreed = textsOf(change).after;
  const alone = mine === undefined ? undefined : textsOf(mine).after;
  if (before === undefined || agreed === undefined || agreed === alone) return [];
  const ownBlocks = alone === undefined ? [] : lineBlocks(before, alone);
  const isOwn = (block: LineBlock): boolean =>
    ownBlocks.some((other) => blocksMeet(block, other) && other.added.join('') === block.added.join(''));
  return lineBlocks(before, agreed).filter((block) => !isOwn(block));
}

function* awaitSharedText(seen: readonly Observation[]): Moves<boolean> {
  const arrived = (observation: Observation): boolean =>
    messagesIn(observation).some(({ content }) => content.startsWith(SHARED_TEXT));
  if (seen.some(arrived)) return true;
  for (let turn = 0; turn < PATIENCE; turn += 1) {
    if (arrived(yield call('bash', { command: 'sleep 0.1' }))) return true;
  }
  return false;
}
