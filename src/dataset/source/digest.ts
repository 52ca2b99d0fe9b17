import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import type { SourceFile } from './dataset-source.js';

/** What a file's content is. */
export interface Digest {
  /** Bytes. */
  readonly size: number;
  /** Hexadecimal, of the bytes alone. */
  readonly sha256: string;
  /** Hexadecimal name that git gives the content. */
  readonly gitBlob: string;
}

/** Reads a file once for both of its names; undefined where there is no regular file. */
export async function digestFile(file: string, signal?: AbortSignal): Promise<Digest | undefined> {
  const status = await lstat(file).catch(() => undefined);
  if (status === undefined || !status.isFile()) return undefined;
  const sha256 = createHash('sha256');
  const gitBlob = createHash('sha1').update(`blob ${status.size}\0`);
  let size = 0;
  try {
    for await (const chunk of createReadStream(file, { signal }) as AsyncIterable<Buffer>) {
      sha256.update(chunk);
      gitBlob.update(chunk);
      size += chunk.length;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
  return { size, sha256: sha256.digest('hex'), gitBlob: gitBlob.digest('hex') };
}

/** Why a content is not what the source announced, or undefined where it is, as far as the source tells. */
export function digestFault(file: SourceFile, digest: Digest): string | undefined {
  if (digest.size !== file.size) return `it has ${digest.size} bytes and should have ${file.size}`;
  if (file.digest === undefined) return undefined;
  const [actual, name] =
    file.digest.kind === 'sha256' ? [digest.sha256, 'SHA-256'] : [digest.gitBlob, 'git'];
  return actual === file.digest.hex ? undefined : `its ${name} checksum is wrong`;
}
