import { createReadStream } from 'node:fs';
import { InfrastructureFault, UserMistake } from '../base/errors.js';
import { EVENT_FORMAT_VERSION, eventBodySchema, stampSchema, type RunEvent } from './event.js';

/** A line of a log that is not an event. */
export interface BrokenLine {
  /** From 1. */
  readonly line: number;
  readonly reason: string;
}

/** What one line of a log is. */
export type ParsedLine =
  { readonly event: RunEvent; readonly reason?: never } | { readonly event?: never; readonly reason: string };

/**
 * One line of a log as an event, or why it is none. Fields that the format does not know are kept: a later
 * version of the same format may have added them.
 */
export function parseLogLine(text: string): ParsedLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { reason: 'not JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { reason: 'not a JSON object' };
  }
  for (const schema of [stampSchema, eventBodySchema]) {
    const issue = schema.safeParse(value).error?.issues[0];
    if (issue === undefined) continue;
    // The library would list every kind of event that there is.
    const what = issue.code === 'invalid_union' ? 'none of the known kinds' : issue.message;
    return { reason: `${issue.path.join('.')}: ${what}` };
  }
  return { event: value as RunEvent };
}

/**
 * Reads a log file line by line; broken lines are handed to `onBroken` and left out.
 *
 * @throws {UserMistake} where there is no file, or one in a format that is newer than this reader.
 * @throws {InfrastructureFault} where the file cannot be read.
 */
export async function* readLog(
  path: string,
  onBroken: (broken: BrokenLine) => void = () => {},
): AsyncGenerator<RunEvent> {
  let number = 0;
  for await (const line of linesOf(path)) {
    number += 1;
    if (line.trim() === '') continue;
    const { event, reason } = parseLogLine(line);
    if (event === undefined) {
      onBroken({ line: number, reason });
      continue;
    }
    if (event.type === 'run-started' && event.formatVersion > EVENT_FORMAT_VERSION) {
      throw new UserMistake(
        `the log has format ${event.formatVersion}; this Troupe reads up to format ${EVENT_FORMAT_VERSION}`,
        { code: 'log-too-new', where: `${path}:${number}`, remedy: 'install a newer Troupe' },
      );
    }
    yield event;
  }
}

/**
 * Lines end with a line feed alone: the runtime's own line reader would also split at separators that JSON allows
 * within a string.
 */
async function* linesOf(path: string): AsyncGenerator<string> {
  /** Parts of the line that has not ended yet. */
  let open: string[] = [];
  try {
    for await (const chunk of createReadStream(path, 'utf8') as AsyncIterable<string>) {
      const parts = chunk.split('\n');
      const last = parts.pop() ?? '';
      for (const part of parts) {
        yield open.length === 0 ? part : open.join('') + part;
        open = [];
      }
      if (last !== '') open.push(last);
    }
  } catch (error) {
    throw unreadable(path, error as NodeJS.ErrnoException);
  }
  if (open.length > 0) yield open.join('');
}

function unreadable(path: string, cause: NodeJS.ErrnoException): Error {
  if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR' || cause.code === 'EISDIR') {
    return new UserMistake('there is no log here', {
      code: 'log-not-found',
      where: path,
      remedy: 'give the path of an events .jsonl file',
      cause,
    });
  }
  return new InfrastructureFault(`the log cannot be read: ${cause.message}`, {
    code: 'log-not-readable',
    where: path,
    cause,
  });
}
