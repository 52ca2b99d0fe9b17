import type { RunEvent } from './event.js';
import type { EventSink } from './event-log.js';

/**
 * A sink that can be read as an async iterator while the run goes on. Events wait in memory until they
 * are taken; iteration ends when the log is closed.
 */
export class EventStream implements EventSink, AsyncIterable<RunEvent> {
  #waiting: RunEvent[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  write(event: RunEvent): void {
    this.#waiting.push(event);
    this.#wake?.();
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RunEvent> {
    while (true) {
      const batch = this.#waiting;
      this.#waiting = [];
      yield* batch;
      if (this.#waiting.length > 0) continue;
      if (this.#closed) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
