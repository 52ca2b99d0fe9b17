import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { mergeBranches, type Branch } from '../../../src/referee/merge/merge-branches.js';
import { scratchFolder, storeWith } from '../../git/scratch.js';

const lines = Array.from({ length: 20 }, (_, index) => `line ${index}\n`);
const { store, base } = await storeWith(path.join(scratchFolder(), 'store'), {
  'a.txt': lines.join(''),
  'b.txt': 'b\n',
});

/** A branch that replaces lines of a.txt, by index, and writes other files whole. */
async function branch(
  agent: string,
  changes: Record<number, string>,
  others: Record<string, string> = {},
): Promise<Branch> {
  const content = lines.map((line, index) => changes[index] ?? line).join('');
  const files = Object.entries({ ...others, 'a.txt': content });
  const tree = await store.replaceFiles(
    await store.treeOf(base),
    files.map(([name, text]) => ({ path: name, content: Buffer.from(text) })),
  );
  return { agent, commit: await store.commit(tree, [base]) };
}

describe('merging branches', () => {
  it('folds any number of branches that touch different places', async () => {
    const branches = await Promise.all(
      [0, 5, 10, 15].map((at) => branch(`agent${at}`, { [at]: `by ${at}\n` })),
    );
    const merged = await mergeBranches(store, branches as [Branch, ...Branch[]], 'naive');
    if (merged.status !== 'clean') throw new Error('expected a clean merge');
    expect((await store.readBlobs([`${merged.tree}:a.txt`]))[0]?.toString().match(/by \d+/g)).toEqual([
      'by 0',
      'by 5',
      'by 10',
      'by 15',
    ]);
    expect(await store.treeOf(merged.commit)).toBe(merged.tree);
  });

  it('takes a single branch as it is', async () => {
    const only = await branch('agent1', { 3: 'x\n' });
    expect(await mergeBranches(store, [only], 'naive')).toEqual({
      status: 'clean',
      tree: await store.treeOf(only.commit),
      commit: only.commit,
    });
  });

  it('counts sections, lines and score of a conflict, file by file', async () => {
    const one = await branch('agent1', { 2: 'ours\n', 12: 'ours\nmore\n' }, { 'b.txt': 'B\n' });
    const two = await branch('agent2', { 2: 'theirs\n', 12: 'theirs\n' }, { 'b.txt': 'other\n' });
    expect(await mergeBranches(store, [one, two], 'naive')).toEqual({
      status: 'conflicts',
      conflicts: [
        { file: 'a.txt', kinds: ['contents'], sections: 2, lines: 5, agents: ['agent1', 'agent2'] },
        { file: 'b.txt', kinds: ['contents'], sections: 1, lines: 2, agents: ['agent1', 'agent2'] },
      ],
      sections: 3,
      lines: 7,
      score: 74,
    });
  });

  it('keeps both sides, in the branches’ order, by the union strategy', async () => {
    const one = await branch('agent1', { 2: 'ours\n' });
    const two = await branch('agent2', { 2: 'theirs\n' });
    const merged = await mergeBranches(store, [one, two], 'union');
    if (merged.status !== 'clean') throw new Error('expected a clean merge');
    expect((await store.readBlobs([`${merged.tree}:a.txt`]))[0]?.toString()).toContain('ours\ntheirs\n');
  });

  it('says which two of several agents conflict', async () => {
    const merged = await mergeBranches(
      store,
      [
        await branch('agent1', { 2: 'one\n' }),
        await branch('agent2', { 9: 'two\n' }),
        await branch('agent3', { 9: 'three\n' }),
        await branch('agent4', { 2: 'four\n' }),
      ],
      'naive',
    );
    if (merged.status !== 'conflicts') throw new Error('expected a conflict');
    expect(merged.conflicts.map((conflict) => conflict.agents)).toEqual([
      ['agent1', 'agent4'],
      ['agent2', 'agent3'],
    ]);
    expect(merged.score).toBe(2 * 20 + 4 * 2);
  });

  it('gives the same commit for the same branches', async () => {
    const branches: [Branch, Branch] = [
      await branch('agent1', { 2: 'one\n' }),
      await branch('agent2', { 9: 'two\n' }),
    ];
    expect(await mergeBranches(store, branches, 'naive')).toEqual(
      await mergeBranches(store, branches, 'naive'),
    );
  });
});
