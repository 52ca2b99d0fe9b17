import { execFile } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';

import { pack, type Header } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { extractArchive } from '../../../src/sandbox/docker/extract-archive.js';
import { packArchive, type ArchivePart } from '../../../src/sandbox/docker/pack-archive.js';

type Part = Partial<Header> & { readonly name: string; readonly text?: string };

/** An archive as an attacker could make it. */
function archiveOf(parts: readonly Part[]): Readable {
  const archive = pack();
  for (const { text, ...header } of parts) archive.entry({ ...header }, Buffer.from(text ?? ''));
  archive.finalize();
  return Readable.from(archive, { objectMode: false });
}

let scratch: string;
let folder: string;
beforeEach(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'troupe-archive-'));
  folder = path.join(scratch, 'target');
  await mkdir(folder);
  await writeFile(path.join(scratch, 'canary'), 'as it was');
});
afterEach(async () => {
  expect(await readFile(path.join(scratch, 'canary'), 'utf8')).toBe('as it was');
  expect((await readdir(scratch)).sort()).toEqual(['canary', 'target']);
  await rm(scratch, { recursive: true });
});

const directory = (name: string): Part => ({ name, type: 'directory' });
const extract = (...parts: Part[]): ReturnType<typeof extractArchive> =>
  extractArchive(archiveOf([directory('repo/'), ...parts]), folder);
const names = async (): Promise<string[]> => (await readdir(folder, { recursive: true })).sort();

describe('taking an archive apart', () => {
  it('leaves out the first part of names, and makes missing folders', async () => {
    const { leftOut } = await extract(
      { name: 'repo/a/b.txt', text: 'b', mode: 0o755 },
      { name: './repo/./c', text: 'c' },
    );
    expect(leftOut).toEqual([]);
    expect(await names()).toEqual(['a', 'a/b.txt', 'c']);
    expect((await lstat(path.join(folder, 'a/b.txt'))).mode & 0o777).toBe(0o755);
  });

  it.each(['repo/../../canary', '../canary', '/etc/passwd', 'repo/a/../../../canary', '..'])(
    'refuses %j, which leads elsewhere',
    async (name) => {
      await expect(extract({ name, text: 'changed' })).rejects.toMatchObject({ code: 'archive-refused' });
    },
  );

  it('keeps symbolic links as they are and follows none, not even one that it made', async () => {
    const link = { name: 'repo/link', type: 'symlink', linkname: '..' } as const;
    await expect(extract(link, { name: 'repo/link/canary', text: 'changed' })).rejects.toMatchObject({
      code: 'archive-refused',
    });
    expect(await readlink(path.join(folder, 'link'))).toBe('..');
  });

  it('refuses a file in the place of a link', async () => {
    const link = { name: 'repo/x', type: 'symlink', linkname: '../canary' } as const;
    await expect(extract(link, { name: 'repo/x', text: 'changed' })).rejects.toMatchObject({
      code: 'archive-refused',
    });
  });

  it('makes hard links copies of files inside, and of nothing else', async () => {
    const { leftOut } = await extract(
      { name: 'repo/one', text: 'content' },
      { name: 'repo/two', type: 'link', linkname: 'repo/one' },
      { name: 'repo/absent', type: 'link', linkname: 'repo/nowhere' },
      { name: 'repo/sym', type: 'symlink', linkname: '../canary' },
      { name: 'repo/through', type: 'link', linkname: 'repo/sym' },
    );
    expect(leftOut).toEqual(['absent', 'through']);
    await writeFile(path.join(folder, 'two'), 'changed');
    expect(await readFile(path.join(folder, 'one'), 'utf8')).toBe('content');
    await expect(extract({ name: 'repo/three', type: 'link', linkname: '../canary' })).rejects.toMatchObject({
      code: 'archive-refused',
    });
  });

  it('leaves out devices, pipes and names that are not UTF-8', async () => {
    const { leftOut } = await extract(
      { name: 'repo/zero', type: 'character-device', devmajor: 1, devminor: 5 },
      { name: 'repo/disk', type: 'block-device', devmajor: 8, devminor: 0 },
      { name: 'repo/pipe', type: 'fifo' },
      { name: 'repo/caf\uFFFD', text: 'x' },
      { name: 'repo/caf\uFFFD2/in', text: 'x' },
    );
    expect(leftOut).toHaveLength(5);
    expect(await names()).toEqual([]);
  });

  it('gives nothing when the folder is no folder', async () => {
    const archive = archiveOf([{ name: 'repo', type: 'symlink', linkname: scratch }]);
    expect(await extractArchive(archive, folder)).toEqual({ leftOut: [''] });
    expect(await names()).toEqual([]);
  });

  it('stops at its limits, before it has written what is beyond them', async () => {
    const big = [
      directory('repo/'),
      { name: 'repo/a', text: 'x'.repeat(600) },
      { name: 'repo/b', text: 'x'.repeat(600) },
    ];
    await expect(extractArchive(archiveOf(big), folder, { bytes: 1000, entries: 10 })).rejects.toMatchObject({
      name: 'SandboxRefusal',
      code: 'file-too-large',
    });
    expect(await names()).toEqual(['a']);
    const many = Array.from({ length: 12 }, (_, index) => ({ name: `repo/n${index}`, text: '' }));
    await expect(
      extractArchive(archiveOf([directory('repo/'), ...many]), folder, { bytes: 1000, entries: 10 }),
    ).rejects.toMatchObject({ code: 'file-too-large' });
  });

  it('counts hard links as the copies that they become', async () => {
    const links = Array.from({ length: 5 }, (_, index) => ({
      name: `repo/l${index}`,
      type: 'link' as const,
      linkname: 'repo/a',
    }));
    const bomb = archiveOf([directory('repo/'), { name: 'repo/a', text: 'x'.repeat(300) }, ...links]);
    await expect(extractArchive(bomb, folder, { bytes: 1000, entries: 100 })).rejects.toMatchObject({
      code: 'file-too-large',
    });
  });

  it('says that an archive is broken', async () => {
    await expect(extractArchive(Readable.from([Buffer.alloc(2000, 1)]), folder)).rejects.toThrow();
    const whole = Buffer.concat(
      await archiveOf([directory('repo/'), { name: 'repo/a', text: 'x'.repeat(5000) }]).toArray(),
    );
    await expect(extractArchive(Readable.from([whole.subarray(0, 3000)]), folder)).rejects.toThrow();
  });
});

describe('packing', () => {
  const root = { user: 0, group: 0 };
  const owner = { user: 1000, group: 1000 };
  const listing = async (parts: readonly ArchivePart[]): Promise<string> => {
    const bytes = Buffer.concat(await packArchive(parts).toArray());
    const running = promisify(execFile)('tar', ['--numeric-owner', '-tvf', '-']);
    running.child.stdin?.end(bytes);
    return (await running).stdout;
  };

  it('is read by tar, with owners, modes and links', async () => {
    await mkdir(path.join(folder, 'sub'));
    await writeFile(path.join(folder, 'sub', 'run'), 'x', { mode: 0o755 });
    await symlink('../../canary', path.join(folder, 'link'));
    const list = await listing([
      { kind: 'folder', name: 'w', mode: 0o755, owner: root },
      { kind: 'file', name: 'w/input', mode: 0o444, owner: root, content: 'größe' },
      { kind: 'tree', name: 'w/clone', owner, folder },
    ]);
    expect(list).toMatch(/^drwxr-xr-x 0\/0 .* w$/m);
    expect(list).toMatch(/^-r--r--r-- 0\/0 +7 .* w\/input$/m);
    expect(list).toMatch(/^-rwxr-xr-x 1000\/1000 +1 .* w\/clone\/sub\/run$/m);
    expect(list).toMatch(/^lrwxrwxrwx 1000\/1000 .* w\/clone\/link -> \.\.\/\.\.\/canary$/m);
  });

  it('and taking apart again gives the same tree', async () => {
    const source = path.join(folder, 'source');
    const target = path.join(folder, 'copy');
    await mkdir(path.join(source, 'x'.repeat(90), 'y'.repeat(90)), { recursive: true });
    await mkdir(target);
    await writeFile(path.join(source, 'x'.repeat(90), 'y'.repeat(90), 'ü\n.txt'), 'deep');
    await writeFile(path.join(source, 'big'), Buffer.alloc(2_500_001, 3));
    await writeFile(path.join(source, 'empty'), '');
    await symlink('nowhere', path.join(source, 'dangling'));
    await extractArchive(packArchive([{ kind: 'tree', name: 'repo', owner, folder: source }]), target);
    // Without an entry for the folder itself there is nothing to say that it is none.
    expect((await readdir(target, { recursive: true })).sort()).toEqual(
      (await readdir(source, { recursive: true })).sort(),
    );
    expect((await readFile(path.join(target, 'big'))).equals(Buffer.alloc(2_500_001, 3))).toBe(true);
    expect(await readlink(path.join(target, 'dangling'))).toBe('nowhere');
  });

  it('stops with a fault at a name that is not UTF-8', async () => {
    await writeFile(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff])]), '');
    await expect(listing([{ kind: 'tree', name: 'w', owner, folder }])).rejects.toMatchObject({
      code: 'file-name-not-utf8',
    });
  });
});
