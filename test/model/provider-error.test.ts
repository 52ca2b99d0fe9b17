import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../../src/model/model-error.js';
import { decideKind, toModelError } from '../../src/model/provider-error.js';
import { readRetryAfter } from '../../src/model/retry-after.js';

const context = { provider: 'other', keyVariable: 'OTHER_API_KEY', secrets: ['hidden.value'] };

describe('the kind of a failure', () => {
  it.each([
    ['prompt is too long: 210000 tokens > 200000 maximum'],
    ["This model's maximum context length is 4096 tokens. However, you requested 5000 tokens"],
    ['input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000'],
    ['The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).'],
    ['the request exceeds the available context size, try increasing it'],
    ['Your input exceeds the context window of this model.'],
    ['Please reduce the length of the messages.'],
  ])('is context-length for "%s"', (text) => {
    expect(decideKind({ status: 400, names: ['invalid_request_error'], text })).toBe('context-length');
  });

  it('is a rate limit, not context-length, when tokens a minute ran out', () => {
    const text = 'Request too large: too many tokens per min, reduce the length of the messages';
    expect(decideKind({ status: 429, names: ['tokens', 'rate_limit_exceeded'], text })).toBe('rate-limited');
  });

  it('is told for every status there is', () => {
    const kinds = new Map<number, string>();
    for (let status = 400; status < 600; status += 1)
      kinds.set(status, decideKind({ status, names: [], text: '' }));
    const special = [401, 403, 408, 409, 413, 425, 429, 503, 529];
    for (const [status, kind] of kinds) {
      if (special.includes(status)) continue;
      expect(kind).toBe(status < 500 ? 'bad-request' : 'server-error');
    }
    expect(special.map((status) => kinds.get(status))).toEqual([
      'authentication',
      'authentication',
      'unreachable',
      'server-error',
      'context-length',
      'server-error',
      'rate-limited',
      'overloaded',
      'overloaded',
    ]);
  });
});

describe('an error of unknown make', () => {
  it('always becomes a model error of one bounded line, without the key', () => {
    const thrown = fc.oneof(
      fc.anything(),
      fc.record({ status: fc.integer({ min: 100, max: 599 }), error: fc.anything(), headers: fc.anything() }),
      fc.string().map((text) => new Error(`${text} hidden.value ${text}`)),
    );
    fc.assert(
      fc.property(thrown, (value) => {
        const error = toModelError(value, context);
        expect(error).toBeInstanceOf(ModelError);
        expect(error.message).not.toContain('hidden.value');
        expect(error.message).not.toContain('\n');
        expect(error.message.length).toBeLessThan(600);
        expect(error.cause).toBeUndefined();
      }),
    );
  });

  it('that has circular causes is described all the same', () => {
    const error = new Error('outer');
    error.cause = error;
    expect(toModelError(error, context).message).toContain('outer');
  });

  it('passes through when it is a model error already', () => {
    const error = new ModelError('x', { kind: 'overloaded' });
    expect(toModelError(error, context)).toBe(error);
  });
});

describe('retry-after', () => {
  const read = (headers: Record<string, string>, now = 0): number | undefined =>
    readRetryAfter(new Headers(headers), now);

  it('is read in seconds, in milliseconds, and as a date by the server’s own clock', () => {
    expect(read({ 'retry-after': '1.5' })).toBe(1_500);
    expect(read({ 'retry-after-ms': '250', 'retry-after': '9' })).toBe(250);
    const date = 'Wed, 21 Oct 2026 07:28:30 GMT';
    expect(read({ 'retry-after': date, date: 'Wed, 21 Oct 2026 07:28:00 GMT' }, 1)).toBe(30_000);
    expect(read({ 'retry-after': date }, Date.parse(date) - 5_000)).toBe(5_000);
  });

  it('is never negative, and nothing where it is missing or nonsense', () => {
    expect(read({ 'retry-after': '-5' })).toBe(0);
    expect(read({ 'retry-after': 'Wed, 21 Oct 2026 07:28:30 GMT' }, Date.parse('2027-01-01'))).toBe(0);
    expect(read({})).toBeUndefined();
    expect(read({ 'retry-after': 'soon' })).toBeUndefined();
    expect(read({ 'retry-after': 'Infinity' })).toBeUndefined();
  });
});
