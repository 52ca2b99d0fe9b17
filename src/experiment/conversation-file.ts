import { eventsOf, type RunEvent } from '../log/event.js';
import { agentNumber, isoTime } from './trajectory-parts.js';

/** One message of `conversation_<m1>.json`. */
export interface ConversationMessage {
  /** From 1, in the bus's order. */
  readonly id: number;
  /** E.g. `agent_1`. */
  readonly sender_id: string;
  readonly recipient_id: string;
  readonly content: string;
  readonly message_type: string;
  readonly timestamp: string | null;
  readonly is_read: 0 | 1;
  /** Ours: planning or execution. */
  readonly phase: string | null;
  /** Ours: why the channel kept it from a recipient. */
  readonly withheld?: string;
}

export interface ConversationFile {
  readonly messages: readonly ConversationMessage[];
  readonly export_timestamp: string | null;
  readonly total_messages: number;
}

/**
 * A run's messages as `conversation_<m1>.json` (format of the first Python release). A message counts as read
 * once all its recipients have it in a prompt. Withheld messages are in it, as the bus saw them, with the reason.
 *
 * @param earlier messages of a planning that was done by a command of its own.
 */
export function conversationFile(
  events: readonly RunEvent[],
  earlier: readonly ConversationMessage[] = [],
): ConversationFile {
  const read = new Set(eventsOf(events, 'message-read').map((event) => `${event.message}/${event.by}`));
  const withheld = new Map(
    [...eventsOf(events, 'message-withheld'), ...eventsOf(events, 'message-returned')].map((event) => [
      `${event.message}/${event.to}`,
      event.reason,
    ]),
  );
  const sent = eventsOf(events, 'message-sent').map((event): Omit<ConversationMessage, 'id'> => {
    const reasons = event.to.flatMap((to) => withheld.get(`${event.message}/${to}`) ?? []);
    return {
      sender_id: agentNumber(event.from),
      recipient_id: event.to.length === 1 ? agentNumber(event.to[0] ?? '') : 'broadcast',
      content: event.content,
      message_type: event.kind ?? 'info',
      timestamp: isoTime(event.at),
      is_read: event.to.every((to) => read.has(`${event.message}/${to}`)) ? 1 : 0,
      phase: event.phase ?? null,
      ...(reasons.length === 0 ? {} : { withheld: [...new Set(reasons)].join('; ') }),
    };
  });
  const messages = [...earlier, ...sent].map((message, index) => ({ ...message, id: index + 1 }));
  return {
    messages: messages.map(({ id, ...message }) => ({ id, ...message })),
    export_timestamp: isoTime(events.at(-1)?.at),
    total_messages: messages.length,
  };
}

/** The messages of the planning phase in the text of a conversation file; none where it is not one. */
export function planningMessages(text: string | undefined): ConversationMessage[] {
  try {
    const { messages } = JSON.parse(text ?? '') as Partial<ConversationFile>;
    return Array.isArray(messages)
      ? messages.filter((message: Partial<ConversationMessage> | null) => message?.phase === 'planning')
      : [];
  } catch {
    return [];
  }
}
