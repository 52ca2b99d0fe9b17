import { eventsOf, type EventOf, type RunEvent } from '../log/event.js';
import type { ChatMessage } from '../model/chat-model.js';
import { applyCompaction } from '../model/compaction.js';

/** `agent1` as the first Python release writes it: `agent_1`. */
export function agentNumber(id: string): string {
  return id.replace(/^([a-z]+)(\d+)$/, '$1_$2');
}

/** Milliseconds since the epoch as an ISO time; `null` for none. */
export function isoTime(milliseconds: number | undefined): string | null {
  return milliseconds === undefined ? null : new Date(milliseconds).toISOString();
}

/** The events of one phase, its start and end included. */
export function phaseEvents(events: readonly RunEvent[], phase: 'planning' | 'execution'): RunEvent[] {
  const from = events.findIndex((event) => event.type === 'phase-started' && event.phase === phase);
  const to = events.findIndex((event) => event.type === 'phase-ended' && event.phase === phase);
  return from === -1 ? [] : events.slice(from, to === -1 ? undefined : to + 1);
}

/** Each tool call with what came back: not every provider gives its calls ids of their own. */
export function returnedCalls(
  events: readonly RunEvent[],
): ReadonlyMap<EventOf<'tool-called'>, EventOf<'tool-returned'>> {
  const open = new Map<string, EventOf<'tool-called'>>();
  const pairs = new Map<EventOf<'tool-called'>, EventOf<'tool-returned'>>();
  for (const event of events) {
    if (event.type === 'tool-called') open.set(`${event.agent}/${event.callId}`, event);
    else if (event.type === 'tool-returned') {
      const call = open.get(`${event.agent}/${event.callId}`);
      if (call !== undefined) pairs.set(call, event);
    }
  }
  return pairs;
}

export interface PromptMessage {
  readonly role: string;
  readonly content: string;
}

/** Messages of a prompt as plain role and text. */
export function trajectoryMessages(messages: readonly ChatMessage[]): PromptMessage[] {
  return messages.flatMap((message): PromptMessage[] => {
    const texts = message.content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
    const results = message.content.flatMap((block) =>
      block.type === 'tool-result' ? [{ role: 'tool', content: block.output }] : [],
    );
    return texts.length === 0 ? results : [...results, { role: message.role, content: texts.join('\n') }];
  });
}

/** The whole prompt of each of the agents' calls, by call id: system text, then all that was said before. */
export function wholePrompts(events: readonly RunEvent[]): ReadonlyMap<string, readonly PromptMessage[]> {
  const prompts = new Map<string, readonly PromptMessage[]>();
  const systems = new Map<string, string>();
  const conversations = new Map<string, readonly ChatMessage[]>();
  for (const event of events) {
    if (event.type === 'agent-started') {
      systems.set(event.agent, event.system);
      conversations.set(event.agent, []);
      continue;
    }
    if (!('agent' in event)) continue;
    const said = conversations.get(event.agent) ?? [];
    if (event.type === 'context-compacted') {
      conversations.set(event.agent, applyCompaction(said, event));
    } else if (event.type === 'model-called' && event.purpose !== 'summarize') {
      const asked = [...said, ...event.appended];
      conversations.set(event.agent, asked);
      const system = { role: 'system', content: systems.get(event.agent) ?? '' };
      prompts.set(event.callId, [system, ...trajectoryMessages(asked)]);
    } else if (event.type === 'model-failed' && prompts.has(event.callId)) {
      // The next call brings the question again.
      conversations.set(event.agent, said.slice(0, -1));
    } else if (event.type === 'model-answered' && prompts.has(event.callId)) {
      conversations.set(event.agent, [...said, { role: 'assistant', content: event.content }]);
    }
  }
  return prompts;
}

/** Whether a run is one agent with several features. */
export function isSolo(events: readonly RunEvent[]): boolean {
  const agents = eventsOf(events, 'run-started')[0]?.agents ?? [];
  return agents.length === 1 && (agents[0]?.features.length ?? 0) > 1;
}
