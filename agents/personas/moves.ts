import { parseMessageText } from '../../src/agent/conversation.js';
import type { Observation, Script, ScriptedCall, ScriptedTurn } from '../../src/model/scripted-model.js';
import { describePlaces, editCalls, type KnownChange } from './known-change.js';
import type { PersonaKnowledge } from './persona.js';

/** Single moves that personas are put together from. */

export type Moves<Result = void> = Generator<ScriptedTurn, Result, Observation>;

/** Partners' messages in what the agent was just shown. */
export function messagesIn(observation: Observation): { readonly from: string; readonly content: string }[] {
  return observation.texts.flatMap((text) => parseMessageText(text) ?? []);
}

export function canTalk(observation: Observation): boolean {
  return observation.tools.includes('communicate');
}

export function call(name: string, parameters: Readonly<Record<string, unknown>>): ScriptedCall[] {
  return [{ name, arguments: parameters }];
}

/** Reads the first file that the changes touch, as somebody would who is about to change it. */
export function* lookAround(changes: readonly KnownChange[], tool: 'read_file' | 'view'): Moves<Observation> {
  const existing = changes.find((change) => change.before !== undefined);
  if (existing !== undefined) return yield call(tool, { path: existing.path });
  return yield tool === 'view' ? call('bash', { command: 'ls' }) : call('list_files', {});
}

/** Makes the changes, one tool call a step, and looks at the result. */
export function* makeChanges(changes: readonly KnownChange[]): Moves<Observation> {
  for (const edit of editCalls(changes)) yield [edit];
  return yield call('bash', { command: 'git status --short' });
}

/** Sends a message and gives back what the agent is shown next. */
export function* say(message: string): Moves<Observation> {
  return yield call('communicate', { message });
}

/** Whether the channel brought the message that was just sent to nobody. */
export function wasRefused(observation: Observation): boolean {
  return observation.results.some((result) => result.name === 'communicate' && result.isError);
}

/** Moves of planning that give way to the plan as soon as nothing else may be called. */
export function planner(knowledge: PersonaKnowledge, moves: (first: Observation) => Moves): Script {
  return function* plan(first): Moves {
    const going = moves(first);
    let step = going.next();
    while (step.done !== true) {
      const observation: Observation = yield step.value;
      if (observation.requiredTool !== undefined) {
        const notes = ['No time was left to agree on more.'];
        yield call('agreement_reached', { plan: planText(knowledge, knowledge.own, notes) });
        return;
      }
      step = going.next(observation);
    }
  };
}

/** A plan in the form that planning asks for. */
export function planText(
  knowledge: PersonaKnowledge,
  changes: readonly KnownChange[],
  notes: readonly string[],
): string {
  const places = describePlaces(changes);
  return [
    '# Plan',
    '## Context',
    `${knowledge.agent} implements: ${knowledge.title}.`,
    ...(notes.length === 0 ? [] : ['## Coordination notes', ...notes.map((note) => `- ${note}`)]),
    '## Steps',
    ...(places.length === 0
      ? ['1. No change.']
      : places.map((place, index) => `${index + 1}. Change ${place}.`)),
  ].join('\n');
}

/** The changes in one line, e.g. `src/a.js (lines 3-4) and src/b.js (new)`. */
export function placesText(changes: readonly KnownChange[]): string {
  const places = describePlaces(changes);
  return places.length === 0 ? 'no file' : places.join(' and ');
}
