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
  readonly #mode: 'a' | 'w';
  #descriptor: number | undefined;
  #buffer: string[] = [];
  #buffered = 0;
  #closed = false;

  /** The file and its folders are made with the first event; an existing file is replaced unless `append` is set. */
  constructor(path: string, { append = false }: { readonly append?: boolean } = {}) {
    this.path = path;
    this.#mode = append ? 'a' : 'w';
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
      const descriptor = this.#open();
      while (written < bytes.length) written += writeSync(descriptor, bytes, written);
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
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
  }

  #open(): number {
    if (this.#descriptor === undefined) {
      mkdirSync(dirname(this.path), { recursive: true });
      this.#descriptor = openSync(this.path, this.#mode);
    }
    return this.#descriptor;
  }
}
