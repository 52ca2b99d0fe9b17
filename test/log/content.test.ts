import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fromContent, toContent } from '../../src/log/content.js';
import { contentSchema } from '../../src/log/referee-events.js';

const bytes = fc.oneof(
  fc.uint8Array().map((array) => Buffer.from(array)),
  fc.string({ unit: 'binary' }).map((text) => Buffer.from(text, 'utf8')),
);

describe('content', () => {
  it('comes back byte for byte, through JSON', () => {
    fc.assert(
      fc.property(bytes, (original) => {
        const stored = contentSchema.parse(JSON.parse(JSON.stringify(toContent(original))));
        expect(fromContent(stored).equals(original)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('is readable text wherever it is UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(toContent(Buffer.from(text))).toEqual({ encoding: 'utf8', text });
      }),
    );
  });

  it.each([
    ['a lone continuation byte', [0x80]],
    ['a cut character', [0x61, 0xe2, 0x82]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
  ])('is base64 where it holds %s', (_name, values) => {
    expect(toContent(Buffer.from(values))).toEqual({
      encoding: 'base64',
      text: Buffer.from(values).toString('base64'),
    });
  });

  it('keeps a byte order mark', () => {
    const marked = Buffer.from([0xef, 0xbb, 0xbf, 0x61]);
    expect(fromContent(toContent(marked))).toEqual(marked);
    expect(toContent(marked).encoding).toBe('utf8');
  });
});
