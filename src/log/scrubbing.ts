import type { Attachments } from './attachments.js';

/** Takes out of a text what must not be written down; a text without it comes back as it is. */
export type Scrub = (text: string) => string;

/** Fields within which models and providers choose the names. */
const FOREIGN: ReadonlySet<string> = new Set(['arguments', 'original']);

/**
 * Scrubs every text within a value, names of fields that others chose and base64 contents included.
 *
 * @returns the value itself where there was nothing to take out.
 */
export function scrubValue<Value>(value: Value, scrub: Scrub): Value {
  return scrubAny(value, scrub, false) as Value;
}

function scrubAny(value: unknown, scrub: Scrub, isForeign: boolean): unknown {
  if (typeof value === 'string') return scrub(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => scrubAny(item, scrub, isForeign));
    return items.some((item, index) => item !== value[index]) ? items : (value as unknown);
  }
  return scrubObject(value as Readonly<Record<string, unknown>>, scrub, isForeign);
}

function scrubObject(
  value: Readonly<Record<string, unknown>>,
  scrub: Scrub,
  isForeign: boolean,
): Readonly<Record<string, unknown>> {
  let changed: [string, unknown][] | undefined;
  const isBase64 = value['encoding'] === 'base64';
  for (const [index, name] of Object.keys(value).entries()) {
    const field = value[name];
    // The format's own names stay, whatever word someone took for a key; those of a model's arguments do not.
    const newName = isForeign ? scrub(name) : name;
    const newField =
      isBase64 && name === 'text' && typeof field === 'string'
        ? scrub(scrubBase64(field, scrub))
        : scrubAny(field, scrub, isForeign || FOREIGN.has(name));
    if (newName === name && newField === field) continue;
    changed ??= Object.entries(value);
    changed[index] = [newName, newField];
  }
  return changed === undefined ? value : (Object.fromEntries(changed) as Readonly<Record<string, unknown>>);
}

function scrubBase64(text: string, scrub: Scrub): string {
  const bytes = Buffer.from(text, 'base64');
  const scrubbed = scrubBytes(bytes, scrub);
  return scrubbed === bytes ? text : scrubbed.toString('base64');
}

function scrubBytes(bytes: Buffer, scrub: Scrub): Buffer {
  // One character for each byte, so that nothing else changes.
  const text = bytes.toString('latin1');
  const scrubbed = scrub(text);
  return scrubbed === text ? bytes : Buffer.from(scrubbed, 'latin1');
}

/** Attachments whose contents are scrubbed before they are kept. */
export class ScrubbedAttachments implements Attachments {
  readonly #kept: Attachments;
  readonly #scrub: Scrub;

  constructor(kept: Attachments, scrub: Scrub) {
    this.#kept = kept;
    this.#scrub = scrub;
  }

  put(name: string, content: string | Uint8Array): Promise<void> {
    const scrubbed =
      typeof content === 'string' ? this.#scrub(content) : scrubBytes(Buffer.from(content), this.#scrub);
    return this.#kept.put(name, scrubbed);
  }
}
