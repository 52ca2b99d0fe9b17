import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InfrastructureFault, UserMistake } from '../../../src/base/errors.js';
import { chooseSource, parseSource, withoutPassword } from '../../../src/dataset/source/choose-source.js';
import { diskFault } from '../../../src/dataset/source/disk-fault.js';

describe('--from', () => {
  it('left out is the public dataset', async () => {
    expect(await chooseSource(undefined, undefined)).toEqual({
      kind: 'hub',
      dataset: 'CodeConflict/cooperbench-dataset',
    });
  });

  it('is a folder wherever one is there', async () => {
    expect(await chooseSource('src/dataset', undefined)).toMatchObject({ kind: 'folder' });
    expect(await chooseSource('src/no-such-folder', undefined)).toMatchObject({ kind: 'hub' });
  });

  it.each([
    ['owner/name', 'owner/name'],
    ['datasets/owner/na.me', 'owner/na.me'],
    ['hf://datasets/owner/name', 'owner/name'],
    ['https://huggingface.co/datasets/owner/name', 'owner/name'],
    ['https://mirror.example.org/datasets/owner/name/', 'owner/name'],
  ])('%s is a dataset of the hub', (text, dataset) => {
    expect(parseSource(text, 'https://mirror.example.org')).toEqual({ kind: 'hub', dataset });
  });

  it.each([
    'https://example.org/datasets/owner/name',
    'https://example.org/a/b.git',
    'ssh://git@example.org/a.git',
    'git@example.org:a/b.git',
    'file:///somewhere/a',
  ])('%s is a git repository', (url) => {
    expect(parseSource(url)).toEqual({ kind: 'git', url });
  });

  it.each([
    'ext::sh -c id',
    'http://example.org/a.git',
    'git://example.org/a.git',
    'file::/x',
    '-oProxyCommand=id@host:x',
    'user@-oProxyCommand=id:x',
    '--upload-pack=id',
    'no-such-folder',
    '../x/y',
    'a/../b',
    '',
  ])('%j is a mistake', (text) => {
    expect(() => parseSource(text)).toThrow(UserMistake);
  });

  it('of any text is a choice or a mistake, and never a protocol that is closed', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl()), (text) => {
        try {
          const choice = parseSource(text);
          if (choice.kind !== 'git') return choice.kind === 'hub' && !choice.dataset.includes('..');
          return /^(https|ssh|file):|^[\w.-]+@/i.test(choice.url) && !choice.url.startsWith('-');
        } catch (error) {
          return error instanceof UserMistake;
        }
      }),
    );
  });

  it('is shown without its password', () => {
    expect(withoutPassword('see https://user:word@host/x and ssh://a@b/c')).toBe(
      'see https://host/x and ssh://b/c',
    );
    expect(() => parseSource('ftp://user:word@host/x')).toThrow(/^"ftp:\/\/host\/x"/);
  });
});

describe('an error of the disk', () => {
  it.each(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES'])('%s is a fault with file and remedy', (code) => {
    const fault = diskFault(Object.assign(new Error('no'), { code }), '/some/file');
    expect(fault).toBeInstanceOf(InfrastructureFault);
    expect((fault as InfrastructureFault).toLine()).toMatch(/^\/some\/file: .+ \(.+\)$/);
  });

  it('that is none stays what it is', () => {
    const error = new TypeError('a defect');
    expect(diskFault(error, 'x')).toBe(error);
  });
});
