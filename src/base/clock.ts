/** Time as the simulation sees it; injected so that scripted runs are the same byte for byte. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `milliseconds`, or rejects with the signal's reason when it aborts first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, milliseconds);
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};

/**
 * A clock that moves only when it is read or slept on: each reading is `tick` milliseconds after the
 * one before, and a sleep takes no real time. Scripted runs use it so that their logs repeat exactly.
 */
export class SimulatedClock implements Clock {
  #now: number;
  readonly #tick: number;

  constructor(start: number = Date.UTC(2026, 0, 1), tick = 1) {
    this.#now = start;
    this.#tick = tick;
  }

  now(): number {
    const now = this.#now;
    this.#now += this.#tick;
    return now;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.advance(milliseconds);
  }

  /** Moves the clock forward. */
  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }
}
