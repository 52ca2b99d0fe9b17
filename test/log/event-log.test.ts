import { describe, expect, it } from 'vitest';

import { SimulatedClock } from '../../src/base/clock.js';
import { eventsOf, type RunEvent } from '../../src/log/event.js';
import { EventLog, MemorySink, type EventSink } from '../../src/log/event-log.js';
import { said } from './scratch.js';

const body = (content: string) => ({ ...said(content), to: ['agent2'] });

/** A sink that notes what is done to it. */
class Diary implements EventSink {
  readonly entries: string[] = [];
  write(event: RunEvent): void {
    this.entries.push(`write ${event.seq}`);
  }
  flush(): void {
    this.entries.push('flush');
  }
  close(): void {
    this.entries.push('close');
  }
}

describe('an event log', () => {
  it('stamps each event with its position, from 1, and with the time of its clock', () => {
    const sink = new MemorySink();
    const log = new EventLog(new SimulatedClock(1000, 5), [sink]);
    const first = log.append(body('one'));
    log.append(body('two'));
    expect(first).toEqual({ seq: 1, at: 1000, ...body('one') });
    expect(sink.events).toEqual([first, { seq: 2, at: 1005, ...body('two') }]);
  });

  it('puts position, time and type first, so that a line of the file reads by itself', () => {
    const event = new EventLog(new SimulatedClock(0)).append(body('one'));
    expect(JSON.stringify(event)).toMatch(/^\{"seq":1,"at":0,"type":"message-sent",/);
  });

  it('goes on counting where an older log ended', () => {
    const log = new EventLog(new SimulatedClock(0), [], { lastSequence: 41 });
    expect(log.append(body('one')).seq).toBe(42);
  });

  it('tells every sink of every event, flush and end, in order', () => {
    const diaries = [new Diary(), new Diary()];
    const log = new EventLog(new SimulatedClock(0), diaries);
    log.append(body('one'));
    log.flush();
    log.append(body('two'));
    log.close();
    for (const diary of diaries) expect(diary.entries).toEqual(['write 1', 'flush', 'write 2', 'close']);
  });

  it('tells a sink that was added later of later events only, and none once it was taken off', () => {
    const log = new EventLog(new SimulatedClock(0));
    const early = new MemorySink();
    const late = new MemorySink();
    const takeOff = log.addSink(early);
    log.append(body('one'));
    log.addSink(late);
    log.append(body('two'));
    takeOff();
    takeOff();
    log.append(body('three'));
    expect(early.events.map((event) => event.seq)).toEqual([1, 2]);
    expect(late.events.map((event) => event.seq)).toEqual([2, 3]);
  });

  it('does not mind that the list of sinks it was made with changes', () => {
    const sinks: EventSink[] = [];
    const log = new EventLog(new SimulatedClock(0), sinks);
    const late = new MemorySink();
    sinks.push(late);
    log.append(body('one'));
    expect(late.events).toEqual([]);
  });

  it('tells all sinks before it passes on that one of them failed', () => {
    const failing: EventSink = {
      write: () => {
        throw new Error('the first fault');
      },
      flush: () => {
        throw new Error('no flush');
      },
      close: () => {
        throw new Error('no end');
      },
    };
    const alsoFailing: EventSink = {
      write: () => {
        throw new Error('the second fault');
      },
    };
    const diary = new Diary();
    const log = new EventLog(new SimulatedClock(0), [failing, alsoFailing, diary]);
    expect(() => log.append(body('one'))).toThrow('the first fault');
    expect(() => log.flush()).toThrow('no flush');
    expect(() => log.close()).toThrow('no end');
    expect(diary.entries).toEqual(['write 1', 'flush', 'close']);
  });

  it('keeps positions and times in order when reading the clock wakes somebody who writes, too', () => {
    const clock = new SimulatedClock(0, 10);
    const sink = new MemorySink();
    const log = new EventLog(clock, [sink]);
    clock.now();
    clock.alarm(5, () => log.append(body('the time is up')));
    log.append(body('a step'));
    expect(sink.events.map((event) => event.seq)).toEqual([1, 2]);
    const [first, second] = sink.events.map((event) => event.at);
    expect(second).toBeGreaterThanOrEqual(first as number);
  });

  it('finds the events of one type', () => {
    const sink = new MemorySink();
    const log = new EventLog(new SimulatedClock(0), [sink]);
    log.append({ type: 'phase-started', phase: 'planning' });
    log.append(body('one'));
    log.append({ type: 'phase-started', phase: 'execution' });
    expect(eventsOf(sink.events, 'phase-started').map((event) => event.phase)).toEqual([
      'planning',
      'execution',
    ]);
    expect(eventsOf(sink.events, 'run-ended')).toEqual([]);
  });
});
