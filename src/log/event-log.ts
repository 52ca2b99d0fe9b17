import type { Clock } from '../base/clock.js';
import type { EventBody, EventOf, EventType, RunEvent } from './event.js';

/** Where events go. Sinks are told of every event, in order, and never change it. */
export interface EventSink {
  write(event: RunEvent): void;
  /** Makes everything written so far durable against the end of this process. */
  flush?(): void;
  close?(): void;
}

/**
 * The run's single writer: stamps each event with its position and time and hands it to the sinks.
 * Whoever acts outside the process calls {@link flush} first, so that no effect is without its record.
 */
export class EventLog {
  #sequence: number;
  readonly #clock: Clock;
  readonly #sinks: EventSink[];

  /** @param lastSequence position of the last event already in the sinks; 0 for a new log. */
  constructor(clock: Clock, sinks: readonly EventSink[] = [], lastSequence = 0) {
    this.#clock = clock;
    this.#sinks = [...sinks];
    this.#sequence = lastSequence;
  }

  append<Type extends EventType>(body: Extract<EventBody, { type: Type }>): EventOf<Type> {
    this.#sequence += 1;
    const event = { seq: this.#sequence, at: this.#clock.now(), ...body } as unknown as EventOf<Type>;
    for (const sink of this.#sinks) sink.write(event);
    return event;
  }

  /** Adds a sink for the events from now on; the returned function takes it off again. */
  addSink(sink: EventSink): () => void {
    this.#sinks.push(sink);
    return () => {
      const index = this.#sinks.indexOf(sink);
      if (index >= 0) this.#sinks.splice(index, 1);
    };
  }

  flush(): void {
    for (const sink of this.#sinks) sink.flush?.();
  }

  close(): void {
    for (const sink of this.#sinks) sink.close?.();
  }
}

/** A sink that keeps every event in memory. */
export class MemorySink implements EventSink {
  readonly events: RunEvent[] = [];

  write(event: RunEvent): void {
    this.events.push(event);
  }
}
