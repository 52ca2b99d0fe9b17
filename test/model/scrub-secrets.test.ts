import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SCRUBBED, scrubSecrets } from '../../src/model/scrub-secrets.js';

describe('scrubbing secrets', () => {
  it('leaves no known key in any text, wherever it stands', () => {
    const key = fc.string({
      minLength: 6,
      maxLength: 40,
      unit: fc.constantFrom(...'abcXYZ0189-_.$*+?()[]\\/='),
    });
    fc.assert(
      fc.property(key, fc.string(), fc.string(), (secret, before, after) => {
        // A key that is part of the replacement's own words cannot be told apart from it.
        fc.pre(!SCRUBBED.includes(secret));
        expect(scrubSecrets(`${before}${secret}${after}`, [secret])).not.toContain(secret);
      }),
    );
  });

  it.each([
    ['Incorrect API key provided: sk-proj-abc123DEF456', 'sk-proj-abc123DEF456'],
    ['half masked sk-ant-****************wxyz.', 'wxyz'],
    ['key AIzaSyA1234567890abcdefghij is not valid', 'AIzaSyA1234567890abcdefghij'],
    ['{"x-api-key":"0123abcd"}', '0123abcd'],
    ['authorization: Bearer abc.def', 'abc.def'],
    ['sent with Bearer 0123456789abcdef', '0123456789abcdef'],
    ['GET https://host/v1?key=qwertz&x=1', 'qwertz'],
    ['fetch http://user:pass@host/ failed', 'user:pass'],
    ['token ghp_0123456789abcdefghij', 'ghp_0123456789abcdefghij'],
  ])('takes the key out of "%s"', (text, key) => {
    const scrubbed = scrubSecrets(text);
    expect(scrubbed).not.toContain(key);
    expect(scrubbed).toContain(SCRUBBED);
  });

  it('finds a known key that was percent-encoded', () => {
    expect(scrubSecrets('at ?k=a%2Fb%2Bc%3D', ['a/b+c='])).toBe(`at ?k=${SCRUBBED}`);
  });

  it.each([
    'prompt is too long: 210000 tokens > 200000 maximum',
    'The model `claude-opus-5` does not exist',
    'Rate limit reached for requests per minute, try again in 20s.',
    'skipping the task: src/model/desk-lamp.ts',
  ])('leaves "%s" as it is', (text) => {
    expect(scrubSecrets(text, ['', 'x'])).toBe(text);
  });
});
