import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { toolHarness } from './tool-harness.js';

describe('tools that edit', () => {
  const harness = toolHarness({
    'run.sh': '#!/bin/sh\necho one\n',
    'windows.txt': 'first\r\nsecond\r\nthird\r\n',
    'latin.txt': Uint8Array.from([0xe9, 0x0a, 0x61, 0x62, 0x63, 0x0a, 0xff, 0x0a]),
    'twice.txt': 'x = 1\ny = 2\nx = 1\n',
    'unended.txt': 'a\nb',
  });
  const { call, text } = harness;

  describe('create', () => {
    it('creates a file with its folders, then replaces it', async () => {
      expect(await call('create', { path: 'new/folder/a.txt', content: 'one\ntwo\n' })).toEqual({
        output: 'Created new/folder/a.txt (2 lines).',
        isError: false,
      });
      expect((await call('create', { path: 'new/folder/a.txt', content: 'ö' })).output).toBe(
        'Replaced new/folder/a.txt (1 line).',
      );
      expect(await text('new/folder/a.txt')).toBe('ö');
    });

    it('keeps an executable file executable', async () => {
      await harness.sandbox.run(['chmod', '755', 'run.sh']);
      await call('create', { path: 'run.sh', content: '#!/bin/sh\necho two\n' });
      expect((await harness.sandbox.run(['./run.sh'])).stdout).toBe('two\n');
    });

    it.each([['../x'], ['/tmp/x'], ['new'], ['new/folder/a.txt/b']])('refuses %s', async (path) => {
      expect(await call('create', { path, content: '' })).toMatchObject({ isError: true });
    });
  });

  describe('replace', () => {
    it('replaces the one occurrence and shows the lines around', async () => {
      await call('create', { path: 'r.js', content: 'a\nb\nc\nd\ne\nf\ng\nh\n' });
      const { output } = await call('replace', { path: 'r.js', old_text: 'e\n', new_text: 'E\nEE\n' });
      expect(await text('r.js')).toBe('a\nb\nc\nd\nE\nEE\nf\ng\nh\n');
      expect(output).toMatch(/^Replaced in r\.js:\n {5}2\tb\n/);
      expect(output).toContain('     5\tE\n     6\tEE\n');
    });

    it('can remove text, and takes dollar signs as they are', async () => {
      await call('create', { path: 'd.txt', content: 'keep remove keep' });
      await call('replace', { path: 'd.txt', old_text: ' remove', new_text: '' });
      await call('replace', { path: 'd.txt', old_text: 'keep keep', new_text: "$& $1 $$ $'" });
      expect(await text('d.txt')).toBe("$& $1 $$ $'");
    });

    it('counts and places what occurs more than once, and changes nothing', async () => {
      const outcome = await call('replace', { path: 'twice.txt', old_text: 'x = 1', new_text: 'x = 3' });
      expect(outcome).toEqual({
        output: 'The old text occurs 2 times in twice.txt, on lines 1, 3; nothing was changed.',
        isError: true,
      });
      expect(await text('twice.txt')).toBe('x = 1\ny = 2\nx = 1\n');
    });

    it('says when the text does not occur, or is not changed', async () => {
      expect((await call('replace', { path: 'twice.txt', old_text: 'z', new_text: 'y' })).output).toContain(
        'does not occur in twice.txt',
      );
      expect(await call('replace', { path: 'twice.txt', old_text: 'y', new_text: 'y' })).toMatchObject({
        isError: true,
      });
      expect(await call('replace', { path: 'twice.txt', old_text: '', new_text: 'y' })).toMatchObject({
        isError: true,
      });
      expect(await call('replace', { path: 'nowhere', old_text: 'x', new_text: 'y' })).toMatchObject({
        isError: true,
      });
    });

    it('finds lines in a file with Windows line ends, and keeps these', async () => {
      await call('replace', { path: 'windows.txt', old_text: 'first\nsecond', new_text: '1\n2\n2b' });
      expect(await text('windows.txt')).toBe('1\r\n2\r\n2b\r\nthird\r\n');
    });

    it('leaves bytes that are not UTF-8 as they are', async () => {
      await call('replace', { path: 'latin.txt', old_text: 'abc', new_text: 'aüc' });
      expect([...(await harness.sandbox.readFile('latin.txt'))]).toEqual([
        0xe9, 0x0a, 0x61, 0xc3, 0xbc, 0x63, 0x0a, 0xff, 0x0a,
      ]);
    });

    it('changes exactly one place or nothing, whatever the texts', async () => {
      const letters = fc.string({ unit: fc.constantFrom('a', 'b', '\n', 'é'), minLength: 1, maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(letters, letters, letters, async (content, old, fresh) => {
          await harness.sandbox.writeFile('p.txt', content);
          const { isError } = await call('replace', { path: 'p.txt', old_text: old, new_text: fresh });
          const once = content.includes(old) && content.indexOf(old) === content.lastIndexOf(old);
          expect(isError).toBe(!once || old === fresh);
          const expected = isError ? content : content.split(old).join(fresh);
          expect(await text('p.txt')).toBe(expected);
        }),
        { numRuns: 60 },
      );
    });
  });

  describe('insert', () => {
    it.each([
      [0, 'new\na\nb\n'],
      [1, 'a\nnew\nb\n'],
      [2, 'a\nb\nnew\n'],
    ])('inserts after line %i', async (afterLine, expected) => {
      await call('create', { path: 'i.txt', content: 'a\nb\n' });
      const { output } = await call('insert', { path: 'i.txt', after_line: afterLine, text: 'new' });
      expect(await text('i.txt')).toBe(expected);
      expect(output).toContain(`${String(afterLine + 1).padStart(6)}\tnew`);
    });

    it('ends a last line that was not ended', async () => {
      await call('insert', { path: 'unended.txt', after_line: 2, text: 'c\nd\n' });
      expect(await text('unended.txt')).toBe('a\nb\nc\nd\n');
    });

    it('fills an empty file', async () => {
      await call('create', { path: 'e.txt', content: '' });
      await call('insert', { path: 'e.txt', after_line: 0, text: 'x' });
      expect(await text('e.txt')).toBe('x\n');
    });

    it('keeps Windows line ends', async () => {
      await call('create', { path: 'w.txt', content: 'a\r\nb\r\n' });
      await call('insert', { path: 'w.txt', after_line: 1, text: 'x\ny' });
      expect(await text('w.txt')).toBe('a\r\nx\r\ny\r\nb\r\n');
    });

    it('refuses a line that is not there', async () => {
      await call('create', { path: 'i.txt', content: 'a\nb\n' });
      const outcome = await call('insert', { path: 'i.txt', after_line: 3, text: 'new' });
      expect(outcome).toEqual({ output: 'i.txt has 2 lines; there is no line 3.', isError: true });
      expect(await call('insert', { path: 'i.txt', after_line: -1, text: 'new' })).toMatchObject({
        isError: true,
      });
      expect(await call('insert', { path: 'none', after_line: 0, text: 'new' })).toMatchObject({
        isError: true,
      });
    });
  });
});
