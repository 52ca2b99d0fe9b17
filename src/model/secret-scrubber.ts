import { secretsOf, type Environment } from './providers.js';
import { SCRUBBED } from './scrub-secrets.js';

/** Shorter values (`test`, `none`) are words of other texts too; taking them out would garble a log. */
const SHORTEST_SECRET = 8;

/** A line end within wrapped base64, with the sign that a patch puts before the next line. */
const LINE_END = /\r?\n[+ -]?/g;
const LINE_END_MAYBE = '(?:\\r?\\n[+ -]?)?';

/**
 * Makes the function that takes exact key values out of whatever is written down: as they are, as JSON or a URL
 * escapes them, and in base64 (also amid other bytes, and wrapped into lines). It keeps the number of lines, so
 * that a patch stays one. Unlike `scrubSecrets` it goes by these values alone, never by looks: code that
 * agents write may well hold what only looks like a key.
 *
 * @param environments whose key variables count; values under 8 characters do not.
 * @returns nothing where there is nothing to take out.
 */
export function secretScrubber(...environments: Environment[]): ((text: string) => string) | undefined {
  // By lines: in a patch or a listing something stands before each line of a key of several.
  const values = environments.flatMap(secretsOf).flatMap((value) => value.split(/\s*\n\s*/));
  const secrets = values.filter((value) => value.length >= SHORTEST_SECRET && !value.startsWith('-----'));
  if (secrets.length === 0) return undefined;
  const plain = [...new Set(secrets.flatMap(plainForms))].toSorted((a, b) => b.length - a.length);
  const encoded = [...new Set(secrets.flatMap(base64Forms))].toSorted((a, b) => b.length - a.length);
  const patterns = [
    ...plain.map(escaped),
    ...encoded.map((form) => [...form].map(escaped).join(LINE_END_MAYBE)),
  ];
  const pattern = new RegExp(patterns.join('|'), 'g');
  const replacement = (found: string): string => {
    const lineEnds = found.match(LINE_END);
    return lineEnds === null ? SCRUBBED : SCRUBBED + lineEnds.join('');
  };
  return (text) => text.replace(pattern, replacement);
}

function plainForms(secret: string): string[] {
  // A lone surrogate has no form in a URL.
  const inUrl = encodeURIComponent(Buffer.from(secret, 'utf8').toString('utf8'));
  const forms = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    inUrl,
    inUrl.replace(/%../g, (code) => code.toLowerCase()),
  ];
  // Bytes that are no text are looked through as Latin-1.
  return forms.flatMap((form) => [form, Buffer.from(form, 'utf8').toString('latin1')]);
}

/** The characters that a value makes for sure, wherever it stands among the three bytes of a group. */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  return [0, 1, 2].flatMap((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), bytes]);
    const from = Math.ceil((offset * 8) / 6);
    const to = Math.floor((shifted.length * 8) / 6);
    return (['base64', 'base64url'] as const).map((form) => shifted.toString(form).slice(from, to));
  });
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
