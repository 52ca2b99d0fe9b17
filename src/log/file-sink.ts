import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { InfrastructureFault } from '../base/errors.js';
import type { RunEvent } from './event.js';
import type { EventSink } from './event-log.js';

/** Characters that may wait in memory before they are written. */
const BUFFER_LIMIT = 64 * 1024;
const LINE_FEED = 0x0a;

/**
 * Appends events to a file, one JSON object a line. What `flush` has written survives the death of the process.
 * After a failed write the rest waits for the next one, so that a line is never cut in two by a disk that was full
 * for a while.
 */
export class FileSink implements EventSink {
  readonly path: string;
  readonly #append: boolean;
  #descriptor: number | undefined;
  #lines: string[] = [];
  /** Characters in `#lines`. */
  #waiting = 0;
  /** Bytes that the last write left over. */
  #rest = Buffer.alloc(0);
  #closed = false;

  /**
   * The file and its folders are made by the first flush that has something to write; an existing file is replaced
   * unless `append` is set.
   */
  constructor(path: string, { append = false }: { readonly append?: boolean } = {}) {
    this.path = path;
    this.#append = append;
  }

  /** @throws {InfrastructureFault} as {@link flush} does. */
  write(event: RunEvent): void {
    if (this.#closed) return;
    const line = `${JSON.stringify(event)}\n`;
    this.#lines.push(line);
    this.#waiting += line.length;
    if (this.#waiting >= BUFFER_LIMIT) this.flush();
  }

  /** @throws {InfrastructureFault} `log-not-writable`. */
  flush(): void {
    if (this.#closed || (this.#waiting === 0 && this.#rest.length === 0)) return;
    const fresh = Buffer.from(this.#lines.join(''));
    this.#rest = this.#rest.length === 0 ? fresh : Buffer.concat([this.#rest, fresh]);
    this.#lines = [];
    this.#waiting = 0;
    try {
      this.#descriptor ??= this.#open();
      while (this.#rest.length > 0) {
        this.#rest = this.#rest.subarray(writeSync(this.#descriptor, this.#rest));
      }
    } catch (error) {
      throw new InfrastructureFault('the event log cannot be written', {
        code: 'log-not-writable',
        where: this.path,
        remedy: 'free disk space or choose another --logs-dir',
        cause: error,
      });
    }
  }

  /** @throws {InfrastructureFault} as {@link flush} does; the file is closed all the same. */
  close(): void {
    if (this.#closed) return;
    try {
      this.flush();
    } finally {
      this.#closed = true;
      this.#rest = Buffer.alloc(0);
      if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    }
  }

  #open(): number {
    mkdirSync(dirname(this.path), { recursive: true });
    if (!this.#append) return openSync(this.path, 'w');
    const descriptor = openSync(this.path, 'a+');
    // A process that was killed may have left half a line; what follows must not become part of it.
    if (!endsWithLine(descriptor)) this.#rest = Buffer.concat([Buffer.from([LINE_FEED]), this.#rest]);
    return descriptor;
  }
}

function endsWithLine(descriptor: number): boolean {
  const { size } = fstatSync(descriptor);
  const last = Buffer.alloc(1);
  return size === 0 || readSync(descriptor, last, 0, 1, size - 1) === 0 || last[0] === LINE_FEED;
}
