import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isGitFolderName, pathDanger } from '../../src/git/path-safety.js';
import { readGitLineNames, readQuoted } from '../../src/git/quoted-path.js';
import { isTestFile } from '../../src/git/test-files.js';

describe('the danger of a path', () => {
  it.each([
    '../x',
    'a/../../x',
    'a\\..\\x',
    '/etc/passwd',
    'C:\\x',
    '.git/config',
    'a/.GIT/hooks/pre-commit',
    'a/.g\u200cit/config',
    'git~1/config',
    '.git. /config',
    '.git::$INDEX_ALLOCATION/config',
    'a\\.git\\config',
    '',
    'a\0b',
  ])('is seen in %j', (path) => {
    expect(pathDanger(path)).toBeTypeOf('string');
  });

  it.each([
    'src/a.ts',
    '.gitignore',
    '.github/workflows/ci.yml',
    'a..b/c',
    'digit/x',
    '.gitattributes',
    'a/git',
    '...',
  ])('is not seen in %j', (path) => {
    expect(pathDanger(path)).toBeUndefined();
  });

  it('is seen however many ignorable characters, dots and capitals disguise .git', () => {
    const ignorable = fc.constantFrom('', '\u200c', '\u200d', '\ufeff', '\u202e');
    const disguised = fc
      .tuple(
        ignorable,
        fc.constantFrom('g', 'G'),
        ignorable,
        fc.constantFrom('i', 'I'),
        fc.constantFrom('t', 'T'),
      )
      .map(([one, g, two, i, t]) => `.${one}${g}${two}${i}${t}`);
    fc.assert(fc.property(disguised, (name) => isGitFolderName(name)));
  });
});

describe('names on a git line', () => {
  it('are told apart at the space where both sides are equal', () => {
    expect(readGitLineNames('a/x y b/x y')).toEqual({ oldName: 'x y', newName: 'x y' });
  });

  it('may be quoted on one side only', () => {
    expect(readGitLineNames('a/x "b/\\303\\251"')).toEqual({ oldName: 'x', newName: '\u00c3\u00a9' });
    expect(readGitLineNames('"a/\\t" b/y')).toEqual({ oldName: '\t', newName: 'y' });
  });

  it('are unknown where they differ without quotes, as git itself holds', () => {
    expect(readGitLineNames('a/x b/y')).toBeUndefined();
  });

  it('are unknown where a quote is never closed', () => {
    expect(readQuoted('"abc', 0)).toBeUndefined();
    expect(readQuoted('"a\\q"', 0)).toBeUndefined();
  });
});

describe('a test file', () => {
  it.each([
    'tests/a.txt',
    'Tests/test_image.py',
    'pkg/sub/test/fixture.json',
    'src/__tests__/useForm.test.tsx',
    'src/form.spec.ts',
    'a.test.mjs',
    'mux_test.go',
    'testdata/in.txt',
    'test_x.py',
    'pkg/x_test.py',
    'conftest.py',
    'src/tests.rs',
    'tests/suite/str.typ',
  ])('is %s', (path) => {
    expect(isTestFile(path)).toBe(true);
  });

  it.each([
    'src/click/testing.py',
    'latest/a.py',
    'src/contest.py',
    'middleware/allowed_methods.go',
    'src/attest.rs',
    'docs/tests.md',
    'src/test_utils/a.py',
    'testing/x.go',
  ])('is not %s', (path) => {
    expect(isTestFile(path)).toBe(false);
  });
});
