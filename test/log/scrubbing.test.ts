import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../src/base/clock.js';
import { MemoryAttachments } from '../../src/log/attachments.js';
import { fromContent, toContent } from '../../src/log/content.js';
import type { EventBody, RunEvent } from '../../src/log/event.js';
import { EventLog, MemorySink } from '../../src/log/event-log.js';
import { parseLogLine } from '../../src/log/read-log.js';
import { ScrubbedAttachments } from '../../src/log/scrubbing.js';
import { secretScrubber } from '../../src/model/secret-scrubber.js';
import { SCRUBBED } from '../../src/model/scrub-secrets.js';
import { anyEvent } from './arbitrary-event.js';
import { said } from './scratch.js';

const KEY = 'sk-"quoted\\+/ü=9999';
const scrubOf = (key: string) => secretScrubber({ SOME_API_KEY: key }) ?? ((text: string) => text);
const key = fc
  .string({ unit: fc.constantFrom(...'abcXYZ0189-_."\\/+=%$^(üé'), minLength: 8, maxLength: 40 })
  .filter((text) => !text.startsWith('-----'));

function written(event: RunEvent, scrub: (text: string) => string): RunEvent {
  const sink = new MemorySink();
  const { seq: _seq, at: _at, ...body } = event;
  const returned = new EventLog(new SimulatedClock(0), [sink], { scrub }).append(body as EventBody as never);
  expect(sink.events[0]).toBe(returned);
  return returned;
}

/** The event with a text put into every text that is not the format's own, and into names within arguments. */
function planted(value: unknown, put: (text: string) => string, isForeign = false): unknown {
  if (typeof value === 'string') return put(value);
  if (Array.isArray(value)) return value.map((item) => planted(item, put, isForeign));
  if (typeof value !== 'object' || value === null) return value;
  const isBase64 = 'encoding' in value && value.encoding === 'base64';
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => {
      if (name === 'type' || name === 'encoding') return [name, field];
      if (isBase64 && name === 'text') return [name, Buffer.from(put('\u00ff'), 'utf8').toString('base64')];
      const within = isForeign || name === 'arguments' || name === 'original';
      return [isForeign ? put(name) : name, planted(field, put, within)];
    }),
  );
}

/** Every text in a value, names included, base64 contents as their bytes. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  const own = 'encoding' in value && value.encoding === 'base64' && 'text' in value ? [value.text] : [];
  const bytes = own.map((text) => Buffer.from(String(text), 'base64').toString('utf8'));
  return [...bytes, ...Object.entries(value).flatMap(([name, field]) => [name, ...textsOf(field)])];
}

describe('a log that scrubs', () => {
  it('writes no event with a key in any field, plain or as JSON, URLs and base64 have it', () => {
    fc.assert(
      fc.property(anyEvent, key, fc.string({ maxLength: 4 }), (event, secret, before) => {
        const base64 = Buffer.from(`${before}${secret}after`).toString('base64');
        const forms = [secret, JSON.stringify(secret), encodeURIComponent(secret), base64];
        const put = (text: string): string => [text, ...forms, text].join(' ');
        const clean = written(planted(event, put) as RunEvent, scrubOf(secret));
        for (const text of textsOf(clean)) {
          expect(text).not.toContain(secret);
          expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
          expect(text).not.toContain(encodeURIComponent(secret));
          expect(text).not.toContain(base64);
        }
        expect(JSON.stringify(clean)).not.toContain(secret);
      }),
    );
  });

  it('leaves every event without a key as it is, byte for byte', () => {
    const scrub = scrubOf('a-key-that-occurs-nowhere-1');
    fc.assert(
      fc.property(anyEvent, (event) => {
        const expected = { ...event, seq: 1, at: 0 };
        expect(JSON.stringify(written(event, scrub))).toBe(JSON.stringify(expected));
      }),
    );
  });

  it('stays a log that can be read', () => {
    const event: RunEvent = { seq: 1, at: 0, ...said(`It is ${KEY}.`), to: ['agent2'] };
    const clean = written(event, scrubOf(KEY));
    expect(clean).toEqual({ ...event, content: `It is ${SCRUBBED}.` });
    expect(parseLogLine(JSON.stringify(clean))).toEqual({ event: clean });
  });

  it('looks into bytes that are no text, and keeps all other bytes', () => {
    const bytes = (text: string): Buffer => Buffer.concat([Buffer.from([0xff, 0x00]), Buffer.from(text)]);
    const patch = toContent(bytes(`+ü ${KEY}\n`));
    expect(patch.encoding).toBe('base64');
    const event = { type: 'patch-taken', agent: 'agent1', features: [1], patch, files: [], leftOut: [] };
    const clean = written({ seq: 1, at: 0, ...event } as RunEvent, scrubOf(KEY));
    expect(fromContent((clean as typeof event & RunEvent).patch)).toEqual(bytes(`+ü ${SCRUBBED}\n`));
  });
});

describe('a scrubber of secrets', () => {
  it('finds a key in base64 that is wrapped into lines, and keeps the lines', () => {
    fc.assert(
      fc.property(key, fc.nat(80), fc.constantFrom('\n', '\r\n', '\n+'), (secret, length, lineEnd) => {
        const base64 = Buffer.from('x'.repeat(length) + secret + 'y'.repeat(60)).toString('base64');
        const wrapped = (base64.match(/.{1,76}/g) ?? []).join(lineEnd);
        const clean = scrubOf(secret)(wrapped);
        const bytes = Buffer.from(clean.replaceAll(SCRUBBED, '').replaceAll(lineEnd, ''), 'base64');
        expect(clean).toContain(SCRUBBED);
        expect(bytes.includes(secret)).toBe(false);
        expect(clean.split('\n')).toHaveLength(wrapped.split('\n').length);
      }),
    );
  });

  it('takes the values of all environments, line by line, the longest first', () => {
    const scrub = secretScrubber(
      { A_KEY: 'first-value', B_TOKEN: 'first-value-and-more' },
      { A_KEY: 'other-value', C_SECRET: '-----BEGIN KEY-----\nMIIEvQIBADAN\n-----END KEY-----' },
    );
    expect(scrub?.('first-value-and-more, first-value, other-value\n+MIIEvQIBADAN\n+-----END KEY-----')).toBe(
      `${SCRUBBED}, ${SCRUBBED}, ${SCRUBBED}\n+${SCRUBBED}\n+-----END KEY-----`,
    );
  });

  it('is none where no variable holds a key, or one too short to be told from a word', () => {
    expect(
      secretScrubber({}, { PATH: '/usr/bin/elsewhere', A_KEY: 'test', B_TOKEN: ' ', C_KEY: undefined }),
    ).toBe(undefined);
  });

  it('leaves what only looks like a key', () => {
    const text = 'const key = "sk-0123456789abcdef"; fetch("https://user:word@host/?key=abc")';
    expect(scrubOf(KEY)(text)).toBe(text);
  });
});

describe('attachments that are scrubbed', () => {
  it('hold no key, as text or as bytes', async () => {
    const kept = new MemoryAttachments();
    const attachments = new ScrubbedAttachments(kept, scrubOf(KEY));
    await attachments.put('text', `1 ${KEY} 2`);
    await attachments.put('bytes', Buffer.from(`ü ${KEY} 2`));
    expect([...kept.contents]).toEqual([
      ['text', `1 ${SCRUBBED} 2`],
      ['bytes', `ü ${SCRUBBED} 2`],
    ]);
  });
});
