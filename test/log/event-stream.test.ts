import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { RunEvent } from '../../src/log/event.js';
import { EventStream } from '../../src/log/event-stream.js';
import { said } from './scratch.js';

const event = (seq: number): RunEvent => ({ seq, at: 0, ...said('hello'), to: ['agent2'] });

async function collect(stream: AsyncIterable<RunEvent>): Promise<number[]> {
  const seen: number[] = [];
  for await (const { seq } of stream) seen.push(seq);
  return seen;
}

/** Lets everything run that waits for nothing but its turn. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('an event stream', () => {
  it('gives each event as it is written, and ends with the log', async () => {
    const stream = new EventStream();
    const iterator = stream[Symbol.asyncIterator]();
    const first = iterator.next();
    stream.write(event(1));
    expect((await first).value).toEqual(event(1));
    const second = iterator.next();
    await turn();
    stream.write(event(2));
    expect((await second).value).toEqual(event(2));
    const end = iterator.next();
    stream.close();
    expect(await end).toEqual({ done: true, value: undefined });
  });

  it('shows every iterator every event in order, however writing, reading and bursts interleave', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constantFrom('iterate', 'wait')), {
          maxLength: 20,
        }),
        async (steps) => {
          const stream = new EventStream();
          const readers = [collect(stream)];
          let written = 0;
          for (const step of steps) {
            if (step === 'iterate') readers.push(collect(stream));
            else if (step === 'wait') await turn();
            else for (let count = 0; count < step; count += 1) stream.write(event((written += 1)));
          }
          stream.close();
          readers.push(collect(stream));
          const all = Array.from({ length: written }, (_, index) => index + 1);
          for (const seen of await Promise.all(readers)) expect(seen).toEqual(all);
        },
      ),
    );
  });

  it('lets a slow reader take its time while others go on', async () => {
    const stream = new EventStream();
    const slow = stream[Symbol.asyncIterator]();
    const quick = collect(stream);
    for (let seq = 1; seq <= 100; seq += 1) stream.write(event(seq));
    expect((await slow.next()).value).toEqual(event(1));
    stream.close();
    expect(await quick).toHaveLength(100);
    expect((await slow.next()).value).toEqual(event(2));
  });

  it('takes no event from anybody when a reader leaves early', async () => {
    const stream = new EventStream();
    for (let seq = 1; seq <= 10; seq += 1) stream.write(event(seq));
    for await (const { seq } of stream) if (seq === 3) break;
    stream.write(event(11));
    stream.close();
    expect(await collect(stream)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('takes in nothing after its end', async () => {
    const stream = new EventStream();
    stream.write(event(1));
    stream.close();
    stream.close();
    stream.write(event(2));
    expect(await collect(stream)).toEqual([1]);
  });
});
