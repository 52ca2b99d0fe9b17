import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { whyNotStarted } from '../../../src/sandbox/docker/docker-command.js';
import { FrameReader, type OutputStream } from '../../../src/sandbox/docker/frames.js';

function frame(stream: number, payload: Uint8Array): Buffer {
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

function read(chunks: readonly Buffer[]): Record<OutputStream, Buffer> {
  const parts: Record<OutputStream, Buffer[]> = { stdout: [], stderr: [] };
  const reader = new FrameReader((stream, bytes) => parts[stream].push(Buffer.from(bytes)));
  for (const chunk of chunks) reader.push(chunk);
  return { stdout: Buffer.concat(parts.stdout), stderr: Buffer.concat(parts.stderr) };
}

describe('frames of output', () => {
  it('come apart into their streams however the bytes arrive', () => {
    const frames = fc.array(fc.tuple(fc.constantFrom(1, 2), fc.uint8Array({ maxLength: 50 })), {
      maxLength: 12,
    });
    const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(frames, cuts, (sent, sizes) => {
        const all = Buffer.concat(sent.map(([stream, payload]) => frame(stream, payload)));
        const chunks: Buffer[] = [];
        for (let place = 0, turn = 0; place < all.length; turn += 1) {
          const size = sizes[turn % sizes.length] as number;
          chunks.push(all.subarray(place, place + size));
          place += size;
        }
        const of = (wanted: number): Buffer =>
          Buffer.concat(sent.filter(([stream]) => stream === wanted).map(([, payload]) => payload));
        expect(read(chunks)).toEqual({ stdout: of(1), stderr: of(2) });
      }),
    );
  });

  it('of the engine itself count as stderr', () => {
    expect(read([frame(3, Buffer.from('engine'))]).stderr.toString()).toBe('engine');
  });
});

describe('a command that the engine could not begin', () => {
  const complaint = (why: string): string =>
    `OCI runtime exec failed: exec failed: unable to start container process: ${why}: unknown\r\n`;

  it('is told by the engine’s own words and exit code alone', () => {
    expect(whyNotStarted(126, complaint('exec /bin/bash: argument list too long'))).toBe('too-long');
    expect(whyNotStarted(126, complaint('fork/exec /proc/self/exe: resource temporarily unavailable'))).toBe(
      'no-room',
    );
    expect(whyNotStarted(1, complaint('argument list too long'))).toBeUndefined();
    expect(whyNotStarted(126, 'bash: ./x: Permission denied\n')).toBeUndefined();
    expect(whyNotStarted(127, `said before ${complaint('x')}`)).toBeUndefined();
  });
});
