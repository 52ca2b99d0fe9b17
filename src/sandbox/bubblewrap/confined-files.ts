import { constants } from 'node:fs';
import { lstat, mkdir, open, readlink, unlink, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

import { MAXIMUM_FILE_BYTES } from '../sandbox.js';
import { SandboxRefusal } from '../sandbox-refusal.js';
import { asRefusal, outside, readAtMost, refuseUnlessFile, tooLarge } from '../workspace-files.js';

/** A clone whose path inside the sandbox differs from that on this machine. */
export interface ShownFolder {
  /** Absolute path on this machine, without symbolic links. */
  readonly folder: string;
  /** Absolute path as the sandbox's commands see it. */
  readonly shownAs: string;
}

const LINKS_AT_MOST = 40;

/**
 * Reads a file of the clone as a command in the sandbox would find it: links are followed as they read inside,
 * and none can lead to a file of the machine's.
 */
export async function readConfinedFile(clone: ShownFolder, asked: string): Promise<Buffer> {
  return asRefusal(asked, 'file-not-found', () =>
    locate(clone, asked, 'read', async (place) => {
      if (!place.exists) throw new SandboxRefusal(`${asked} does not exist`, 'file-not-found');
      refuseUnlessFile(asked, await lstat(place.path));
      const handle = await open(place.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        const stats = await handle.stat();
        refuseUnlessFile(asked, stats);
        return await readAtMost(handle, asked, stats.size);
      } finally {
        await handle.close();
      }
    }),
  );
}

/** Writes a file of the clone, under the same rules; see `Sandbox.writeFile`. */
export async function writeConfinedFile(
  clone: ShownFolder,
  asked: string,
  content: string | Uint8Array,
): Promise<void> {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  if (bytes.length > MAXIMUM_FILE_BYTES) throw tooLarge(asked, bytes.length);
  await asRefusal(asked, 'file-not-writable', () =>
    locate(clone, asked, 'write', async (place) => {
      if (asked.endsWith('/')) throw new SandboxRefusal(`${asked} names a folder`, 'not-a-file');
      const handle = place.exists
        ? await openToReplace(asked, place.path)
        : await openExclusively(place.path, 0o666);
      try {
        await handle.truncate(0);
        await handle.writeFile(bytes);
      } finally {
        await handle.close();
      }
    }),
  );
}

interface Place {
  /** Through an open folder, so that nothing on the way can be exchanged any more. */
  readonly path: string;
  readonly exists: boolean;
}

/**
 * Walks to `asked` folder by folder, each opened without following links, and gives `use` the place while the
 * last folder is open. However the agent moves things about meanwhile, the walk never leaves the clone.
 */
async function locate<Result>(
  clone: ShownFolder,
  asked: string,
  purpose: 'read' | 'write',
  use: (place: Place) => Promise<Result>,
): Promise<Result> {
  if (asked.includes('\0')) {
    throw new SandboxRefusal('a path may not hold null characters', 'outside-workspace');
  }
  const inside = path.posix.resolve(clone.shownAs, asked);
  const pending = namesBelow(clone.shownAs, inside);
  if (pending === undefined) throw outside(asked);
  const open = new OpenFolders(await openFolder(clone.folder));
  try {
    let links = 0;
    let fromLink = 0;
    for (;;) {
      const name = pending.shift();
      fromLink = Math.max(0, fromLink - 1);
      if (name === undefined) throw new SandboxRefusal(`${asked} is a folder, not a file`, 'not-a-file');
      if (name === '' || name === '.') continue;
      if (name === '..') {
        if (!(await open.leave())) throw outside(asked);
        continue;
      }
      const file = open.pathOf(name);
      const stats = await lstat(file).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      if (stats === undefined) {
        if (fromLink > 0 || links > LINKS_AT_MOST) {
          throw new SandboxRefusal(`${asked} is or goes through a broken symbolic link`, 'file-not-found');
        }
        if (pending.length === 0) return await use({ path: file, exists: false });
        if (purpose === 'read') throw new SandboxRefusal(`${asked} does not exist`, 'file-not-found');
        await mkdir(file);
        await open.enter(file);
      } else if (stats.isSymbolicLink()) {
        links += 1;
        if (links > LINKS_AT_MOST) throw new SandboxRefusal(`${asked} is a loop of links`, 'file-not-found');
        const target = await readlink(file);
        const names = path.posix.isAbsolute(target) ? namesBelow(clone.shownAs, target) : target.split('/');
        if (names === undefined) throw outside(asked);
        if (path.posix.isAbsolute(target)) await open.returnToFirst();
        pending.unshift(...names);
        // One more than it names, because the next turn takes one off before it looks.
        fromLink = names.length + 1;
      } else if (stats.isDirectory()) {
        await open.enter(file);
      } else {
        if (pending.length === 0) return await use({ path: file, exists: true });
        throw new SandboxRefusal(
          `${asked} uses a file as a folder`,
          purpose === 'read' ? 'file-not-found' : 'file-not-writable',
        );
      }
    }
  } finally {
    await open.close();
  }
}

/** The names that lead from `folder` to `target`; `undefined` where the target does not begin with it. */
function namesBelow(folder: string, target: string): string[] | undefined {
  if (target === folder) return [];
  return target.startsWith(`${folder}/`) ? target.slice(folder.length + 1).split('/') : undefined;
}

class OpenFolders {
  readonly #handles: FileHandle[];

  constructor(first: FileHandle) {
    this.#handles = [first];
  }

  pathOf(name: string): string {
    return `/proc/self/fd/${this.#handles.at(-1)?.fd}/${name}`;
  }

  async enter(folder: string): Promise<void> {
    this.#handles.push(await openFolder(folder));
  }

  /** Goes up one folder; false at the first. */
  async leave(): Promise<boolean> {
    if (this.#handles.length === 1) return false;
    await this.#handles.pop()?.close();
    return true;
  }

  async returnToFirst(): Promise<void> {
    while (await this.leave());
  }

  async close(): Promise<void> {
    for (const handle of this.#handles.splice(0)) await handle.close();
  }
}

function openFolder(folder: string): Promise<FileHandle> {
  return open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
}

async function openToReplace(asked: string, file: string): Promise<FileHandle> {
  refuseUnlessFile(asked, await lstat(file));
  const handle = await open(file, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = await handle.stat();
    refuseUnlessFile(asked, stats);
    if (stats.nlink === 1) return handle;
    // What else carries this content must stay as it was.
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

function openExclusively(file: string, mode: number): Promise<FileHandle> {
  return open(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, mode);
}
