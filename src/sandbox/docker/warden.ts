import type { Duplex } from 'node:stream';

import type { Container } from 'dockerode';

import { FrameReader } from './frames.js';

/** Milliseconds that the first process of a container may take to kill what it is asked to. */
const ANSWER_AT_MOST = 5_000;
/** Characters of an unfinished line that are kept; the warden's own lines are short. */
const LINE_AT_MOST = 200;

/**
 * The harness's end of a container's first process; see `WARDEN_SCRIPT`. The connection also keeps the container
 * alive: when the harness is gone, however it went, the engine closes it and removes the container.
 */
export class Warden {
  readonly #connection: Duplex;
  readonly #waiting = new Map<string, (answered: boolean) => void>();
  #number = 0;
  #line = '';
  #closed = false;

  private constructor(connection: Duplex) {
    this.#connection = connection;
    const frames = new FrameReader((_, bytes) => this.#read(bytes.toString('latin1')));
    connection.on('data', (chunk: Buffer) => frames.push(chunk));
    connection.on('error', () => this.#end());
    connection.on('close', () => this.#end());
    connection.on('end', () => this.#end());
  }

  /** Connects to a container that is about to be started. */
  static async attach(container: Container): Promise<Warden> {
    const connection = await container.attach({
      stream: true,
      stdin: true,
      stdout: true,
      stderr: false,
      hijack: true,
    });
    return new Warden(connection as Duplex);
  }

  /** Whether the first process has gone, and the container with it. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Kills what carries the marker; false when no answer came. */
  end(marker: string): Promise<boolean> {
    return this.#ask('end', marker);
  }

  /** Kills every process of the container but the first; false when no answer came. */
  endAll(): Promise<boolean> {
    return this.#ask('all', '');
  }

  close(): void {
    this.#connection.destroy();
    this.#end();
  }

  #ask(request: 'end' | 'all', marker: string): Promise<boolean> {
    if (this.#closed) return Promise.resolve(false);
    this.#number += 1;
    const number = String(this.#number);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#waiting.get(number)?.(false), ANSWER_AT_MOST);
      this.#waiting.set(number, (answered) => {
        clearTimeout(timer);
        this.#waiting.delete(number);
        resolve(answered);
      });
      this.#connection.write(`${request} ${number} ${marker}\n`);
    });
  }

  #read(text: string): void {
    const lines = (this.#line + text).split('\n');
    this.#line = (lines.pop() ?? '').slice(-LINE_AT_MOST);
    for (const line of lines) this.#waiting.get(line)?.(true);
  }

  #end(): void {
    this.#closed = true;
    this.#waiting.forEach((settle) => settle(false));
  }
}
