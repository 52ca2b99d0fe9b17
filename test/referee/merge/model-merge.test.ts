import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ChatAnswer, ChatModel, ChatRequest } from '../../../src/model/chat-model.js';
import { ModelError } from '../../../src/model/model-error.js';
import { parseConflictRegions, type ConflictRegion } from '../../../src/referee/merge/conflict-markers.js';
import { modelMerge } from '../../../src/referee/merge/model-merge.js';
import {
  readResolution,
  regionPrompt,
  UnusableResolution,
} from '../../../src/referee/merge/model-merge-prompt.js';
import type { Branch } from '../../../src/referee/merge/merge-branches.js';
import { scratchFolder, storeWith } from '../../git/scratch.js';

const lines = Array.from({ length: 20 }, (_, index) => `line ${index}\n`);
const { store, base } = await storeWith(path.join(scratchFolder(), 'store'), {
  'a.txt': lines.join(''),
  'crlf.txt': 'a\r\nb\r\nc\r\n',
  'latin.txt': Buffer.from('caf\xe9\nold\n', 'latin1'),
});

async function branch(agent: string, files: Record<string, string | Buffer>): Promise<Branch> {
  const tree = await store.replaceFiles(
    await store.treeOf(base),
    Object.entries(files).map(([name, content]) => ({ path: name, content: Buffer.from(content) })),
  );
  return { agent, commit: await store.commit(tree, [base]) };
}

const edited = (changes: Record<number, string>): string =>
  lines.map((line, index) => changes[index] ?? line).join('');

/** A model that answers each question by a function of its prompt. */
function modelThat(
  answer: (prompt: string, request: ChatRequest) => string | Partial<ChatAnswer>,
): ChatModel {
  return {
    name: 'scripted/merger',
    isLive: false,
    contextWindow: 1_000_000,
    complete: async (request) => {
      const [block] = request.messages[0]?.content ?? [];
      const given = answer(block?.type === 'text' ? block.text : '', request);
      const usage = { input: 10, output: 2, cacheRead: 0, cacheWrite: 0 };
      if (typeof given === 'string')
        return { content: [{ type: 'text', text: given }], end: 'finished', usage };
      return { content: [], end: 'finished', usage, ...given };
    },
  };
}

async function contentOf(tree: string, file: string): Promise<string | undefined> {
  return (await store.readBlobs([`${tree}:${file}`]))[0]?.toString('latin1');
}

describe('merging by a model', () => {
  it('puts the answer for each region in its place and leaves the rest alone', async () => {
    const one = await branch('agent1', { 'a.txt': edited({ 2: 'ours 2\n', 12: 'ours 12\n', 17: 'kept\n' }) });
    const two = await branch('agent2', { 'a.txt': edited({ 2: 'theirs 2\n', 12: 'theirs 12\n' }) });
    const merged = await modelMerge(
      store,
      [one, two],
      modelThat(
        (prompt) => `\`\`\`\n${prompt.includes('ours 12') ? 'both 12\n' : 'both 2\nand more'}\n\`\`\``,
      ),
    );
    if (merged.status !== 'clean') throw new Error(merged.reason);
    expect(await contentOf(merged.tree, 'a.txt')).toBe(
      edited({ 2: 'both 2\nand more\n', 12: 'both 12\n', 17: 'kept\n' }),
    );
    expect(merged.calls.map((call) => [call.request.callId, call.file, call.usage?.input])).toEqual([
      ['referee/merge/1', 'a.txt', 10],
      ['referee/merge/2', 'a.txt', 10],
    ]);
    expect(merged.calls[0]?.request).toMatchObject({ purpose: 'merge', temperature: 0, tools: [] });
  });

  it('shows five lines around a region, and names instead of commit identifiers', async () => {
    const prompts: string[] = [];
    const one = await branch('agent1', { 'a.txt': edited({ 10: 'ours\n' }) });
    const two = await branch('agent2', { 'a.txt': edited({ 10: 'theirs\n' }) });
    await modelMerge(
      store,
      [one, two],
      modelThat((prompt) => (prompts.push(prompt), 'x')),
    );
    expect(prompts).toHaveLength(1);
    expect(prompts[0]?.match(/line \d+/g)).toEqual(
      [5, 6, 7, 8, 9, 11, 12, 13, 14, 15].map((number) => `line ${number}`),
    );
    expect(prompts[0]).toContain('<<<<<<< first\nours\n=======\ntheirs\n>>>>>>> second\n');
    expect(prompts[0]).not.toContain(one.commit);
  });

  it('merges more than two branches one after another', async () => {
    const branches = await Promise.all(
      ['one', 'two', 'three'].map((word) => branch(word, { 'a.txt': edited({ 4: `${word}\n` }) })),
    );
    const merged = await modelMerge(
      store,
      branches as [Branch, ...Branch[]],
      modelThat((prompt) => prompt.match(/^(one|two|three)$/gm)?.join('\n') ?? ''),
    );
    if (merged.status !== 'clean') throw new Error(merged.reason);
    expect(await contentOf(merged.tree, 'a.txt')).toBe(edited({ 4: 'one\ntwo\nthree\n' }));
    expect(
      (await store.run(['rev-list', '--count', `${base}..${merged.commit}`])).stdout.toString().trim(),
    ).toBe('5');
  });

  it('asks nothing where the branches do not conflict', async () => {
    const one = await branch('agent1', { 'a.txt': edited({ 2: 'x\n' }) });
    const two = await branch('agent2', { 'a.txt': edited({ 12: 'y\n' }) });
    const merged = await modelMerge(
      store,
      [one, two],
      modelThat(() => 'z'),
    );
    expect(merged).toMatchObject({ status: 'clean', calls: [] });
  });

  it('keeps CRLF line ends, and bytes outside the region that are no UTF-8', async () => {
    const one = await branch('agent1', {
      'crlf.txt': 'a\r\nours\r\nc\r\n',
      'latin.txt': Buffer.from('caf\xe9\nours\n', 'latin1'),
    });
    const two = await branch('agent2', {
      'crlf.txt': 'a\r\ntheirs\r\nc\r\n',
      'latin.txt': Buffer.from('caf\xe9\ntheirs\n', 'latin1'),
    });
    const merged = await modelMerge(
      store,
      [one, two],
      modelThat(() => 'both\nlines'),
    );
    if (merged.status !== 'clean') throw new Error(merged.reason);
    expect(await contentOf(merged.tree, 'crlf.txt')).toBe('a\r\nboth\r\nlines\r\nc\r\n');
    expect(await contentOf(merged.tree, 'latin.txt')).toBe('caf\xe9\nboth\nlines\n');
  });

  const conflicting = async (): Promise<[Branch, Branch]> => [
    await branch('agent1', { 'a.txt': edited({ 2: 'ours\n' }) }),
    await branch('agent2', { 'a.txt': edited({ 2: 'theirs\n' }) }),
  ];

  it('fails, with the call counted, where the answer holds the conflict again', async () => {
    const merged = await modelMerge(
      store,
      await conflicting(),
      modelThat(() => '<<<<<<< first\nours\n=======\ntheirs\n>>>>>>> second\n'),
    );
    expect(merged).toMatchObject({
      status: 'failed',
      code: 'markers-left',
      calls: [{ usage: { output: 2 } }],
    });
  });

  it('fails where the model refuses, or is cut short', async () => {
    const refusing = await modelMerge(
      store,
      await conflicting(),
      modelThat(() => ({ end: 'refusal' })),
    );
    expect(refusing).toMatchObject({ status: 'failed', code: 'refused' });
    const cut = await modelMerge(
      store,
      await conflicting(),
      modelThat(() => ({ end: 'output-limit' })),
    );
    expect(cut).toMatchObject({ status: 'failed', code: 'refused' });
  });

  it('fails where the model cannot be asked, and throws what is no failure of the model', async () => {
    const failing = modelThat(() => {
      throw new ModelError('no answer', { kind: 'unreachable' });
    });
    const merged = await modelMerge(store, await conflicting(), failing);
    expect(merged).toMatchObject({ status: 'failed', code: 'model-failed', calls: [{ usage: undefined }] });
    const stopped = new Error('stopped');
    const stopping = modelThat(() => {
      throw stopped;
    });
    await expect(modelMerge(store, await conflicting(), stopping)).rejects.toBe(stopped);
  });

  it('fails without asking where a file conflicts as a whole', async () => {
    const one = await branch('agent1', { 'a.txt': Buffer.from([0, 1]) });
    const two = await branch('agent2', { 'a.txt': Buffer.from([0, 2]) });
    const merged = await modelMerge(
      store,
      [one, two],
      modelThat(() => 'x'),
    );
    expect(merged).toMatchObject({ status: 'failed', code: 'not-textual', calls: [] });
  });
});

describe('the answer of a merging model', () => {
  const [region] = parseConflictRegions('<<<<<<< x\na\n=======\nb\n>>>>>>> y\n') as [ConflictRegion];
  const read = (answer: string): string => readResolution(answer, region).toString();

  it.each([
    ['plain lines', 'a\nb\n', 'a\nb\n'],
    ['lines without an end', 'a\nb', 'a\nb\n'],
    ['a fence with a language', '```python\n    a\n    b\n```', '    a\n    b\n'],
    ['a fence of tildes amid blank lines', '\n~~~\na\n~~~\n\n', 'a\n'],
    ['an empty fence', '```\n```', ''],
    ['indentation in the first line', '\n    a\n', '    a\n'],
    ['markers around a resolved text', '<<<<<<< first\na\nb\n>>>>>>> second\n', 'a\nb\n'],
    ['a fence within the text', 'x\n```\ny\n```\nz', 'x\n```\ny\n```\nz\n'],
  ])('is read from %s', (_, answer, expected) => {
    expect(read(answer)).toBe(expected);
  });

  it.each(['', '  \n', 'a\n=======\nb\n', '```\n<<<<<<< x\na\n=======\nb\n>>>>>>> y\n```'])(
    'is refused as %j',
    (answer) => {
      expect(() => read(answer)).toThrow(UnusableResolution);
    },
  );

  it('is asked for with all of a short file where there are fewer than five lines around', () => {
    const prompt = regionPrompt(
      'f.txt',
      ['<<<<<<< x\n', 'a\n', '=======\n', 'b\n', '>>>>>>> y\n', 'end'],
      region,
    );
    expect(prompt).toContain('Lines before:\n\n\n');
    expect(prompt).toContain('Lines after:\n\nend\n');
  });
});
