import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, readlink, realpath, unlink, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

import { describeError, InfrastructureFault, TroupeError } from '../base/errors.js';
import { MAXIMUM_FILE_BYTES } from './sandbox.js';
import { SandboxRefusal } from './sandbox-refusal.js';

/**
 * Reads a file below `workspace` (an absolute path without symbolic links in it). A link inside that points
 * inside is followed; nothing outside is ever read, and a pipe or device is refused without being opened.
 */
export async function readWorkspaceFile(workspace: string, asked: string): Promise<Buffer> {
  return asRefusal(asked, 'file-not-found', async () => {
    const place = await locate(workspace, asked);
    if (!place.exists) throw new SandboxRefusal(`${asked} does not exist`, 'file-not-found');
    refuseUnlessFile(asked, await lstat(place.path));
    const handle = await open(place.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = await handle.stat();
      refuseUnlessFile(asked, stats);
      await refuseIfOpenedOutside(workspace, asked, handle);
      return await readAtMost(handle, asked, stats.size);
    } finally {
      await handle.close();
    }
  });
}

/** Writes a file below `workspace`, under the same rules; see `Sandbox.writeFile`. */
export async function writeWorkspaceFile(
  workspace: string,
  asked: string,
  content: string | Uint8Array,
): Promise<void> {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  if (bytes.length > MAXIMUM_FILE_BYTES) throw tooLarge(asked, bytes.length);
  await asRefusal(asked, 'file-not-writable', async () => {
    const place = await locate(workspace, asked);
    const handle = place.exists
      ? await openToReplace(workspace, asked, place.path)
      : await openNew(workspace, asked, place.path);
    try {
      await handle.truncate(0);
      await handle.writeFile(bytes);
    } finally {
      await handle.close();
    }
  });
}

interface Place {
  /** Without symbolic links, as far as it exists. */
  readonly path: string;
  readonly exists: boolean;
}

/** Where a path leads once its links are followed; refused when that is not inside the workspace. */
async function locate(workspace: string, asked: string): Promise<Place> {
  if (asked.includes('\0'))
    throw new SandboxRefusal('a path may not hold null characters', 'outside-workspace');
  const absolute = path.resolve(workspace, asked);
  const missing: string[] = [];
  let existing = absolute;
  for (;;) {
    const real = await realpathOrMissing(existing);
    if (real !== undefined) {
      const target = path.join(real, ...missing);
      if (!isInside(workspace, target)) throw outside(asked);
      return { path: target, exists: missing.length === 0 };
    }
    // A link whose target is missing would be followed by a write; where it leads cannot be vouched for.
    if (await isLink(existing)) {
      throw new SandboxRefusal(`${asked} is or goes through a broken symbolic link`, 'file-not-found');
    }
    missing.unshift(path.basename(existing));
    existing = path.dirname(existing);
  }
}

async function realpathOrMissing(file: string): Promise<string | undefined> {
  try {
    return await realpath(file);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function isLink(file: string): Promise<boolean> {
  return lstat(file).then(
    (stats) => stats.isSymbolicLink(),
    () => false,
  );
}

async function openToReplace(workspace: string, asked: string, file: string): Promise<FileHandle> {
  refuseUnlessFile(asked, await lstat(file));
  const handle = await open(file, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = await handle.stat();
    refuseUnlessFile(asked, stats);
    await refuseIfOpenedOutside(workspace, asked, handle);
    if (stats.nlink === 1) return handle;
    // The other name may lie outside, or in the store that the clone was made from.
    await unlink(file);
    const replacement = await openExclusively(file, stats.mode & 0o777);
    await replacement.chmod(stats.mode & 0o777);
    await handle.close();
    return replacement;
  } catch (error) {
    await handle.close().catch(() => {});
    throw error;
  }
}

async function openNew(workspace: string, asked: string, file: string): Promise<FileHandle> {
  if (/[/\\]$/.test(asked)) throw new SandboxRefusal(`${asked} names a folder`, 'not-a-file');
  await mkdir(path.dirname(file), { recursive: true });
  const handle = await openExclusively(file, 0o666);
  try {
    await refuseIfOpenedOutside(workspace, asked, handle);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function openExclusively(file: string, mode: number): Promise<FileHandle> {
  return open(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, mode);
}

/** Catches a folder that was exchanged for a link between the check and the opening. */
async function refuseIfOpenedOutside(workspace: string, asked: string, handle: FileHandle): Promise<void> {
  const actual = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => undefined);
  if (actual !== undefined && !isInside(workspace, actual)) throw outside(asked);
}

/** The content of an open file of `size` bytes as it was looked at. */
export async function readAtMost(handle: FileHandle, asked: string, size: number): Promise<Buffer> {
  if (size > MAXIMUM_FILE_BYTES) throw tooLarge(asked, size);
  // One byte more than it should hold, to notice a file that grows while it is read.
  const buffer = Buffer.alloc(size + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, Math.min(length, size));
}

function isInside(workspace: string, target: string): boolean {
  return target.startsWith(workspace + path.sep) || target === workspace;
}

/** @throws {SandboxRefusal} for folders, pipes and devices. */
export function refuseUnlessFile(asked: string, stats: Stats): void {
  if (stats.isFile()) return;
  const what = stats.isDirectory() ? 'a folder' : 'a special file';
  throw new SandboxRefusal(`${asked} is ${what}, not a file`, 'not-a-file');
}

export const outside = (asked: string): SandboxRefusal =>
  new SandboxRefusal(`${asked} lies outside the workspace`, 'outside-workspace');

export const tooLarge = (asked: string, size: number): SandboxRefusal =>
  new SandboxRefusal(`${asked} has ${size} bytes; at most ${MAXIMUM_FILE_BYTES} are taken`, 'file-too-large');

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;

/** The world's faults; every other file error is owed to the path that the agent named. */
const FAULTS = new Set(['EIO', 'ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM', 'EROFS']);

/** Turns errors of files into refusals; those that are nobody's mistake into faults. */
export async function asRefusal<Result>(
  asked: string,
  code: 'file-not-found' | 'file-not-writable',
  act: () => Promise<Result>,
): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof TroupeError) throw error;
    const system = codeOf(error);
    if (system === undefined || FAULTS.has(system)) {
      throw new InfrastructureFault(`${asked}: ${describeError(error)}`, {
        code: 'file-access',
        cause: error,
      });
    }
    if (system === 'ELOOP') throw outside(asked);
    if (system === 'EISDIR') throw new SandboxRefusal(`${asked} is a folder, not a file`, 'not-a-file');
    throw new SandboxRefusal(`${asked}: ${system}`, code);
  }
}
