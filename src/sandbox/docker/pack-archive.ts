import { createReadStream, type Stats } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { pack, type Pack } from 'tar-stream';

import { InfrastructureFault } from '../../base/errors.js';

/** Numbers of a user and a group inside a container. */
export interface Owner {
  readonly user: number;
  readonly group: number;
}

export type ArchivePart =
  | { readonly kind: 'folder'; readonly name: string; readonly mode: number; readonly owner: Owner }
  | {
      readonly kind: 'file';
      readonly name: string;
      readonly mode: number;
      readonly owner: Owner;
      readonly content: string | Uint8Array;
    }
  /** All that lies in a folder of the host, put under `name`. */
  | { readonly kind: 'tree'; readonly name: string; readonly owner: Owner; readonly folder: string };

/** Bytes of the largest file that is read at once. */
const READ_AT_ONCE = 1024 * 1024;

/**
 * A tar stream of the parts, in their order. Names are relative to where it will be taken apart. Of a tree go
 * files, folders and symbolic links (as links); sockets, pipes and devices stay behind.
 *
 * The stream ends with an error, an {@link InfrastructureFault}, for a file name that is not UTF-8, which tar
 * streams of this kind cannot carry.
 */
export function packArchive(parts: readonly ArchivePart[]): Readable {
  const archive = pack();
  void (async () => {
    for (const part of parts) await addPart(archive, part);
    archive.finalize();
  })().catch((error: unknown) => archive.destroy(error as Error));
  return Readable.from(archive, { objectMode: false });
}

async function addPart(archive: Pack, part: ArchivePart): Promise<void> {
  const owner = { uid: part.owner.user, gid: part.owner.group };
  if (part.kind === 'tree') return addTree(archive, part.name, part.folder, owner);
  const header = { ...owner, name: part.name, mode: part.mode };
  if (part.kind === 'folder') await entry(archive, { ...header, type: 'directory' });
  else await entry(archive, { ...header, type: 'file' }, Buffer.from(part.content as string));
}

async function addTree(
  archive: Pack,
  name: string,
  folder: string,
  owner: { readonly uid: number; readonly gid: number },
): Promise<void> {
  const names = await readdir(folder, { encoding: 'buffer' });
  for (const bytes of names) {
    const child = bytes.toString('utf8');
    if (!Buffer.from(child, 'utf8').equals(bytes)) {
      throw new InfrastructureFault(`the file name ${JSON.stringify(child)} is not UTF-8`, {
        code: 'file-name-not-utf8',
        where: name,
        remedy: 'use the local sandbox for this repository',
      });
    }
    const file = path.join(folder, child);
    const stats = await lstat(file);
    const header = { ...owner, name: `${name}/${child}`, mode: stats.mode & 0o777, mtime: stats.mtime };
    if (stats.isDirectory()) {
      await entry(archive, { ...header, type: 'directory' });
      await addTree(archive, header.name, file, owner);
    } else if (stats.isSymbolicLink()) {
      await entry(archive, { ...header, type: 'symlink', linkname: await readlink(file) });
    } else if (stats.isFile()) {
      await addFile(archive, header, file, stats);
    }
  }
}

type Header = Parameters<Pack['entry']>[0];

/** Goes on only once what was packed has been taken, so that a tree never lies in memory as a whole. */
async function addFile(archive: Pack, header: Header, file: string, stats: Stats): Promise<void> {
  if (stats.size <= READ_AT_ONCE) return entry(archive, { ...header, type: 'file' }, await readFile(file));
  const sink = archive.entry({ ...header, type: 'file', size: stats.size });
  await pipeline(createReadStream(file, { end: stats.size - 1 }), sink);
}

async function entry(archive: Pack, header: Header, content?: Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const done = (error?: Error | null): void => (error ? reject(error) : resolve());
    if (content === undefined) archive.entry(header, done);
    else archive.entry(header, content, done);
  });
}
