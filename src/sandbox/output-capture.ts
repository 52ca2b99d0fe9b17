/**
 * Keeps the head and the tail of a stream within a fixed number of bytes. Memory stays bounded however much
 * is pushed.
 */
export class OutputCapture {
  readonly #headLimit: number;
  readonly #tailLimit: number;
  readonly #head: Buffer[] = [];
  #headLength = 0;
  #ring: Buffer | undefined;
  #ringEnd = 0;
  #total = 0;

  /** @param maximum bytes kept in all, half of them from the start of the stream. */
  constructor(maximum: number) {
    const limit = Math.max(0, Math.floor(maximum));
    this.#headLimit = Math.ceil(limit / 2);
    this.#tailLimit = limit - this.#headLimit;
  }

  get truncated(): boolean {
    return this.#total > this.#headLimit + this.#tailLimit;
  }

  push(chunk: Buffer): void {
    this.#total += chunk.length;
    const room = this.#headLimit - this.#headLength;
    const forHead = chunk.subarray(0, room);
    if (forHead.length > 0) {
      this.#head.push(forHead);
      this.#headLength += forHead.length;
    }
    this.#pushTail(chunk.subarray(forHead.length));
  }

  /** The kept text as UTF-8; where the middle is missing, a line says how many bytes. */
  text(): string {
    const head = Buffer.concat(this.#head);
    const tail = this.#tail();
    if (!this.truncated) return Buffer.concat([head, tail]).toString('utf8');
    const keptHead = head.subarray(0, endOfLastCharacter(head));
    const keptTail = tail.subarray(startOfFirstCharacter(tail));
    const cut = this.#total - keptHead.length - keptTail.length;
    return `${keptHead.toString('utf8')}\n[... ${cut} bytes cut ...]\n${keptTail.toString('utf8')}`;
  }

  #pushTail(chunk: Buffer): void {
    if (chunk.length === 0 || this.#tailLimit === 0) return;
    this.#ring ??= Buffer.allocUnsafe(this.#tailLimit);
    const kept = chunk.subarray(Math.max(0, chunk.length - this.#tailLimit));
    const position = this.#ringEnd % this.#tailLimit;
    const first = kept.copy(this.#ring, position);
    kept.copy(this.#ring, 0, first);
    this.#ringEnd += kept.length;
  }

  #tail(): Buffer {
    if (this.#ring === undefined) return Buffer.alloc(0);
    if (this.#ringEnd <= this.#tailLimit) return this.#ring.subarray(0, this.#ringEnd);
    const start = this.#ringEnd % this.#tailLimit;
    return Buffer.concat([this.#ring.subarray(start), this.#ring.subarray(0, start)]);
  }
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/** Where to cut so that no character is left half at the end; the whole length where the bytes are not UTF-8. */
function endOfLastCharacter(bytes: Buffer): number {
  let lead = bytes.length - 1;
  while (lead >= 0 && bytes.length - lead < 4 && isContinuation(bytes[lead])) lead -= 1;
  const byte = bytes[lead];
  if (byte === undefined || byte < 0xc0 || byte >= 0xf8) return bytes.length;
  const width = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
  return bytes.length - lead < width ? lead : bytes.length;
}

/** How many bytes to skip so that no character is left half at the start. */
function startOfFirstCharacter(bytes: Buffer): number {
  let start = 0;
  while (start < 3 && isContinuation(bytes[start])) start += 1;
  return start;
}
