import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { InfrastructureFault, UserMistake } from '../../src/base/errors.js';
import { eventBodySchema, type RunEvent } from '../../src/log/event.js';
import { FileSink } from '../../src/log/file-sink.js';
import { parseLogLine, readLog, type BrokenLine } from '../../src/log/read-log.js';
import { anyEvent, eventOfType, eventTypes } from './arbitrary-event.js';
import { said, scratchFolder } from './scratch.js';

const scratch = scratchFolder();

async function readAll(file: string): Promise<{ events: RunEvent[]; broken: BrokenLine[] }> {
  const events: RunEvent[] = [];
  const broken: BrokenLine[] = [];
  for await (const event of readLog(file, (line) => broken.push(line))) events.push(event);
  return { events, broken };
}

describe('a line of a log', () => {
  it('can be of every kind that a run writes', () => {
    expect(eventTypes.length).toBeGreaterThan(25);
    expect(new Set(eventTypes).size).toBe(eventTypes.length);
  });

  it.each(eventTypes)('gives any %s back as it was written', (type) => {
    fc.assert(
      fc.property(eventOfType(type), (event) => {
        const line = JSON.stringify(event);
        const parsed = parseLogLine(line);
        expect(parsed.reason).toBeUndefined();
        expect(parsed.event).toEqual(JSON.parse(line));
        expect(JSON.stringify(parsed.event)).toBe(line);
      }),
      { numRuns: 60 },
    );
  });

  it('is an event only with every field that its kind needs', () => {
    fc.assert(
      fc.property(anyEvent, fc.nat(), (event, choice) => {
        const schema = eventBodySchema.options.find((one) => one.shape.type.value === event.type);
        const needed = Object.entries(schema?.shape ?? {})
          .filter(([, field]) => field._zod.def.type !== 'optional')
          .map(([name]) => name);
        const field = [...needed, 'seq', 'at'][choice % (needed.length + 2)] as string;
        const { [field]: _gone, ...rest } = event as unknown as Record<string, unknown>;
        expect(parseLogLine(JSON.stringify(rest)).reason).toMatch(new RegExp(`^${field}: .`));
      }),
    );
  });

  it('keeps fields that a later version of the format may have added', () => {
    const event = { seq: 1, at: 0, ...said('hello'), tone: 'friendly' };
    expect(parseLogLine(JSON.stringify(event)).event).toEqual(event);
  });

  it.each([
    ['', 'not JSON'],
    ['{"seq":1,"at":0,"type":"message-s', 'not JSON'],
    ['null', 'not a JSON object'],
    ['17', 'not a JSON object'],
    ['"run-started"', 'not a JSON object'],
    ['[{"seq":1}]', 'not a JSON object'],
    ['{"at":0,"type":"phase-started","phase":"planning"}', 'seq: '],
    ['{"seq":0,"at":0,"type":"phase-started","phase":"planning"}', 'seq: '],
    ['{"seq":1.5,"at":0,"type":"phase-started","phase":"planning"}', 'seq: '],
    ['{"seq":1,"at":null,"type":"phase-started","phase":"planning"}', 'at: '],
    ['{"seq":1,"at":1e999,"type":"phase-started","phase":"planning"}', 'at: '],
    ['{"seq":1,"at":0}', 'type: none of the known kinds'],
    ['{"seq":1,"at":0,"type":"coffee-made"}', 'type: none of the known kinds'],
    ['{"seq":1,"at":0,"type":"phase-started","phase":"lunch"}', 'phase: '],
    ['{"seq":1,"at":0,"type":"message-sent","message":1,"from":"a","to":["b",2],"content":""}', 'to.1: '],
  ])('says of %s what is wrong', (line, reason) => {
    const parsed = parseLogLine(line);
    expect(parsed.event).toBeUndefined();
    expect(parsed.reason).toContain(reason);
    expect(parsed.reason?.length).toBeLessThan(200);
  });

  it('is judged without a throw, whatever it holds', () => {
    const garbage = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      anyEvent.chain((event) => {
        const line = JSON.stringify(event);
        return fc.nat(line.length).map((end) => line.slice(0, end));
      }),
      fc
        .tuple(anyEvent, fc.string(), fc.jsonValue())
        .map(([event, field, value]) => JSON.stringify({ ...event, [field]: value })),
      fc
        .tuple(anyEvent, fc.nat(), fc.jsonValue())
        .map(([event, choice, value]) =>
          JSON.stringify({ ...event, [Object.keys(event)[choice % Object.keys(event).length] ?? '']: value }),
        ),
    );
    fc.assert(
      fc.property(garbage, (line) => {
        const { event, reason } = parseLogLine(line);
        expect((event === undefined) !== (reason === undefined)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('is judged without a throw when it is nested past all measure', () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    const call = `{"seq":1,"at":0,"type":"tool-called","agent":"a","callId":"c","step":1,"tool":"t","arguments":{"x":${deep}}}`;
    expect(() => parseLogLine(call)).not.toThrow();
    expect(parseLogLine(deep).reason).toBe('not a JSON object');
  });
});

describe('a log file', () => {
  it('gives back every event that a sink wrote, in order, whatever their texts hold', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(anyEvent, { maxLength: 20 }), async (events) => {
        fc.pre(events.every((event) => event.type !== 'run-started' || event.formatVersion <= 1));
        const file = path.join(scratch, `round-trip-${(count += 1)}.jsonl`);
        writeFileSync(file, '');
        const sink = new FileSink(file);
        for (const event of events) sink.write(event);
        sink.close();
        const read = await readAll(file);
        expect(read.broken).toEqual([]);
        expect(read.events.map((event) => JSON.stringify(event))).toEqual(
          events.map((event) => JSON.stringify(event)),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('is read whole across the pieces in which it comes from the disk, with lines longer than any of them', async () => {
    const file = path.join(scratch, 'long.jsonl');
    const contents = ['ä'.repeat(200_001), 'b', '\u{1f600}'.repeat(70_000), 'c'.repeat(65_536), ''];
    const sink = new FileSink(file);
    contents.forEach((content, index) => sink.write({ seq: index + 1, at: 0, ...said(content), to: [] }));
    sink.close();
    const { events, broken } = await readAll(file);
    expect(broken).toEqual([]);
    expect(events.map((event) => (event.type === 'message-sent' ? event.content : ''))).toEqual(contents);
  });

  it('keeps its good lines when others are broken, which are told with number and reason', async () => {
    const good = (seq: number): string => JSON.stringify({ seq, at: 0, ...said('hello') });
    const file = path.join(scratch, 'broken.jsonl');
    const lines = ['\ufeff', good(1), '', 'garbage', '   ', `${good(2)}\r`, '{"seq":3}', good(3)];
    writeFileSync(file, `${lines.join('\n')}\n${good(4).slice(0, 30)}`);
    const { events, broken } = await readAll(file);
    expect(events.map((event) => event.seq)).toEqual([1, 2, 3]);
    expect(broken).toEqual([
      { line: 4, reason: 'not JSON' },
      { line: 7, reason: expect.stringMatching(/^at: /) as string },
      { line: 9, reason: 'not JSON' },
    ]);
  });

  it('can be left after its first event', async () => {
    const file = path.join(scratch, 'left.jsonl');
    writeFileSync(file, `${JSON.stringify({ seq: 1, at: 0, ...said('hello') })}\n`.repeat(5000));
    for await (const event of readLog(file)) {
      expect(event.seq).toBe(1);
      break;
    }
  });

  it('that is not there is the mistake of whoever named it', async () => {
    for (const missing of [path.join(scratch, 'nowhere.jsonl'), scratch]) {
      const mistake = await readAll(missing).catch((error: unknown) => error);
      expect(mistake).toBeInstanceOf(UserMistake);
      expect(mistake).toMatchObject({ code: 'log-not-found', where: missing });
    }
  });

  it('of a format that this version cannot know is refused rather than misread', async () => {
    const file = path.join(scratch, 'future.jsonl');
    const [started] = fc.sample(eventOfType('run-started'), { numRuns: 1, seed: 1 });
    writeFileSync(file, `${JSON.stringify({ ...started, formatVersion: 99 })}\n`);
    const mistake = await readAll(file).catch((error: unknown) => error);
    expect(mistake).toBeInstanceOf(UserMistake);
    expect(mistake).toMatchObject({ code: 'log-too-new', where: `${file}:1` });
    expect((mistake as Error).message).toContain('99');
  });

  it.runIf(existsSync('/proc/self/mem'))(
    'that the system will not read is a fault of the world',
    async () => {
      // A process's memory is a file that opens, and refuses to be read at its start.
      const fault = await readAll('/proc/self/mem').catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(InfrastructureFault);
      expect(fault).toMatchObject({ code: 'log-not-readable', where: '/proc/self/mem' });
    },
  );
});
