import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GitStore } from '../../src/git/git-store.js';
import { copyLooseObjects } from '../../src/git/loose-objects.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'troupe-loose-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let count = 0;
const newStore = (): Promise<GitStore> => {
  count += 1;
  return GitStore.create(path.join(folder, `store${count}`));
};

/** Commits files on top of a parent and gives the commit. */
async function commitOf(store: GitStore, files: Record<string, Buffer>, parents: string[]): Promise<string> {
  const replacements = [];
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, `blob${(count += 1)}`);
    await writeFile(file, content);
    const { stdout } = await store.run(['hash-object', '-w', '--no-filters', file]);
    replacements.push(`100644 blob ${stdout.toString().trim()}\t${name}`);
  }
  const { stdout } = await store.run(['mktree'], { input: `${replacements.join('\n')}\n` });
  return store.commit(stdout.toString().trim(), parents);
}

const fsck = (store: GitStore): string =>
  execFileSync('git', ['-C', store.folder, 'fsck', '--full', '--no-dangling'], {
    encoding: 'utf8',
    stdio: 'pipe',
  });

describe('copying loose objects', () => {
  it('takes everything that a commit reaches, history included, whatever its files hold', async () => {
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.integer({ min: 1_000, max: 60_000 }).map((size) => Buffer.alloc(size, 'tree of commits and blobs ')),
      fc.uint8Array({ minLength: 2_000, maxLength: 6_000 }).map((bytes) => Buffer.from(bytes)),
    );
    const files = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), content, { minKeys: 1, maxKeys: 5 });
    await fc.assert(
      fc.asyncProperty(files, files, async (first, second) => {
        const [from, to] = await Promise.all([newStore(), newStore()]);
        const parent = await commitOf(from, first, []);
        const commit = await commitOf(from, second, [parent]);
        await copyLooseObjects(path.join(from.folder, 'objects'), path.join(to.folder, 'objects'), commit);
        await to.setHead(commit);
        fsck(to);
        for (const [name, bytes] of Object.entries(second)) {
          expect((await to.readBlobs([`${commit}:${name}`]))[0]?.equals(bytes)).toBe(true);
        }
      }),
      { numRuns: 12 },
    );
  });

  it('takes nothing that the commit does not reach', async () => {
    const [from, to] = await Promise.all([newStore(), newStore()]);
    await commitOf(from, { secret: Buffer.from('the partner’s work') }, []);
    const commit = await commitOf(from, { mine: Buffer.from('my own') }, []);
    await copyLooseObjects(path.join(from.folder, 'objects'), path.join(to.folder, 'objects'), commit);
    const groups = (await readdir(path.join(to.folder, 'objects'))).filter((name) => name.length === 2);
    const lists = groups.map((group) => readdir(path.join(to.folder, 'objects', group)));
    expect((await Promise.all(lists)).flat()).toHaveLength(3);
  });

  it('leaves out what is not loose, and ends', async () => {
    const [from, to] = await Promise.all([newStore(), newStore()]);
    const unknown = '0123456789abcdef0123456789abcdef01234567';
    await copyLooseObjects(path.join(from.folder, 'objects'), path.join(to.folder, 'objects'), unknown);
    expect((await readdir(path.join(to.folder, 'objects'))).filter((name) => name.length === 2)).toEqual([]);
  });
});
