import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePatch } from '../../src/git/patch-text.js';
import { touchedPaths, withoutFiles, withoutTestFiles } from '../../src/git/test-files.js';
import { git, scratchFolder } from './scratch.js';

const scratch = scratchFolder();

/** The patch that git writes for a change from one set of files to another. */
function realPatch(
  name: string,
  before: Record<string, string | Buffer>,
  after: Record<string, string | Buffer>,
  ...flags: string[]
): Buffer {
  const folder = path.join(scratch, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  git(folder, 'init', '-q');
  const write = (files: Record<string, string | Buffer>): void => {
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), content);
    }
    git(folder, 'add', '-A');
  };
  write(before);
  git(folder, 'commit', '-qm', 'before', '--allow-empty');
  for (const file of Object.keys(before)) rmSync(path.join(folder, file), { force: true });
  write(after);
  return execFileSync('git', ['diff', '--cached', '--binary', ...flags], { cwd: folder });
}

describe('parsing a patch', () => {
  it('tells added, deleted, modified and renamed files apart and counts their lines', () => {
    const long = Array.from({ length: 30 }, (_, index) => `line ${index}\n`).join('');
    const patch = realPatch(
      'kinds',
      { 'gone.txt': 'one\ntwo\n', 'same.txt': 'a\nb\nc\n', 'old name.txt': long },
      { 'new.txt': 'x\n', 'same.txt': 'a\nB\nc\nd\n', 'new name.txt': `${long}more\n` },
      '-M',
    );
    const files = parsePatch(patch).map(({ change, oldPath, newPath, added, removed }) => ({
      change,
      oldPath,
      newPath,
      added,
      removed,
    }));
    expect(files).toEqual([
      { change: 'deleted', oldPath: 'gone.txt', newPath: undefined, added: 0, removed: 2 },
      { change: 'renamed', oldPath: 'old name.txt', newPath: 'new name.txt', added: 1, removed: 0 },
      { change: 'added', oldPath: undefined, newPath: 'new.txt', added: 1, removed: 0 },
      { change: 'modified', oldPath: 'same.txt', newPath: 'same.txt', added: 2, removed: 1 },
    ]);
  });

  it('reads quoted paths, and paths with spaces, as they are in the tree', () => {
    const patch = realPatch(
      'quoted',
      {},
      { 'dir with space/naïve "x"\t.txt': 'a\n', 'plain space.txt': 'b\n' },
    );
    expect([...touchedPaths(parsePatch(patch))].sort()).toEqual([
      'dir with space/naïve "x"\t.txt',
      'plain space.txt',
    ]);
  });

  it('keeps an empty new file, whose patch has no hunk and no --- line', () => {
    const patch = realPatch('empty', {}, { 'a b/empty file': '' });
    expect(parsePatch(patch)).toMatchObject([
      { change: 'added', newPath: 'a b/empty file', newMode: '100644' },
    ]);
  });

  it('recognises binary parts and goes on with the next file', () => {
    const bytes = Buffer.from(Array.from({ length: 600 }, (_, index) => (index * 7) % 256));
    const patch = realPatch('binary', {}, { 'a.bin': bytes, 'b.txt': 'text\n' });
    expect(parsePatch(patch).map((file) => [file.newPath, file.isBinary])).toEqual([
      ['a.bin', true],
      ['b.txt', false],
    ]);
  });

  it('does not take removed or added lines for the heads of files', () => {
    const patch = realPatch(
      'heads',
      { 'a.sql': '-- a/x\n-- b\nkeep\n' },
      { 'a.sql': '++ b/y\nkeep\ndiff --git a/q b/q\n' },
    );
    expect(parsePatch(patch)).toMatchObject([{ newPath: 'a.sql', added: 2, removed: 2 }]);
    expect(parsePatch(patch)).toHaveLength(1);
  });

  it('reads the same files from a patch whose own lines end with CRLF', () => {
    const patch = realPatch('crlf', { 'a.txt': 'a\nb\n' }, { 'a.txt': 'a\nc\n', 'n.txt': 'n\n' });
    const carriage = Buffer.from(patch.toString().replaceAll('\n', '\r\n'));
    expect([...touchedPaths(parsePatch(carriage))]).toEqual(['a.txt', 'n.txt']);
  });

  it('reads patches of plain diff, without a git line', () => {
    const patch = Buffer.from(
      '--- a/src/x.py\t2024-01-01\n+++ b/src/x.py\t2024-01-02\n@@ -1 +1 @@\n-a\n+b\n--- /dev/null\n+++ b/y.py\n@@ -0,0 +1 @@\n+c\n',
    );
    expect(parsePatch(patch).map((file) => [file.change, file.newPath])).toEqual([
      ['modified', 'src/x.py'],
      ['added', 'y.py'],
    ]);
  });

  it('tells a change of mode', () => {
    const patch = Buffer.from('diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n');
    expect(parsePatch(patch)).toMatchObject([
      { oldPath: 'run.sh', newPath: 'run.sh', oldMode: '100644', newMode: '100755', change: 'modified' },
    ]);
  });

  it('finds no file in what is no patch', () => {
    expect(parsePatch(Buffer.from('I have finished the feature.\n'))).toEqual([]);
    expect(parsePatch(Buffer.alloc(0))).toEqual([]);
  });

  it('never throws, and its parts lie in order within the patch', () => {
    const fragment = fc.oneof(
      fc.constantFrom(
        'diff --git a/x b/x\n',
        'diff --git "a/\\303\\251" "b/\\3',
        '--- a/x\n',
        '+++ b/x\n',
        '--- "\n',
        '@@ -1,3 +1,99999999999 @@\n',
        '@@ -0,0 +1 @@\n',
        'GIT binary patch\n',
        'rename from \n',
        '\r\n',
        '\\ No newline at end of file\n',
      ),
      fc.string(),
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
      fc.array(fragment, { maxLength: 20 }).map((parts) => Buffer.from(parts.join(''))),
    );
    fc.assert(
      fc.property(bytes, (patch) => {
        let position = 0;
        for (const file of parsePatch(patch)) {
          expect(file.start).toBeGreaterThanOrEqual(position);
          expect(file.end).toBeGreaterThan(file.start);
          position = file.end;
        }
        expect(position).toBeLessThanOrEqual(patch.length);
      }),
    );
  });

  it('agrees with git on every path and line count of random changes', () => {
    const names = fc.constantFrom('a.txt', 'b c.txt', 'd/é.txt', 'd/--- a', 'e\tf');
    const lines = fc.array(fc.constantFrom('x', '-- a/b', '++ b/c', '@@ -1 +1 @@', ''), { maxLength: 6 });
    const files = fc.dictionary(
      names,
      lines.map((list) => list.map((line) => `${line}\n`).join('')),
    );
    fc.assert(
      fc.property(files, files, (before, after) => {
        const patch = realPatch('random', before, after, '--no-renames');
        const counted = execFileSync('git', ['apply', '--numstat', '--allow-empty', '-z'], {
          input: patch,
          cwd: scratch,
          stdio: 'pipe',
        })
          .toString()
          .split('\0')
          .filter((line) => line !== '')
          .sort();
        const ours = parsePatch(patch).map(
          (file) => `${file.added}\t${file.removed}\t${file.newPath ?? file.oldPath}`,
        );
        expect(ours.sort()).toEqual(counted);
      }),
      { numRuns: 8, examples: [[{ 'a.txt': 'x\n' }, { 'a.txt': '-- a/b\n' }]] },
    );
  });
});

describe('taking files out of a patch', () => {
  const patch = (): Buffer =>
    realPatch(
      'split',
      { 'src/a.py': 'a\n', 'docs/x.md': 'x\n' },
      {
        'src/a.py': 'b\n',
        'docs/x.md': 'y\n',
        'tests/test_a.py': 't\n',
        'src/b_test.go': 'g\n',
        'odd/check.txt': 'o\n',
      },
    );

  it('leaves the other files byte for byte, so that they still apply', () => {
    const whole = patch();
    const split = withoutTestFiles(whole);
    expect(split.removedPaths).toEqual(['src/b_test.go', 'tests/test_a.py']);
    expect([...touchedPaths(parsePatch(split.patch))].sort()).toEqual([
      'docs/x.md',
      'odd/check.txt',
      'src/a.py',
    ]);
    for (const file of parsePatch(split.patch)) {
      expect(whole.includes(split.patch.subarray(file.start, file.end))).toBe(true);
    }
  });

  it('also takes out whatever the given tests patches touch', () => {
    const tests = realPatch('tests', {}, { 'odd/check.txt': 'other\n' });
    expect(withoutTestFiles(patch(), [tests]).removedPaths).toContain('odd/check.txt');
  });

  it('takes a renamed file out by its old name too', () => {
    const renamed = Buffer.from(
      'diff --git a/tests/a.py b/src/a.py\nsimilarity index 100%\nrename from tests/a.py\nrename to src/a.py\n',
    );
    expect(withoutTestFiles(renamed).patch).toHaveLength(0);
  });

  it('gives the very same bytes where nothing is taken out', () => {
    const whole = patch();
    expect(withoutFiles(whole, () => false).patch).toBe(whole);
  });

  it('gives an empty patch where everything is taken out', () => {
    expect(withoutFiles(patch(), () => true).patch).toHaveLength(0);
  });
});
