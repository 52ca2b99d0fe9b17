/** What is read of a response's headers. */
export interface ReadableHeaders {
  get(name: string): string | null;
}

/**
 * Milliseconds that a provider asked to wait, from `retry-after-ms` or `retry-after` (seconds or an HTTP date).
 * A date is held against the response's own `date` header where it has one, so that a clock that is wrong here
 * does not matter.
 *
 * @param now milliseconds since the epoch, for a date without a `date` header beside it.
 */
export function readRetryAfter(headers: ReadableHeaders, now: number): number | undefined {
  const milliseconds = readNumber(headers.get('retry-after-ms'));
  if (milliseconds !== undefined) return milliseconds;
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  const seconds = readNumber(text);
  if (seconds !== undefined) return seconds * 1000;
  const date = Date.parse(text);
  if (Number.isNaN(date)) return undefined;
  const serverNow = Date.parse(headers.get('date') ?? '');
  return Math.max(0, date - (Number.isNaN(serverNow) ? now : serverNow));
}

function readNumber(text: string | null): number | undefined {
  if (text === null || text.trim() === '') return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? Math.max(0, number) : undefined;
}
