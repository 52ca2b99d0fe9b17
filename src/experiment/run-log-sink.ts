import { existsSync, readFileSync, renameSync, statSync } from 'node:fs';
import type { RunEvent } from '../log/event.js';
import type { EventSink } from '../log/event-log.js';
import { FileSink } from '../log/file-sink.js';

export interface RunLogOptions {
  /** Folder of the attachments that belong to the log. */
  readonly attachments: string;
  /** Whether an earlier log and its attachments are moved aside instead of being replaced. */
  readonly keepOlder: boolean;
}

/**
 * A run's log file. Nothing is on disk before the first phase begins, so that a run that cannot begin as asked
 * changes nothing; and what an earlier run cost is not overwritten.
 */
export class RunLogSink implements EventSink {
  readonly #file: string;
  readonly #options: RunLogOptions;
  readonly #waiting: RunEvent[] = [];
  #sink: FileSink | undefined;

  constructor(file: string, options: RunLogOptions) {
    this.#file = file;
    this.#options = options;
  }

  write(event: RunEvent): void {
    if (this.#sink !== undefined) {
      this.#sink.write(event);
      return;
    }
    this.#waiting.push(event);
    if (event.type === 'phase-started') this.begin();
  }

  /** Whether anything is, or will be, on disk. */
  get hasBegun(): boolean {
    return this.#sink !== undefined;
  }

  /** Writes what has waited, and all that comes. */
  begin(): void {
    if (this.#sink !== undefined) return;
    if (this.#options.keepOlder) moveOlderAside(this.#file, this.#options.attachments);
    this.#sink = new FileSink(this.#file);
    for (const event of this.#waiting.splice(0)) this.#sink.write(event);
  }

  flush(): void {
    this.#sink?.flush();
  }

  close(): void {
    this.#sink?.close();
  }
}

/** Gives an earlier log, and its attachments, names that hold the id of their run. */
function moveOlderAside(file: string, attachments: string): void {
  if (!existsSync(file)) return;
  const first = readFileSync(file, 'utf8').split('\n', 1)[0] ?? '';
  const id = /"runId":"([\w-]+)"/.exec(first)?.[1] ?? String(Math.round(statSync(file).mtimeMs));
  renameSync(file, file.replace(/\.jsonl$/, `.${id}.jsonl`));
  if (existsSync(attachments)) renameSync(attachments, `${attachments}.${id}`);
}
