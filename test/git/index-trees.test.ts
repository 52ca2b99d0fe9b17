import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { treesOfIndex } from '../../src/git/index-trees.js';
import { scratchFolder, storeWith } from './scratch.js';
import { readFileSync } from 'node:fs';

const { store, base } = await storeWith(path.join(scratchFolder(), 'store'), { 'a.txt': 'a\n' });
const [blob = ''] = (await store.run(['rev-parse', `${base}:a.txt`])).stdout.toString().split('\n');

async function bothTrees(
  files: readonly (readonly [mode: string, name: string])[],
): Promise<[string, string]> {
  return store.withTemporary(async (indexFile) => {
    const input = files.map(([mode, name]) => `${mode} ${blob}\t${name}\0`).join('');
    await store.run(['update-index', '-z', '--index-info'], { indexFile, input });
    const theirs = await store.run(['write-tree', '--missing-ok'], { indexFile });
    return [treesOfIndex(readFileSync(indexFile)).at(-1)?.id ?? '', theirs.stdout.toString().trim()];
  });
}

describe('the trees of an index', () => {
  it('are those that git writes, in the order that trees want and paths of any length', async () => {
    const [ours, theirs] = await bothTrees([
      ['100644', 'a.txt'],
      ['100755', 'a/run'],
      ['120000', 'a-b'],
      ['160000', 'module'],
      ['100644', `${'deep/'.repeat(60)}${'x'.repeat(200)}`],
      ['100644', 'naïve/é'],
      ['100644', 'a0'],
    ]);
    expect(ours).toBe(theirs);
  });

  it('are those that git writes for any files', async () => {
    const part = fc.string({
      unit: fc.constantFrom('a', 'b', '-', '.x', '0', 'é'),
      minLength: 1,
      maxLength: 9,
    });
    const name = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
    const file = fc.tuple(fc.constantFrom('100644', '100755', '120000'), name);
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 12 }), async (files) => {
        const [ours, theirs] = await bothTrees(files);
        expect(ours).toBe(theirs);
      }),
      { numRuns: 20 },
    );
  });

  it('are refused for an index with unmerged files, and for what is no index', async () => {
    await store.withTemporary(async (indexFile) => {
      await store.run(['update-index', '-z', '--index-info'], { indexFile, input: `100644 ${blob} 2\tx\0` });
      expect(() => treesOfIndex(readFileSync(indexFile))).toThrow('unmerged');
    });
    expect(() => treesOfIndex(Buffer.from('DIRC\0\0\0\x04\0\0\0\0'))).toThrow('version 2');
  });

  it('of an emptied work tree are the empty tree', async () => {
    expect(await bothTrees([])).toEqual([
      '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
      '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
    ]);
  });
});
