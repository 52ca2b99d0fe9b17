import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FileReplacement } from '../../src/git/replace-files.js';
import { scratchFolder, storeWith } from './scratch.js';

const scratch = scratchFolder();
const lines = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'];
const text = (changes: Record<number, string> = {}): string =>
  lines.map((line, index) => `${changes[index] ?? line}\n`).join('');

const { store, base } = await storeWith(path.join(scratch, 'store'), {
  'a.txt': text(),
  'b.txt': text(),
  '.gitattributes': '*.txt merge=union\n',
});

async function branch(...files: FileReplacement[]): Promise<string> {
  return store.commit(await store.replaceFiles(await store.treeOf(base), files), [base]);
}

async function without(name: string): Promise<string> {
  const listing = (await store.run(['ls-tree', '-z', base])).stdout.toString().split('\0');
  const input = listing.filter((entry) => entry !== '' && !entry.endsWith(`\t${name}`)).join('\0');
  const tree = await store.run(['mktree', '-z'], { input: `${input}\0` });
  return store.commit(tree.stdout.toString().trim(), [base]);
}

const file = (name: string, content: string): FileReplacement => ({
  path: name,
  content: Buffer.from(content),
});

describe('merging two commits', () => {
  it('is clean where they change different places, with both changes in the tree', async () => {
    const outcome = await store.merge(
      await branch(file('a.txt', text({ 0: 'ours' }))),
      await branch(file('a.txt', text({ 7: 'theirs' }))),
    );
    expect(outcome.status).toBe('clean');
    expect((await store.readBlobs([`${outcome.tree}:a.txt`]))[0]?.toString()).toBe(
      text({ 0: 'ours', 7: 'theirs' }),
    );
  });

  it('conflicts where they change the same line, whatever merge driver the tree asks for', async () => {
    const ours = await branch(file('a.txt', text({ 3: 'ours' })));
    const theirs = await branch(file('a.txt', text({ 3: 'theirs' })), file('b.txt', 'all new\n'));
    const outcome = await store.merge(ours, theirs);
    if (outcome.status !== 'conflicts') throw new Error('expected a conflict');
    expect(outcome.conflicts).toHaveLength(1);
    expect(outcome.conflicts[0]).toMatchObject({ path: 'a.txt', kinds: ['contents'], mode: '100644' });
    expect(outcome.conflicts[0]?.marked?.toString()).toContain(
      `<<<<<<< ${ours}\nours\n=======\ntheirs\n>>>>>>> ${theirs}\n`,
    );
  });

  it('keeps both sides in a union merge', async () => {
    const outcome = await store.merge(
      await branch(file('a.txt', text({ 3: 'ours' }))),
      await branch(file('a.txt', text({ 3: 'theirs' }))),
      { union: true },
    );
    expect(outcome.status).toBe('clean');
    expect((await store.readBlobs([`${outcome.tree}:a.txt`]))[0]?.toString()).toBe(
      text({ 3: 'ours\ntheirs' }),
    );
  });

  it('still conflicts in a union merge where one side deleted what the other changed', async () => {
    const outcome = await store.merge(
      await branch(file('a.txt', text({ 3: 'ours' }))),
      await without('a.txt'),
      {
        union: true,
      },
    );
    if (outcome.status !== 'conflicts') throw new Error('expected a conflict');
    expect(outcome.conflicts.map(({ path: name, kinds }) => [name, kinds])).toEqual([
      ['a.txt', ['modify/delete']],
    ]);
  });

  it('calls a conflict of binary files by its name', async () => {
    const binary = (byte: number): FileReplacement => ({ path: 'a.txt', content: Buffer.from([0, byte, 0]) });
    const outcome = await store.merge(await branch(binary(1)), await branch(binary(2)));
    if (outcome.status !== 'conflicts') throw new Error('expected a conflict');
    expect(outcome.conflicts[0]?.kinds).toContain('binary');
  });

  it('reads names that are no UTF-8 and names with line ends', async () => {
    const odd = Buffer.from([0x66, 0xff, 0x0a, 0x67]);
    const outcome = await store.merge(
      await branch({ path: odd, content: Buffer.from('ours\n') }),
      await branch({ path: odd, content: Buffer.from('theirs\n') }),
    );
    if (outcome.status !== 'conflicts') throw new Error('expected a conflict');
    expect(outcome.conflicts[0]?.rawPath).toEqual(odd);
    expect(outcome.conflicts[0]?.marked?.toString()).toContain('theirs\n');
  });
});

describe('merging many pairs', () => {
  it('answers in the pairs’ order exactly as merging them one by one', async () => {
    const commits = [
      await branch(file('a.txt', text({ 0: 'x' }))),
      await branch(file('a.txt', text({ 0: 'y' }))),
      await branch(file('b.txt', text({ 0: 'x' })), file('a.txt', text({ 7: 'z' }))),
      await branch(file('b.txt', text({ 0: 'q' }))),
      await without('a.txt'),
    ];
    const pairs = commits.flatMap((one, index) =>
      commits.slice(index + 1).map((other) => [one, other] as const),
    );
    const together = await store.mergeMany(pairs);
    expect(together).toEqual(await Promise.all(pairs.map(([one, other]) => store.merge(one, other))));
    expect(together.map((outcome) => outcome.status)).toEqual([
      'conflicts',
      'clean',
      'clean',
      'conflicts',
      'clean',
      'clean',
      'conflicts',
      'conflicts',
      'conflicts',
      'clean',
    ]);
  });

  it('asks git nothing where there is no pair', async () => {
    expect(await store.mergeMany([])).toEqual([]);
  });
});
