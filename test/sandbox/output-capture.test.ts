import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { OutputCapture } from '../../src/sandbox/output-capture.js';

const capture = (chunks: readonly Uint8Array[], maximum: number): OutputCapture => {
  const output = new OutputCapture(maximum);
  for (const chunk of chunks) output.push(Buffer.from(chunk));
  return output;
};

const MARK = /\n\[\.\.\. (\d+) bytes cut \.\.\.\]\n/;
const chunked = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 30 });

describe('output capture', () => {
  it('keeps everything that fits, however it was cut into chunks', () => {
    fc.assert(
      fc.property(chunked, (chunks) => {
        const all = Buffer.concat(chunks);
        const output = capture(chunks, all.length);
        expect(output.truncated).toBe(false);
        expect(output.text()).toBe(all.toString('utf8'));
      }),
    );
  });

  it('keeps the first and the last bytes of what does not fit, and counts the rest', () => {
    const ascii = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 40 }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(ascii, fc.nat(100), (texts, maximum) => {
        const all = texts.join('');
        const output = capture(
          texts.map((text) => Buffer.from(text)),
          maximum,
        );
        expect(output.truncated).toBe(all.length > maximum);
        if (!output.truncated) return;
        const half = Math.ceil(maximum / 2);
        const tail = maximum - half;
        expect(output.text().split(MARK)).toEqual([
          all.slice(0, half),
          String(all.length - maximum),
          tail === 0 ? '' : all.slice(-tail),
        ]);
      }),
    );
  });

  it('makes no broken characters out of whole ones, and accounts for every byte', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'ß', '€', '😀'), maxLength: 200 });
    fc.assert(
      fc.property(text, fc.nat(150), fc.integer({ min: 1, max: 7 }), (whole, maximum, size) => {
        const bytes = Buffer.from(whole);
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
          bytes.subarray(index * size, (index + 1) * size),
        );
        const shown = capture(chunks, maximum).text();
        expect(shown).not.toContain('\uFFFD');
        const [head = '', cut = '0', tail = ''] = shown.split(MARK);
        expect(Buffer.byteLength(head) + Number(cut) + Buffer.byteLength(tail)).toBe(bytes.length);
        expect(whole.startsWith(head) && whole.endsWith(tail)).toBe(true);
      }),
    );
  });

  it('shows bytes that are no UTF-8 as replacement characters', () => {
    expect(capture([Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80)], 10).text()).toBe('\uFFFD'.repeat(5));
    expect(capture([new Uint8Array(100).fill(0xff)], 10).text()).toContain('[... 90 bytes cut ...]');
  });

  it('can be told to keep nothing', () => {
    const output = capture([Buffer.from('abc')], 0);
    expect(output.text()).toBe('\n[... 3 bytes cut ...]\n');
  });
});
