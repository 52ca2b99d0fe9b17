import { z } from 'zod';
import { agentEvents } from './agent-events.js';
import { channelEvents } from './channel-events.js';
import { refereeEvents } from './referee-events.js';
import { runEvents } from './run-events.js';

/**
 * Version of the event format. It grows by one when a reader of the version before could misread a log.
 */
export const EVENT_FORMAT_VERSION = 1;

const schemas = [...runEvents, ...agentEvents, ...channelEvents, ...refereeEvents] as const;

/** What happened, without the stamp that the log puts on it. */
export const eventBodySchema = z.discriminatedUnion('type', schemas);

/** What the log itself puts on each event. */
export const stampSchema = z.object({
  /** Position in the log, from 1, without gaps. */
  seq: z.int().positive(),
  /** Milliseconds since the epoch, by the run's clock. */
  at: z.number(),
});

export type EventBody = z.infer<typeof eventBodySchema>;
export type EventStamp = z.infer<typeof stampSchema>;
/** One line of a log. */
export type RunEvent = EventStamp & EventBody;
export type EventType = RunEvent['type'];
/** The event of one type, e.g. `EventOf<'message-sent'>`. */
export type EventOf<Type extends EventType> = Extract<RunEvent, { type: Type }>;

/** All events of one type, in order. */
export function eventsOf<Type extends EventType>(events: Iterable<RunEvent>, type: Type): EventOf<Type>[] {
  const found: EventOf<Type>[] = [];
  for (const event of events) if (event.type === type) found.push(event as EventOf<Type>);
  return found;
}
