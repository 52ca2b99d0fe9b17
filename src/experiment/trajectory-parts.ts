import type { EventOf } from '../log/event.js';

/** `agent1` as the first Python release writes it: `agent_1`. */
export function agentNumber(id: string): string {
  return id.replace(/^([a-z]+)(\d+)$/, '$1_$2');
}

/** Milliseconds since the epoch as an ISO time; `null` for none. */
export function isoTime(milliseconds: number | undefined): string | null {
  return milliseconds === undefined ? null : new Date(milliseconds).toISOString();
}

/** Messages of a prompt as plain role and text. */
export function trajectoryMessages(
  messages: EventOf<'model-called'>['appended'],
): { role: string; content: string }[] {
  return messages.flatMap((message): { role: string; content: string }[] => {
    const texts = message.content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
    const results = message.content.flatMap((block) =>
      block.type === 'tool-result' ? [{ role: 'tool', content: block.output }] : [],
    );
    return texts.length === 0 ? results : [...results, { role: message.role, content: texts.join('\n') }];
  });
}
