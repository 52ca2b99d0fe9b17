import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isQuestion, namedFiles, promisedFiles, sameFile } from '../../src/taxonomy/message-text.js';

describe('the files that a message names', () => {
  it.each([
    ['I change src/router.js (lines 3-4) and ./README.md.', ['src/router.js', 'README.md']],
    ['router.js, router.js and a/b/c-d_e.test.ts!', ['router.js', 'a/b/c-d_e.test.ts']],
    ['Some words, e.g. these, i.e. none.', []],
    ['See version 1.2 of it.', []],
    ['pyproject.toml', ['pyproject.toml']],
    ['', []],
  ])('%j', (text, files) => {
    expect(namedFiles(text)).toEqual(files);
  });

  it('are found wherever a path stands between blanks', () => {
    const part = fc.stringMatching(/^[a-z][a-z0-9_-]{0,6}$/);
    const file = fc
      .tuple(fc.array(part, { maxLength: 3 }), part, fc.constantFrom('js', 'py', 'toml', 'md'))
      .map(([folders, name, ending]) => [...folders, `${name}.${ending}`].join('/'));
    fc.assert(
      fc.property(
        file,
        fc.constantFrom('I change ', '', 'see:\n'),
        fc.constantFrom('', ' now', ', then', '.'),
        (path, before, after) => {
          expect(namedFiles(before + path + after)).toContain(path);
        },
      ),
    );
  });

  it("mean a path by its end, at a folder's border", () => {
    expect(sameFile('router.js', 'src/router.js')).toBe(true);
    expect(sameFile('src/router.js', 'src/router.js')).toBe(true);
    expect(sameFile('outer.js', 'src/router.js')).toBe(false);
    expect(sameFile('lib/router.js', 'src/router.js')).toBe(false);
  });
});

describe('a promise', () => {
  it.each([
    ['I will change src/a.js and src/b.js.', ['src/a.js', 'src/b.js']],
    ["I'll only edit a.js. You take b.js.", ['a.js']],
    ['I change src/a.js (line 3).', ['src/a.js']],
    ['I am going to add lib/new.py', ['lib/new.py']],
    ['I will change a.js but leave b.js to you.', ['a.js']],
    ['I will not change a.js.', []],
    ["I won't edit a.js.", []],
    ['If you agree I will change a.js.', []],
    ['I will change a.js unless you need it.', ['a.js']],
    ['I will read a.js first.', []],
    ['You will change a.js.', []],
    ['I have changed a.js.', []],
  ])('%j names %j', (text, files) => {
    expect(promisedFiles(text)).toEqual(files);
  });
});

describe('a question', () => {
  it.each([
    ['Which lines do you change?', true],
    ['Is it "done?"', true],
    ['Which?\nThanks.', true],
    ['GET /items?id=3 works.', false],
    ['Done.', false],
  ])('%j: %s', (text, is) => {
    expect(isQuestion(text)).toBe(is);
  });
});
