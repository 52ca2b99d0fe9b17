import type { RunEvent } from './event.js';
import type { EventSink } from './event-log.js';

/**
 * A sink that can be read as an async iterator while the run goes on. Every iterator, early or late, sees every
 * event from the first on, at its own pace, and ends when the log is closed.
 */
export class EventStream implements EventSink, AsyncIterable<RunEvent> {
  readonly #events: RunEvent[] = [];
  /** Iterators that have seen all there is. */
  #waiting: (() => void)[] = [];
  #closed = false;

  write(event: RunEvent): void {
    if (this.#closed) return;
    this.#events.push(event);
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RunEvent> {
    for (let next = 0; ; next += 1) {
      while (next >= this.#events.length) {
        if (this.#closed) return;
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
      yield this.#events[next] as RunEvent;
    }
  }

  #wake(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}
