/** Time as the simulation sees it; injected so that scripted runs are the same byte for byte. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `milliseconds`, or rejects with the signal's reason when it aborts first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Calls `ring` once, `milliseconds` from now, unless the returned function is called before. */
  alarm(milliseconds: number, ring: () => void): () => void;
}

/** Longest delay that a timer of the runtime can hold. */
const LONGEST_TIMER = 2 ** 31 - 1;

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
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
        Math.min(milliseconds, LONGEST_TIMER),
      );
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
  alarm: (milliseconds, ring) => {
    const timer = setTimeout(ring, Math.min(milliseconds, LONGEST_TIMER));
    return () => clearTimeout(timer);
  },
};

/**
 * A clock that moves only when it is read or slept on: each reading is `tick` milliseconds after the
 * one before, and a sleep takes no real time. Scripted runs use it so that their logs repeat exactly.
 */
export class SimulatedClock implements Clock {
  #now: number;
  readonly #tick: number;
  readonly #alarms = new Map<() => void, number>();

  constructor(start: number = Date.UTC(2026, 0, 1), tick = 1) {
    this.#now = start;
    this.#tick = tick;
  }

  now(): number {
    const now = this.#now;
    this.advance(this.#tick);
    return now;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.advance(milliseconds);
  }

  alarm(milliseconds: number, ring: () => void): () => void {
    const entry = (): void => ring();
    this.#alarms.set(entry, this.#now + milliseconds);
    return () => this.#alarms.delete(entry);
  }

  /** Moves the clock forward and rings what falls due, earliest first. */
  advance(milliseconds: number): void {
    this.#now += milliseconds;
    if (this.#alarms.size === 0) return;
    const due = [...this.#alarms].filter(([, at]) => at <= this.#now).sort(([, a], [, b]) => a - b);
    for (const [entry] of due) {
      this.#alarms.delete(entry);
      entry();
    }
  }
}

/**
 * A signal that aborts after `milliseconds` with `reason`, or with `parent`'s reason when that aborts
 * first. Call `cancel` when the guarded work is over.
 */
export function deadlineSignal(
  clock: Clock,
  milliseconds: number,
  reason: unknown,
  parent?: AbortSignal,
): { readonly signal: AbortSignal; readonly cancel: () => void } {
  const controller = new AbortController();
  const cancelAlarm = clock.alarm(Math.max(0, milliseconds), () => controller.abort(reason));
  const onParent = (): void => controller.abort(parent?.reason);
  if (parent?.aborted) onParent();
  parent?.addEventListener('abort', onParent, { once: true });
  return {
    signal: controller.signal,
    cancel: () => {
      cancelAlarm();
      parent?.removeEventListener('abort', onParent);
    },
  };
}
