import type { Clock } from '../base/clock.js';
import type { EventBody, EventOf, EventType, RunEvent } from './event.js';
import { scrubValue, type Scrub } from './scrubbing.js';

/** Where events go. Sinks are told of every event, in order, and never change it. */
export interface EventSink {
  write(event: RunEvent): void;
  /** Makes everything written so far durable against the end of this process. */
  flush?(): void;
  /** Flushes and ends; what is written later is dropped. */
  close?(): void;
}

export interface EventLogOptions {
  /** Position of the last event already in the sinks; 0, the default, for a new log. */
  readonly lastSequence?: number;
  /** Takes keys out of every text of every event, before any sink sees it. Default: events stay as they are. */
  readonly scrub?: Scrub | undefined;
}

/**
 * The run's single writer: stamps each event with its position and time and hands it to the sinks.
 * Whoever acts outside the process calls {@link flush} first, so that no effect is without its record.
 */
export class EventLog {
  #sequence: number;
  readonly #clock: Clock;
  readonly #sinks: EventSink[];
  readonly #scrub: Scrub | undefined;

  constructor(clock: Clock, sinks: readonly EventSink[] = [], options: EventLogOptions = {}) {
    this.#clock = clock;
    this.#sinks = [...sinks];
    this.#sequence = options.lastSequence ?? 0;
    this.#scrub = options.scrub;
  }

  /**
   * @returns the event as it is written down: whatever is passed on of it should be taken from here, so that
   * it holds no more than the log does.
   * @throws what a sink threw, once every sink has been told.
   */
  append<Type extends EventType>(body: Extract<EventBody, { type: Type }>): EventOf<Type> {
    // Read first: a clock may ring an alarm when it is read, and whoever it wakes may append.
    const at = this.#clock.now();
    this.#sequence += 1;
    const stamped = { seq: this.#sequence, at, ...body } as unknown as EventOf<Type>;
    const event = this.#scrub === undefined ? stamped : scrubValue(stamped, this.#scrub);
    this.#tell((sink) => sink.write(event));
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

  /** @throws as {@link append} does. */
  flush(): void {
    this.#tell((sink) => sink.flush?.());
  }

  /** @throws as {@link append} does; every sink is closed all the same. */
  close(): void {
    this.#tell((sink) => sink.close?.());
  }

  /** One sink that fails (a full disk) must not keep the others from what happened, nor from their end. */
  #tell(action: (sink: EventSink) => void): void {
    let failure: { readonly error: unknown } | undefined;
    for (const sink of this.#sinks) {
      try {
        action(sink);
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
  }
}

/** A sink that keeps every event in memory. */
export class MemorySink implements EventSink {
  readonly events: RunEvent[] = [];

  write(event: RunEvent): void {
    this.events.push(event);
  }
}
