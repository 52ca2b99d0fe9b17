import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { deadlineSignal, SimulatedClock, systemClock, type Clock } from '../../src/base/clock.js';

describe('a simulated clock', () => {
  it('shows its start first, and one tick more at each reading', () => {
    const clock = new SimulatedClock(1000, 5);
    expect([clock.now(), clock.now(), clock.now()]).toEqual([1000, 1005, 1010]);
  });

  it('starts at the same time in every run', () => {
    expect(new SimulatedClock().now()).toBe(Date.UTC(2026, 0, 1));
  });

  it('moves by a sleep, which takes no real time', async () => {
    const clock = new SimulatedClock(0, 0);
    await clock.sleep(365 * 24 * 3_600_000);
    expect(clock.now()).toBe(365 * 24 * 3_600_000);
  });

  it('never moves backwards', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1000, max: 1000 })), (steps) => {
        const clock = new SimulatedClock(0, 1);
        const readings = steps.map((step) => {
          clock.advance(step);
          return clock.now();
        });
        expect(readings).toEqual(readings.toSorted((a, b) => a - b));
      }),
    );
  });

  it('rings alarms once, when they fall due, earliest first, each at its own time', () => {
    const clock = new SimulatedClock(0, 0);
    const rung: [string, number][] = [];
    const set = (name: string, milliseconds: number): (() => void) =>
      clock.alarm(milliseconds, () => rung.push([name, clock.now()]));
    set('late', 30);
    set('early', 10);
    set('also early', 10);
    set('never', 1000);
    clock.advance(9);
    expect(rung).toEqual([]);
    clock.advance(91);
    clock.advance(100);
    expect(rung).toEqual([
      ['early', 10],
      ['also early', 10],
      ['late', 30],
    ]);
    expect(clock.now()).toBe(200);
  });

  it('rings for readings and sleeps as for advances', async () => {
    const clock = new SimulatedClock(0, 10);
    let rung = 0;
    clock.alarm(15, () => (rung += 1));
    expect([clock.now(), rung]).toEqual([0, 0]);
    expect([clock.now(), rung]).toEqual([10, 1]);
    clock.alarm(50, () => (rung += 1));
    await clock.sleep(50);
    expect(rung).toBe(2);
  });

  it('does not ring an alarm that was cancelled, not even by an alarm that rings with it', () => {
    const clock = new SimulatedClock(0, 0);
    const rung: string[] = [];
    clock.alarm(10, () => {
      rung.push('first');
      cancelSecond();
    });
    const cancelSecond = clock.alarm(10, () => rung.push('second'));
    clock.alarm(5, () => rung.push('gone'))();
    clock.advance(100);
    expect(rung).toEqual(['first']);
  });

  it('rings an alarm that another alarm sets on the way', () => {
    const clock = new SimulatedClock(0, 0);
    const rung: number[] = [];
    clock.alarm(10, () => clock.alarm(10, () => rung.push(clock.now())));
    clock.advance(15);
    expect(rung).toEqual([]);
    clock.advance(15);
    expect(rung).toEqual([20]);
  });

  it('ends a sleep where an alarm aborts it', async () => {
    const clock = new SimulatedClock(0, 0);
    const { signal } = deadlineSignal(clock, 100, new Error('the time is up'));
    await expect(clock.sleep(1000, signal)).rejects.toThrow('the time is up');
    expect(clock.now()).toBe(100);
    await expect(clock.sleep(1000, signal)).rejects.toThrow('the time is up');
    expect(clock.now()).toBe(100);
  });
});

describe('the system clock', () => {
  it('shows the time of the machine', () => {
    const before = Date.now();
    const shown = systemClock.now();
    expect(shown).toBeGreaterThanOrEqual(before);
    expect(shown).toBeLessThanOrEqual(Date.now());
  });

  it('sleeps, and leaves no listener on the signal', async () => {
    const { signal } = new AbortController();
    await systemClock.sleep(1, signal);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('wakes with the reason of the signal, during the sleep or before it', async () => {
    const controller = new AbortController();
    const sleep = systemClock.sleep(3_600_000, controller.signal);
    controller.abort(new Error('interrupted'));
    await expect(sleep).rejects.toThrow('interrupted');
    await expect(systemClock.sleep(3_600_000, controller.signal)).rejects.toThrow('interrupted');
  });

  it('rings an alarm, unless it was cancelled', async () => {
    const rung: string[] = [];
    systemClock.alarm(1, () => rung.push('cancelled'))();
    await new Promise<void>((resolve) => void systemClock.alarm(2, resolve));
    expect(rung).toEqual([]);
  });

  it('does not take a year for a moment, as the runtime would', async () => {
    // Beyond 2³¹ milliseconds the runtime's own timer rings at once.
    let rung = false;
    const cancel = systemClock.alarm(2 ** 40, () => (rung = true));
    const controller = new AbortController();
    const sleep = systemClock.sleep(2 ** 40, controller.signal).then(() => (rung = true));
    await systemClock.sleep(20);
    expect(rung).toBe(false);
    cancel();
    controller.abort(new Error('enough'));
    await expect(sleep).rejects.toThrow('enough');
  });
});

describe('a deadline', () => {
  /** A clock that tells how many alarms are set. */
  function counting(): { clock: Clock; advance: (milliseconds: number) => void; alarms: () => number } {
    const inner = new SimulatedClock(0, 0);
    let alarms = 0;
    const clock: Clock = {
      now: () => inner.now(),
      sleep: (milliseconds, signal) => inner.sleep(milliseconds, signal),
      alarm: (milliseconds, ring) => {
        alarms += 1;
        let isSet = true;
        const stop = inner.alarm(milliseconds, () => {
          if (isSet) alarms -= 1;
          isSet = false;
          ring();
        });
        return () => {
          if (isSet) alarms -= 1;
          isSet = false;
          stop();
        };
      },
    };
    return { clock, advance: (milliseconds) => inner.advance(milliseconds), alarms: () => alarms };
  }

  it('aborts with its own reason once its time is up, not before', () => {
    const { clock, advance, alarms } = counting();
    const reason = new Error('the time is up');
    const { signal } = deadlineSignal(clock, 100, reason);
    advance(99);
    expect(signal.aborted).toBe(false);
    advance(1);
    expect(signal.reason).toBe(reason);
    expect(alarms()).toBe(0);
  });

  it('aborts with its parent, and then wants no alarm any more', () => {
    const { clock, advance, alarms } = counting();
    const parent = new AbortController();
    const { signal } = deadlineSignal(clock, 100, new Error('the time is up'), parent.signal);
    const interruption = new Error('interrupted');
    parent.abort(interruption);
    expect(signal.reason).toBe(interruption);
    expect(alarms()).toBe(0);
    advance(1000);
    expect(signal.reason).toBe(interruption);
  });

  it('is over at once where its parent is', () => {
    const { clock, alarms } = counting();
    const interruption = new Error('interrupted');
    const { signal, cancel } = deadlineSignal(clock, 100, new Error('late'), AbortSignal.abort(interruption));
    expect(signal.reason).toBe(interruption);
    expect(alarms()).toBe(0);
    cancel();
  });

  it('leaves neither alarm nor listener when it is cancelled', () => {
    const { clock, advance, alarms } = counting();
    const parent = new AbortController();
    const { signal, cancel } = deadlineSignal(clock, 100, new Error('late'), parent.signal);
    cancel();
    cancel();
    expect(alarms()).toBe(0);
    expect(getEventListeners(parent.signal, 'abort')).toEqual([]);
    advance(1000);
    parent.abort();
    expect(signal.aborted).toBe(false);
  });

  it('leaves no listener on its parent when its time is up', () => {
    const { clock, advance } = counting();
    const parent = new AbortController();
    deadlineSignal(clock, 100, new Error('late'), parent.signal);
    advance(100);
    expect(getEventListeners(parent.signal, 'abort')).toEqual([]);
  });

  it('that lies in the past is over at the next move of the clock', () => {
    const { clock, advance } = counting();
    const { signal } = deadlineSignal(clock, -5, new Error('late'));
    advance(0);
    expect(signal.aborted).toBe(true);
  });
});
