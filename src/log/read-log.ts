import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { UserMistake } from '../base/errors.js';
import { eventBodySchema, type RunEvent } from './event.js';

/** A line of a log that is not an event. */
export interface BrokenLine {
  /** From 1. */
  readonly line: number;
  readonly reason: string;
}

/** One line of a log as an event, or why it is none. */
export function parseLogLine(text: string): RunEvent | { readonly reason: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { reason: 'not a JSON object' };
  }
  if (typeof value !== 'object' || value === null) return { reason: 'not a JSON object' };
  const { seq, at } = value as { seq?: unknown; at?: unknown };
  if (!Number.isSafeInteger(seq) || (seq as number) < 1)
    return { reason: 'seq: not a positive whole number' };
  if (typeof at !== 'number') return { reason: 'at: not a number' };
  const body = eventBodySchema.safeParse(value);
  if (!body.success) {
    const issue = body.error.issues[0];
    return { reason: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not an event'}` };
  }
  return { seq: seq as number, at, ...body.data } as RunEvent;
}

/** Reads a log file line by line; broken lines are handed to `onBroken` and left out. */
export async function* readLog(
  path: string,
  onBroken: (broken: BrokenLine) => void = () => {},
): AsyncGenerator<RunEvent> {
  const stream = createReadStream(path, 'utf8');
  let number = 0;
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
      number += 1;
      if (line.trim() === '') continue;
      const parsed = parseLogLine(line);
      if ('reason' in parsed && !('type' in parsed)) onBroken({ line: number, reason: parsed.reason });
      else yield parsed as RunEvent;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new UserMistake('there is no log here', {
      code: 'log-not-found',
      where: path,
      remedy: 'give the path of an events .jsonl file',
      cause: error,
    });
  } finally {
    stream.destroy();
  }
}
