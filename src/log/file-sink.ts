import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { InfrastructureFault } from '../base/errors.js';
import type { RunEvent } from './event.js';
import type { EventSink } from './event-log.js';

/** Characters that may wait in memory before they are written. */
const BUFFER_LIMIT = 64 * 1024;

/**
 * Appends events to a file, one JSON object a line. Lines are written whole; what `flush` has written
 * survives the death of the process.
 */
export class FileSink implements EventSink {
  readonly path: string;
  readonly #descriptor: number;
  #buffer: string[] = [];
  #buffered = 0;
  #closed = false;

  /** Creates the file and its folders; an existing file is replaced unless `append` is set. */
  constructor(path: string, { append = false }: { readonly append?: boolean } = {}) {
    this.path = path;
    mkdirSync(dirname(path), { recursive: true });
    this.#descriptor = openSync(path, append ? 'a' : 'w');
  }

  write(event: RunEvent): void {
    const line = `${JSON.stringify(event)}\n`;
    this.#buffer.push(line);
    this.#buffered += line.length;
    if (this.#buffered >= BUFFER_LIMIT) this.flush();
  }

  flush(): void {
    if (this.#closed || this.#buffered === 0) return;
    const bytes = Buffer.from(this.#buffer.join(''));
    this.#buffer = [];
    this.#buffered = 0;
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written);
    } catch (error) {
      throw new InfrastructureFault('the event log cannot be written', {
        code: 'log-not-writable',
        where: this.path,
        remedy: 'free disk space or choose another --logs-dir',
        cause: error,
      });
    }
  }

  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    closeSync(this.#descriptor);
  }
}
