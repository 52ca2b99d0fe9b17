import { eventsOf, type RunEvent } from '../log/event.js';
import { agentNumber, isoTime } from './trajectory-parts.js';

/**
 * A run's messages as `conversation_<m1>.json` (format of the first Python release). A message counts as read
 * once all its recipients have it in a prompt. Withheld messages are in it, as the bus saw them, with the reason.
 */
export function conversationFile(events: readonly RunEvent[]): object {
  const read = new Set(eventsOf(events, 'message-read').map((event) => `${event.message}/${event.by}`));
  const withheld = new Map(
    [...eventsOf(events, 'message-withheld'), ...eventsOf(events, 'message-returned')].map((event) => [
      `${event.message}/${event.to}`,
      event.reason,
    ]),
  );
  const messages = eventsOf(events, 'message-sent').map((event) => {
    const reasons = event.to.flatMap((to) => withheld.get(`${event.message}/${to}`) ?? []);
    return {
      id: event.message,
      sender_id: agentNumber(event.from),
      recipient_id: event.to.length === 1 ? agentNumber(event.to[0] ?? '') : 'broadcast',
      content: event.content,
      message_type: event.kind ?? 'info',
      timestamp: isoTime(event.at),
      is_read: event.to.every((to) => read.has(`${event.message}/${to}`)) ? 1 : 0,
      ...(reasons.length === 0 ? {} : { withheld: reasons.join('; ') }),
    };
  });
  return { messages, export_timestamp: isoTime(events.at(-1)?.at), total_messages: messages.length };
}
