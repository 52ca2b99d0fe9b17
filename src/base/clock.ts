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
  #isRinging = false;

  /** @param start first reading, milliseconds since the epoch. */
  constructor(start: number = Date.UTC(2026, 0, 1), tick = 1) {
    this.#now = start - tick;
    this.#tick = tick;
  }

  now(): number {
    this.advance(this.#tick);
    return this.#now;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#moveTo(this.#now + Math.max(0, milliseconds), signal);
    signal?.throwIfAborted();
  }

  alarm(milliseconds: number, ring: () => void): () => void {
    const entry = (): void => ring();
    this.#alarms.set(entry, this.#now + Math.max(0, milliseconds));
    return () => this.#alarms.delete(entry);
  }

  /** Moves the clock forward and rings what falls due, earliest first, each at its own time. */
  advance(milliseconds: number): void {
    this.#moveTo(this.#now + Math.max(0, milliseconds), undefined);
  }

  /** Stops where an alarm on the way aborts `signal`. */
  #moveTo(target: number, signal: AbortSignal | undefined): void {
    if (!this.#isRinging) this.#ringUntil(target, signal);
    if (signal?.aborted !== true) this.#now = Math.max(this.#now, target);
  }

  /** Alarms may set and cancel others, and move the clock further; they ring one after another all the same. */
  #ringUntil(target: number, signal: AbortSignal | undefined): void {
    this.#isRinging = true;
    try {
      let due = this.#earliest(target);
      while (due !== undefined && signal?.aborted !== true) {
        const [entry, at] = due;
        this.#alarms.delete(entry);
        this.#now = Math.max(this.#now, at);
        entry();
        due = this.#earliest(Math.max(target, this.#now));
      }
    } finally {
      this.#isRinging = false;
    }
  }

  #earliest(target: number): [entry: () => void, at: number] | undefined {
    let earliest: [() => void, number] | undefined;
    for (const [entry, at] of this.#alarms) {
      if (at <= target && (earliest === undefined || at < earliest[1])) earliest = [entry, at];
    }
    return earliest;
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
  if (parent?.aborted) {
    controller.abort(parent.reason);
    return { signal: controller.signal, cancel: () => {} };
  }
  const cancel = (): void => {
    cancelAlarm();
    parent?.removeEventListener('abort', onParent);
  };
  const end = (why: unknown): void => {
    cancel();
    controller.abort(why);
  };
  const onParent = (): void => end(parent?.reason);
  const cancelAlarm = clock.alarm(Math.max(0, milliseconds), () => end(reason));
  parent?.addEventListener('abort', onParent, { once: true });
  return { signal: controller.signal, cancel };
}
