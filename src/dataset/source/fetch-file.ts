import { createHash } from 'node:crypto';
import { chmod, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InfrastructureFault, type TroupeError } from '../../base/errors.js';
import type { DatasetSource, SourceFile } from './dataset-source.js';
import { digestFault, digestFile, type Digest } from './digest.js';
import { diskFault } from './disk-fault.js';
import { CannotContinue, PassingFault } from './hub-faults.js';

export interface FetchOptions {
  /** Folder of unfinished files, on the file system of the dataset. */
  readonly partFolder: string;
  /** Milliseconds before the second try; doubled for each one after. */
  readonly retryPause: number;
  readonly signal: AbortSignal | undefined;
  /** Called with the bytes that came; negative where some have to come again. */
  readonly onBytes: (count: number) => void;
}

/** Tries without a byte of progress before a fault is taken for lasting. */
const MOST_TRIES = 4;
/** Whole downloads of a file whose content is wrong. */
const MOST_WRONG = 2;

/**
 * Brings one file, beginning where an earlier try broke off, checks it, and puts it in place in one step.
 *
 * @param target absolute path; its folder is there.
 * @throws {WrongContent} where the content is not what the source announced, twice.
 * @throws {TroupeError} what the source says, or the disk.
 */
export async function fetchFile(
  source: DatasetSource,
  file: SourceFile,
  target: string,
  options: FetchOptions,
): Promise<Digest> {
  const part = path.join(options.partFolder, partName(source, file));
  for (let wrong = 1; ; wrong += 1) {
    await complete(source, file, part, options);
    const digest = await digestFile(part, options.signal);
    const fault = digest === undefined ? 'it vanished' : digestFault(file, digest);
    if (digest !== undefined && fault === undefined) {
      try {
        await chmod(part, file.isExecutable ? 0o755 : 0o644);
        await rename(part, target);
      } catch (error) {
        throw diskFault(error, target);
      }
      return digest;
    }
    await rm(part, { force: true });
    if (wrong >= MOST_WRONG) throw new WrongContent(`${source.name}: ${file.path}`, fault ?? '');
    options.onBytes(-(digest?.size ?? 0));
  }
}

/** A source gave other bytes than it had announced. */
export class WrongContent extends InfrastructureFault {
  constructor(where: string, why: string) {
    super(`the file came wrong: ${why}`, {
      code: 'content-wrong',
      where,
      remedy: 'call the command again; if that does not help, tell the owner of the source',
    });
  }
}

/** Appends to the part file until it has all bytes, trying again as long as some come. */
async function complete(
  source: DatasetSource,
  file: SourceFile,
  part: string,
  options: FetchOptions,
): Promise<void> {
  let told = 0;
  for (let tries = 1; ; tries += 1) {
    const there = source.canSkip ? await sizeOf(part) : 0;
    const offset = there > file.size ? 0 : there;
    options.onBytes(offset - told);
    told = offset;
    if (offset === file.size && offset > 0) return;
    try {
      await append(source, file, part, offset, options, (count) => {
        told += count;
        options.onBytes(count);
      });
      if (told >= file.size) return;
      throw new PassingFault('the download broke off', `${source.name}: ${file.path}`);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof PassingFault)) throw error;
      if (error instanceof CannotContinue) await rm(part, { force: true });
      else if (told > offset && source.canSkip) tries = 0;
      if (tries >= MOST_TRIES) throw error;
      await pause(error, tries, options);
    }
  }
}

async function append(
  source: DatasetSource,
  file: SourceFile,
  part: string,
  offset: number,
  options: FetchOptions,
  onBytes: (count: number) => void,
): Promise<void> {
  const handle = await open(part, offset === 0 ? 'w' : 'a').catch((error: unknown) => {
    throw diskFault(error, part);
  });
  try {
    // A request for no byte at all is not worth making, and ranges cannot say it.
    if (file.size === 0) return;
    let position = offset;
    for await (const chunk of source.read(file, offset, options.signal)) {
      options.signal?.throwIfAborted();
      await handle.writeFile(chunk).catch((error: unknown) => {
        throw diskFault(error, part);
      });
      position += chunk.length;
      onBytes(chunk.length);
      // Whatever the source sends beyond is not wanted; the check of the size fails by the first byte of it.
      if (position > file.size) return;
    }
  } finally {
    await handle.close();
  }
}

async function pause(error: TroupeError, tries: number, options: FetchOptions): Promise<void> {
  const asked = error instanceof PassingFault ? error.wait : undefined;
  const time = asked ?? options.retryPause * 2 ** Math.max(0, tries - 1);
  await sleep(time, undefined, options.signal === undefined ? {} : { signal: options.signal }).catch(
    () => undefined,
  );
  options.signal?.throwIfAborted();
}

/** Different for each content, so that a part is never continued with another file's bytes. */
function partName(source: DatasetSource, file: SourceFile): string {
  const content = file.digest?.hex ?? source.revision ?? '';
  const key = [source.name, file.path, file.size, content].join('\0');
  return `${createHash('sha256').update(key).digest('hex').slice(0, 32)}.part`;
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
