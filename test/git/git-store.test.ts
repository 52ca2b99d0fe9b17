import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { git, scratchFolder, storeWith } from './scratch.js';

const scratch = scratchFolder();
let count = 0;
const fresh = (): string => path.join(scratch, String((count += 1)));

describe('a store', () => {
  it('gives the same content the same commit identifier, in whatever store', async () => {
    const one = await storeWith(fresh(), { 'a.txt': 'a\n' });
    const other = await storeWith(fresh(), { 'a.txt': 'a\n' });
    expect(other.base).toBe(one.base);
    expect(one.base).toBe('cb1cb4d66e3f58192db4d19d6db1e748b83604ab');
  });
});

describe('a checkout', () => {
  it('is a clone on branch main whose status is clean and whose history git finds sound', async () => {
    const { store, base } = await storeWith(fresh(), {
      'src/a.txt': 'a\r\n',
      '.gitattributes': '* text eol=lf\n',
    });
    const folder = fresh();
    await store.checkout(base, folder);
    expect(git(folder, 'status', '--porcelain')).toBe('');
    expect(git(folder, 'rev-parse', 'main')).toBe(base);
    expect(git(folder, 'fsck', '--full', '--strict')).toBe('');
    expect(git(folder, 'remote')).toBe('');
    expect(readFileSync(path.join(folder, 'src/a.txt'), 'utf8')).toBe('a\r\n');
  });
});
