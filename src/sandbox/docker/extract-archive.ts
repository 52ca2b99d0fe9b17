import { copyFile, mkdir, open, symlink } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';

import { extract, type ExtractEvents } from 'tar-stream';

import { InfrastructureFault } from '../../base/errors.js';
import { SandboxRefusal } from '../sandbox-refusal.js';

export interface ExtractLimits {
  /** Bytes of all files together. Default 2 GiB. */
  readonly bytes: number;
  /** Files, folders and links. Default 500,000. */
  readonly entries: number;
}

export const DEFAULT_EXTRACT_LIMITS: ExtractLimits = { bytes: 2 * 1024 ** 3, entries: 500_000 };

/** What an archive held that could not be put on this machine: names relative to its root. */
export interface Extraction {
  readonly leftOut: readonly string[];
}

/**
 * Takes a tar stream apart into an empty folder that nobody else can write to, without the first part of its
 * names. The archive may be hostile: nothing is written outside the folder or through a symbolic link. Links are
 * made as they are, hard links become copies, and devices, pipes and names that are not UTF-8 are left out.
 *
 * @throws {SandboxRefusal} `file-too-large` beyond the limits.
 * @throws {InfrastructureFault} `archive-refused` for an archive that no engine writes (`..`, files below links).
 */
export async function extractArchive(
  archive: Readable,
  folder: string,
  limits: ExtractLimits = DEFAULT_EXTRACT_LIMITS,
): Promise<Extraction> {
  const target = new Extractor(folder, limits);
  const entries = extract();
  const fed = new Promise<void>((resolve, reject) => {
    archive.on('error', (error) => {
      entries.destroy(error);
      reject(error);
    });
    entries.on('error', reject);
    entries.on('close', () => resolve());
  });
  fed.catch(() => {});
  archive.pipe(entries);
  try {
    for await (const entry of entries) await target.add(entry);
    await fed;
  } finally {
    archive.destroy();
    entries.destroy();
  }
  return { leftOut: target.leftOut };
}

type Entry = ExtractEvents['entry'][1];
type Kind = 'folder' | 'file' | 'link' | 'left-out';

class Extractor {
  readonly leftOut: string[] = [];
  readonly #folder: string;
  readonly #limits: ExtractLimits;
  /** What has been made so far, by name; the file system is never asked, so that it cannot mislead. */
  readonly #made = new Map<string, Kind>([['', 'folder']]);
  #bytes = 0;
  #entries = 0;

  constructor(folder: string, limits: ExtractLimits) {
    this.#folder = folder;
    this.#limits = limits;
  }

  async add(entry: Entry): Promise<void> {
    const { header } = entry;
    this.#entries += 1;
    this.#bytes += header.type === 'file' ? (header.size ?? 0) : 0;
    this.#holdLimits();
    const name = innerName(header.name);
    const kind = name === undefined ? 'left-out' : await this.#make(name, entry);
    if (kind === 'left-out') this.leftOut.push(name ?? header.name);
    if (name !== undefined && !(name === '' && kind === 'folder')) this.#made.set(name, kind);
    entry.resume();
  }

  async #make(name: string, entry: Entry): Promise<Kind> {
    const { header } = entry;
    const mode = header.mode ?? 0;
    if (name === '') {
      // The folder itself. Where it is no folder, there is nothing to be had from it.
      return header.type === 'directory' ? 'folder' : 'left-out';
    }
    if (name.includes('\uFFFD') || !(await this.#makeParents(name))) return 'left-out';
    const known = this.#made.get(name);
    if (known !== undefined) {
      if (known === 'folder' && header.type === 'directory') return 'folder';
      throw refused(`${name} comes twice`);
    }
    const place = path.join(this.#folder, ...name.split('/'));
    try {
      switch (header.type) {
        case 'directory':
          await mkdir(place, { mode: (mode & 0o777) | 0o700 });
          return 'folder';
        case 'symlink':
          await symlink(header.linkname ?? '', place);
          return 'link';
        case 'link':
          return await this.#copy(header.linkname ?? '', place);
        case 'file':
        case 'contiguous-file':
          await writeNew(entry, place, (mode & 0o777) | 0o600);
          return 'file';
        default:
          return 'left-out';
      }
    } catch (error) {
      // Names that this machine's file system does not take or tell apart.
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (['EEXIST', 'ENAMETOOLONG', 'EILSEQ', 'EINVAL', 'ENOENT'].includes(code)) return 'left-out';
      throw error;
    }
  }

  /** Makes the folders above; false where one of them is left out. */
  async #makeParents(name: string): Promise<boolean> {
    const parts = name.split('/').slice(0, -1);
    let parent = '';
    for (const part of parts) {
      parent = parent === '' ? part : `${parent}/${part}`;
      const kind = this.#made.get(parent);
      if (kind === 'left-out') return false;
      if (kind === 'link' || kind === 'file')
        throw refused(`${name} lies below ${parent}, which is a ${kind}`);
      if (kind === undefined) {
        await mkdir(path.join(this.#folder, ...parent.split('/')), { mode: 0o700 });
        this.#made.set(parent, 'folder');
      }
    }
    return this.#made.get('') === 'folder';
  }

  async #copy(linkName: string, place: string): Promise<Kind> {
    const target = innerName(linkName);
    if (target === undefined || this.#made.get(target) !== 'file') return 'left-out';
    const source = path.join(this.#folder, ...target.split('/'));
    await copyFile(source, place);
    const handle = await open(place, 'r');
    try {
      this.#bytes += (await handle.stat()).size;
    } finally {
      await handle.close();
    }
    this.#holdLimits();
    return 'file';
  }

  #holdLimits(): void {
    if (this.#bytes <= this.#limits.bytes && this.#entries <= this.#limits.entries) return;
    throw new SandboxRefusal(
      `the workspace holds more than ${this.#limits.bytes} bytes or ${this.#limits.entries} files`,
      'file-too-large',
    );
  }
}

/** A name without its first part, which is the folder's own; `undefined` for one that cannot be a name at all. */
function innerName(name: string): string | undefined {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || name.startsWith('/')) throw refused(`${JSON.stringify(name)} leads elsewhere`);
  if (name.includes('\0') || parts.length === 0) return undefined;
  return parts.slice(1).join('/');
}

async function writeNew(entry: Entry, place: string, mode: number): Promise<void> {
  // Never through a link: `x` takes nothing that is there already.
  const handle = await open(place, 'wx', mode);
  try {
    for await (const chunk of entry) await handle.write(chunk as Buffer);
  } finally {
    await handle.close();
  }
}

const refused = (why: string): InfrastructureFault =>
  new InfrastructureFault(`an archive of the workspace was refused: ${why}`, { code: 'archive-refused' });
