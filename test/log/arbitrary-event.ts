import fc from 'fast-check';
import type { z } from 'zod';

import { eventBodySchema, type EventType, type RunEvent } from '../../src/log/event.js';

/** Any text that JSON can carry: control characters, separators, lone surrogates and all. */
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '\n', '\r\n', '\u2028', '\u2029', '\u0085', '\ud800', '\ufeff', '\u0000', '"\\', '{}'),
);
/** Minus zero is the one number that JSON gives back as another. */
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0 || 0);
const json = fc.jsonValue({ noUnicodeString: false } as never).map((value) => {
  const copy: unknown = JSON.parse(JSON.stringify(value));
  return copy;
});

/**
 * An arbitrary for whatever a schema of the log allows, found by looking at the schema, so that a new event or
 * field is tried without a word here.
 */
function arbitraryOf(schema: z.core.$ZodType): fc.Arbitrary<unknown> {
  const { def } = schema._zod as { def: z.core.$ZodTypes['_zod']['def'] };
  switch (def.type) {
    case 'string':
      return text;
    case 'number':
      return 'format' in def && def.format === 'safeint' ? fc.maxSafeInteger() : number;
    case 'boolean':
      return fc.boolean();
    case 'unknown':
      return json;
    case 'literal':
      return fc.constantFrom(...def.values);
    case 'enum':
      return fc.constantFrom(...Object.values(def.entries));
    case 'nullable':
      return fc.option(arbitraryOf(def.innerType), { nil: null });
    case 'array':
      return fc.array(arbitraryOf(def.element), { maxLength: 3 });
    case 'record':
      return fc.dictionary(fc.string(), arbitraryOf(def.valueType), { maxKeys: 3 });
    case 'union':
      return fc.oneof(...def.options.map(arbitraryOf));
    case 'object':
      return objectOf(def.shape);
    default:
      throw new Error(`no arbitrary for a ${def.type} yet`);
  }
}

function objectOf(shape: Readonly<Record<string, z.core.$ZodType>>): fc.Arbitrary<unknown> {
  const fields: Record<string, fc.Arbitrary<unknown>> = {};
  const required: string[] = [];
  for (const [name, schema] of Object.entries(shape)) {
    const def = schema._zod.def as { type: string; innerType?: z.core.$ZodType };
    if (def.type === 'optional' && def.innerType !== undefined) {
      fields[name] = arbitraryOf(def.innerType);
    } else {
      fields[name] = arbitraryOf(schema);
      required.push(name);
    }
  }
  return fc.record(fields, { requiredKeys: required });
}

const bodies = new Map(
  eventBodySchema.options.map((schema) => [schema.shape.type.value, arbitraryOf(schema)] as const),
);

/** All kinds of events that the format has. */
export const eventTypes: readonly EventType[] = [...bodies.keys()];

/** Any event of one kind, as a live log would stamp it. */
export function eventOfType(type: EventType): fc.Arbitrary<RunEvent> {
  const body = bodies.get(type);
  if (body === undefined) throw new Error(`there is no event ${type}`);
  return fc
    .tuple(fc.integer({ min: 1 }), number, body)
    .map(([seq, at, fields]) => ({ seq, at, ...(fields as object) }) as RunEvent);
}

/** Any event. */
export const anyEvent: fc.Arbitrary<RunEvent> = fc.constantFrom(...eventTypes).chain(eventOfType);
