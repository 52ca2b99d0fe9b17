/** Streams of a container, as the engine numbers them. */
export type OutputStream = 'stdout' | 'stderr';

const HEADER = 8;

/**
 * Takes apart the engine's multiplexed output: frames of one byte for the stream, three of nothing, four for the
 * length, and so many bytes. Payloads are passed on as they come in, never gathered.
 */
export class FrameReader {
  readonly #take: (stream: OutputStream, bytes: Buffer) => void;
  readonly #header = Buffer.alloc(HEADER);
  #headerLength = 0;
  #left = 0;
  #stream: OutputStream = 'stdout';

  constructor(take: (stream: OutputStream, bytes: Buffer) => void) {
    this.#take = take;
  }

  push(chunk: Buffer): void {
    let place = 0;
    while (place < chunk.length) {
      if (this.#left > 0) {
        const payload = chunk.subarray(place, place + this.#left);
        this.#left -= payload.length;
        place += payload.length;
        this.#take(this.#stream, payload);
        continue;
      }
      const copied = chunk.copy(this.#header, this.#headerLength, place, place + HEADER - this.#headerLength);
      this.#headerLength += copied;
      place += copied;
      if (this.#headerLength < HEADER) return;
      this.#headerLength = 0;
      // Engines write errors of their own as stream 3.
      this.#stream = this.#header[0] === 1 || this.#header[0] === 0 ? 'stdout' : 'stderr';
      this.#left = this.#header.readUInt32BE(4);
    }
  }
}
