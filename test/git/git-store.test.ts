import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { GitStore } from '../../src/git/git-store.js';
import { git, scratchFolder, storeWith } from './scratch.js';

const scratch = scratchFolder();
let count = 0;
const fresh = (): string => path.join(scratch, String((count += 1)));

const edit = (from: string, to: string, file = 'a.txt'): Buffer =>
  Buffer.from(
    `diff --git a/${file} b/${file}\n--- a/${file}\n+++ b/${file}\n@@ -1,3 +1,3 @@\n top\n-${from}\n+${to}\n end\n`,
  );

async function applied(
  store: GitStore,
  base: string,
  patch: Buffer,
): Promise<{ tree: string; commit: string }> {
  const outcome = await store.applyPatch(base, patch);
  if (outcome.status !== 'applied') throw new Error(outcome.reason);
  return outcome;
}

describe('a commit', () => {
  it('has the same identifier for the same content, in whatever store and on whatever day', async () => {
    const one = await storeWith(fresh(), { 'a.txt': 'a\n' });
    const other = await storeWith(fresh(), { 'a.txt': 'a\n' });
    expect(other.base).toBe(one.base);
    expect(one.base).toBe('cb1cb4d66e3f58192db4d19d6db1e748b83604ab');
  });

  it('is sound in git’s own eyes, merges included', async () => {
    const { store, base } = await storeWith(fresh(), { 'a.txt': 'a\n' });
    const tree = await store.treeOf(base);
    const merge = await store.commit(tree, [
      await store.commit(tree, [base], 'one'),
      await store.commit(tree, [base], 'two'),
    ]);
    expect((await store.run(['cat-file', '-t', merge])).stdout.toString().trim()).toBe('commit');
    expect((await store.run(['fsck', '--full', '--strict'])).exitCode).toBe(0);
  });
});

describe('applying a patch', () => {
  it('gives a tree and a commit on the base, and leaves the base as it was', async () => {
    const { store, base } = await storeWith(fresh(), { 'a.txt': 'top\nold\nend\n', 'b.txt': 'b\n' });
    const outcome = await applied(store, base, edit('old', 'new'));
    expect((await store.readBlobs([`${outcome.commit}:a.txt`]))[0]?.toString()).toBe('top\nnew\nend\n');
    expect((await store.run(['rev-parse', `${outcome.commit}^`])).stdout.toString().trim()).toBe(base);
    expect((await store.readBlobs([`${base}:a.txt`]))[0]?.toString()).toBe('top\nold\nend\n');
  });

  it('gives back the same patch by diff, binary files, modes, links and unusual names included', async () => {
    const { store, base } = await storeWith(fresh(), {
      'a.txt': 'top\nold\nend\n',
      'gone.bin': Buffer.from([0, 1, 2]),
    });
    const tree = await store.replaceFiles(await store.treeOf(base), [
      {
        path: 'new.bin',
        content: Buffer.from(Array.from({ length: 999 }, (_, index) => (index * 31) % 256)),
      },
      { path: 'run.sh', content: Buffer.from('#!/bin/sh\n'), mode: '100755' },
      { path: 'link', content: Buffer.from('a.txt'), mode: '120000' },
      { path: Buffer.from([0x66, 0xff, 0xfe]), content: Buffer.from([0xff, 0x0a]) },
      { path: 'crlf.txt', content: Buffer.from('a\r\nb\r\n') },
    ]);
    const outcome = await applied(store, base, await store.diff(base, tree));
    expect(outcome.tree).toBe(tree);
  });

  it('tolerates whitespace that differs', async () => {
    const { store, base } = await storeWith(fresh(), { 'a.txt': 'top\n\told  x\nend\n' });
    expect(await store.applyPatch(base, edit('  old x', 'new'))).toMatchObject({
      status: 'applied',
      manner: 'direct',
    });
  });

  it('tolerates a missing line end at the end of the patch', async () => {
    const { store, base } = await storeWith(fresh(), { 'a.txt': 'top\nold\nend\n' });
    expect((await store.applyPatch(base, edit('old', 'new').subarray(0, -1))).status).toBe('applied');
  });

  it('falls back on a three-way merge where the patch names the blob that it was made from', async () => {
    const lines = Array.from({ length: 12 }, (_, index) => `line ${index}\n`);
    const content = (text: readonly string[]): { path: string; content: Buffer }[] => [
      { path: 'a.txt', content: Buffer.from(text.join('')) },
    ];
    const { store, base } = await storeWith(fresh(), { 'a.txt': lines.join('') });
    const patched = await store.replaceFiles(await store.treeOf(base), content(lines.with(6, 'patched\n')));
    const patch = await store.diff(base, patched);
    const movedOn = await store.commit(
      await store.replaceFiles(patched, content(lines.with(4, 'other\n'))),
      [],
    );
    const outcome = await store.applyPatch(movedOn, patch);
    expect(outcome).toMatchObject({ status: 'applied', manner: 'three-way' });
    const [merged] = await store.readBlobs([`${(outcome as { tree: string }).tree}:a.txt`]);
    expect(merged?.toString()).toBe(lines.with(4, 'other\n').with(6, 'patched\n').join(''));
  });

  it.each([
    ['empty', Buffer.from(' \n\n'), 'empty'],
    ['no patch at all', Buffer.from('done!\n'), 'broken'],
    ['cut short', edit('old', 'new').subarray(0, 70), 'broken'],
    ['made for other text', edit('something else', 'new'), 'does-not-apply'],
    ['for a missing file', edit('old', 'new', 'missing.txt'), 'does-not-apply'],
    ['climbing', edit('old', 'new', '../../a.txt'), 'unsafe-path'],
    ['aimed at .git', edit('old', 'new', '.git/config'), 'unsafe-path'],
    ['aimed at .GIT below', edit('old', 'new', 'sub/.GIT/config'), 'unsafe-path'],
    ['absolute', Buffer.from('--- /etc/x\n+++ /etc/x\n@@ -0,0 +1 @@\n+x\n'), 'unsafe-path'],
  ])('fails for a patch that is %s, with a reason', async (_, patch, code) => {
    const { store, base } = await storeWith(fresh(), { 'a.txt': 'top\nold\nend\n' });
    const outcome = await store.applyPatch(base, patch);
    expect(outcome).toMatchObject({ status: 'failed', code });
    expect((outcome as { reason: string }).reason).not.toBe('');
  });

  it('does not write through a link that the same patch makes', async () => {
    const outside = fresh();
    mkdirSync(outside);
    const { store, base } = await storeWith(fresh(), { 'a.txt': 'a\n' });
    const patch = Buffer.from(
      `diff --git a/out b/out\nnew file mode 120000\n--- /dev/null\n+++ b/out\n@@ -0,0 +1 @@\n+${outside}\n\\ No newline at end of file\n` +
        'diff --git a/out/x b/out/x\nnew file mode 100644\n--- /dev/null\n+++ b/out/x\n@@ -0,0 +1 @@\n+x\n',
    );
    expect((await store.applyPatch(base, patch)).status).toBe('failed');
    expect(readdirSync(outside)).toEqual([]);
  });

  it('breaks with a fault of the world, not of the patch, where the store is gone', async () => {
    const { store } = await storeWith(fresh(), { 'a.txt': 'a\n' });
    await expect(store.applyPatch('0'.repeat(40), edit('old', 'new'))).rejects.toMatchObject({
      code: 'git-failed',
    });
  });

  it('runs no driver of an attributes file in the tree', async () => {
    const canary = fresh();
    const { store, base } = await storeWith(fresh(), {
      '.gitattributes': '* filter=evil diff=evil merge=evil text eol=crlf ident\n',
      'a.txt': 'top\nold\nend\n',
    });
    for (const key of [
      'filter.evil.clean',
      'filter.evil.smudge',
      'diff.evil.textconv',
      'diff.evil.command',
      'merge.evil.driver',
    ]) {
      await store.run(['config', key, `touch ${canary} #`]);
    }
    const one = await applied(store, base, edit('old', '$Id$'));
    const two = await applied(store, base, edit('old', 'two'));
    expect((await store.diff(base, one.tree)).toString()).toContain('+$Id$\n');
    expect((await store.merge(one.commit, two.commit)).status).toBe('conflicts');
    const folder = fresh();
    await store.checkout(one.commit, folder);
    expect(readFileSync(path.join(folder, 'a.txt'), 'utf8')).toBe('top\n$Id$\nend\n');
    expect(existsSync(canary)).toBe(false);
  });
});

describe('a checkout', () => {
  it('is a clone on branch main with a clean status, without remote or hooks', async () => {
    const { store, base } = await storeWith(fresh(), {
      'src/a.txt': 'a\r\n',
      '.gitattributes': '* text eol=lf\n',
    });
    const folder = fresh();
    await store.checkout(base, folder);
    expect(git(folder, 'status', '--porcelain')).toBe('');
    expect(git(folder, 'branch', '--show-current')).toBe('main');
    expect(git(folder, 'rev-parse', 'main')).toBe(base);
    expect(git(folder, 'fsck', '--full', '--strict')).toBe('');
    expect(git(folder, 'remote')).toBe('');
    expect(existsSync(path.join(folder, '.git/hooks'))).toBe(false);
    expect(readFileSync(path.join(folder, 'src/a.txt'), 'utf8')).toBe('a\r\n');
  });

  it('holds no object but those of its commit, neither copied nor by an alternate', async () => {
    const { store, base } = await storeWith(fresh(), { 'a.txt': 'top\nold\nend\n' });
    const secret = await applied(store, base, edit('old', 'gold'));
    const folder = fresh();
    await store.checkout(base, folder);
    expect(existsSync(path.join(folder, '.git/objects/info/alternates'))).toBe(false);
    expect(
      git(folder, 'cat-file', '--batch-all-objects', '--batch-check=%(objecttype)').split('\n').sort(),
    ).toEqual(['blob', 'commit', 'tree']);
    expect(() => git(folder, 'cat-file', '-e', secret.commit)).toThrow();
  });

  it('of a run store copies the base store’s packs, so that changing the clone leaves the base intact', async () => {
    const origin = await packedStore();
    const run = await GitStore.create(fresh(), { alternate: origin.store });
    const secret = await applied(run, origin.base, edit('old', 'gold'));
    const folder = fresh();
    await run.checkout(origin.base, folder);
    expect(() => git(folder, 'cat-file', '-e', secret.commit)).toThrow();
    const [pack = ''] = readdirSync(path.join(folder, '.git/objects/pack')).filter((name) =>
      name.endsWith('.pack'),
    );
    const copy = path.join(folder, '.git/objects/pack', pack);
    expect(statSync(copy).ino).not.toBe(statSync(path.join(origin.store.folder, 'objects/pack', pack)).ino);
    expect(statSync(copy).nlink).toBe(1);
  });

  it('for evaluation is a clone of its own with the tree as one commit on the base', async () => {
    const origin = await packedStore();
    const run = await GitStore.create(fresh(), { alternate: origin.store });
    const { tree } = await applied(run, origin.base, edit('old', 'new'));
    const folder = fresh();
    const commit = await run.workTree(origin.base, tree, folder);
    expect(git(folder, 'rev-parse', 'HEAD', 'HEAD^', 'HEAD^{tree}').split('\n')).toEqual([
      commit,
      origin.base,
      tree,
    ]);
    writeFileSync(path.join(folder, 'a.txt'), 'junk\n');
    git(folder, 'reset', '-q', '--hard');
    expect(readFileSync(path.join(folder, 'a.txt'), 'utf8')).toBe('top\nnew\nend\n');
  });

  async function packedStore(): Promise<{ store: GitStore; base: string }> {
    const { store, base } = await storeWith(fresh(), { 'a.txt': 'top\nold\nend\n' });
    await store.run(['pack-objects', '-q', '--revs', path.join(store.folder, 'objects/pack/pack')], {
      input: `${base}\n`,
    });
    return { store, base };
  }
});

describe('reading blobs', () => {
  it('answers in order, with nothing for what is missing or no file, whatever the name holds', async () => {
    const { store, base } = await storeWith(fresh(), { 'a b.txt': 'one', 'sub/c': '', 'line\nend': 'two' });
    const blobs = await store.readBlobs([
      `${base}:a b.txt`,
      `${base}:missing\nfile`,
      `${base}:sub`,
      `${base}:sub/c`,
      `${base}:line\nend`,
    ]);
    expect(blobs.map((blob) => blob?.toString())).toEqual(['one', undefined, undefined, '', 'two']);
  });
});
