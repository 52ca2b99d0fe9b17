import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { parsePatch } from '../../src/git/patch-text.js';
import { touchedPaths } from '../../src/git/test-files.js';
import type { SnapshotOptions } from '../../src/git/snapshot.js';
import { git, scratchFolder, storeWith } from './scratch.js';

const scratch = scratchFolder();
const { store, base } = await storeWith(path.join(scratch, 'store'), {
  'src/a.txt': 'a\n',
  'src/b.txt': 'b\r\n',
  'docs/c.md': 'c\n',
  '.gitignore': 'ignored/\n*.log\n',
  'kept.patch': 'diff --git a/x b/x\n',
});

let count = 0;
let folder = '';
let canary = '';

/** A script that shows that it ran. */
function trap(name: string): string {
  const script = path.join(scratch, `${count}-${name}.sh`);
  writeFileSync(script, `#!/bin/sh\ntouch ${canary}\ncat\n`);
  chmodSync(script, 0o755);
  return script;
}

function write(name: string, content: string | Buffer = `${name}\n`): void {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}

/** What changed, as `path: +added -removed`, and the files left out. */
async function taken(options?: SnapshotOptions): Promise<{ changed: string[]; leftOut: string[] }> {
  const snapshot = await store.snapshot(folder, base, options);
  const files = parsePatch(await store.diff(base, snapshot.tree));
  return {
    changed: files.map((file) => `${file.newPath ?? file.oldPath}: +${file.added} -${file.removed}`),
    leftOut: snapshot.leftOut.map((file) => `${file.path}: ${file.reason}`),
  };
}

beforeEach(async () => {
  count += 1;
  folder = path.join(scratch, `work-${count}`);
  canary = path.join(scratch, `canary-${count}`);
  await store.checkout(base, folder);
});

describe('the snapshot of a work tree', () => {
  it('is the base’s own tree where nothing was done', async () => {
    expect((await store.snapshot(folder, base)).tree).toBe(await store.treeOf(base));
  });

  it('holds what was added, changed and deleted, and not what the repository ignores', async () => {
    write('src/new.txt');
    write('src/a.txt', 'A\n');
    rmSync(path.join(folder, 'docs'), { recursive: true });
    write('ignored/x');
    write('noise.log');
    expect((await taken()).changed).toEqual(['docs/c.md: +0 -1', 'src/a.txt: +1 -1', 'src/new.txt: +1 -0']);
  });

  it('is taken against the base whatever HEAD, branches and index of the clone say', async () => {
    write('src/a.txt', 'A\n');
    git(folder, 'commit', '-qam', 'mine');
    git(folder, 'checkout', '-q', '--orphan', 'other');
    git(folder, 'rm', '-rq', '--cached', '.');
    expect((await taken()).changed).toEqual(['src/a.txt: +1 -1']);
  });

  it('does not need the clone’s .git at all', async () => {
    rmSync(path.join(folder, '.git'), { recursive: true });
    write('src/a.txt', 'A\n');
    expect((await taken()).changed).toEqual(['src/a.txt: +1 -1']);
  });

  it('takes no harm from a .git that was made anew, is a file, or is a link', async () => {
    write('src/a.txt', 'A\n');
    rmSync(path.join(folder, '.git'), { recursive: true });
    git(folder, 'init', '-q');
    expect((await taken()).changed).toEqual(['src/a.txt: +1 -1']);
    rmSync(path.join(folder, '.git'), { recursive: true });
    write('.git', 'gitdir: /nowhere\n');
    expect((await taken()).changed).toEqual(['src/a.txt: +1 -1']);
    rmSync(path.join(folder, '.git'));
    symlinkSync('/etc', path.join(folder, '.git'));
    expect((await taken()).changed).toEqual(['src/a.txt: +1 -1']);
  });

  it('runs no hook, monitor, filter or driver that the agent set up', async () => {
    const config = [
      'core.fsmonitor',
      'filter.evil.clean',
      'filter.evil.process',
      'diff.evil.textconv',
      'core.hooksPath',
    ];
    for (const key of config) git(folder, 'config', key, trap(key));
    mkdirSync(path.join(folder, '.git/hooks'), { recursive: true });
    for (const hook of ['pre-commit', 'post-index-change', 'reference-transaction']) {
      renameSync(trap(hook), path.join(folder, '.git/hooks', hook));
    }
    write('.gitattributes', '* filter=evil diff=evil merge=evil working-tree-encoding=UTF-16 ident\n');
    write('src/a.txt', 'A $Id: x$\n');
    expect((await taken()).changed).toEqual(['.gitattributes: +1 -0', 'src/a.txt: +1 -1']);
    expect(existsSync(canary)).toBe(false);
    // The trap works: git that obeys the clone's configuration springs it.
    execFileSync('git', ['status'], { cwd: folder, stdio: 'ignore' });
    expect(existsSync(canary)).toBe(true);
  });

  it('keeps bytes as they are, whatever conversion the attributes ask for', async () => {
    write('.gitattributes', '* text=auto eol=crlf\n');
    write('src/b.txt', 'b\r\nmore\r\n');
    const { tree } = await store.snapshot(folder, base);
    expect((await store.readBlobs([`${tree}:src/b.txt`]))[0]?.toString()).toBe('b\r\nmore\r\n');
    expect((await taken()).changed).toEqual(['.gitattributes: +1 -0', 'src/b.txt: +1 -0']);
  });

  it('takes the files of repositories inside it as files', async () => {
    write('vendor/lib/x.txt');
    git(path.join(folder, 'vendor/lib'), 'init', '-q');
    write('vendor/lib/deep/y.txt');
    git(path.join(folder, 'vendor/lib/deep'), 'init', '-q');
    git(path.join(folder, 'vendor/lib/deep'), 'add', '-A');
    git(path.join(folder, 'vendor/lib/deep'), 'commit', '-qm', 'deep');
    git(path.join(folder, 'src'), 'init', '-q');
    write('src/a.txt', 'A\n');
    write('ignored/repo/z.txt');
    git(path.join(folder, 'ignored/repo'), 'init', '-q');
    mkdirSync(path.join(folder, 'hollow'));
    git(path.join(folder, 'hollow'), 'init', '-q');
    const { changed, leftOut } = await taken();
    expect(changed).toEqual(['src/a.txt: +1 -1', 'vendor/lib/deep/y.txt: +1 -0', 'vendor/lib/x.txt: +1 -0']);
    expect(leftOut).toEqual([]);
  });

  it('takes the files of a repository that stands where the base has a file', async () => {
    rmSync(path.join(folder, 'src/a.txt'));
    write('src/a.txt/inner.txt');
    git(path.join(folder, 'src/a.txt'), 'init', '-q');
    git(path.join(folder, 'src/a.txt'), 'add', '-A');
    git(path.join(folder, 'src/a.txt'), 'commit', '-qm', 'inner');
    expect((await taken()).changed).toEqual(['src/a.txt: +0 -1', 'src/a.txt/inner.txt: +1 -0']);
  });

  it('keeps links as links and looks at nothing behind them', async () => {
    symlinkSync('/etc', path.join(folder, 'etc'));
    symlinkSync('/etc/hostname', path.join(folder, 'name'));
    rmSync(path.join(folder, 'docs'), { recursive: true });
    symlinkSync('/usr', path.join(folder, 'docs'));
    const { tree } = await store.snapshot(folder, base);
    const listing = (await store.run(['ls-tree', '-r', tree])).stdout.toString();
    expect(listing.match(/^120000 .*\t(.*)$/gm)?.map((line) => line.split('\t')[1])).toEqual([
      'docs',
      'etc',
      'name',
    ]);
    expect((await store.readBlobs([`${tree}:etc`]))[0]?.toString()).toBe('/etc');
    expect(listing).not.toContain('docs/');
  });

  it('leaves out a patch that the agent wrote for itself, and says so', async () => {
    write('patch.txt', 'Here it is:\ndiff --git a/src/a.txt b/src/a.txt\n');
    write('my.diff', 'diff --git a/src/a.txt b/src/a.txt\n');
    write('notes.patch', 'no diff in it\n');
    write('src/fixture.patch', 'diff --git a/src/a.txt b/src/a.txt\n');
    appendFileSync(path.join(folder, 'kept.patch'), 'changed\n');
    const { changed, leftOut } = await taken();
    expect(changed).toEqual(['kept.patch: +1 -0', 'notes.patch: +1 -0', 'src/fixture.patch: +1 -0']);
    expect(leftOut).toEqual(['my.diff: patch-file', 'patch.txt: patch-file']);
  });

  it('leaves out large files, and says so unless the repository ignores them', async () => {
    write('core', Buffer.alloc(2000));
    write('big.log', Buffer.alloc(2000));
    write('src/a.txt', 'A\n');
    expect(await taken({ maximumFileSize: 1000 })).toEqual({
      changed: ['src/a.txt: +1 -1'],
      leftOut: ['core: too-large'],
    });
  });

  it('leaves out what setup installed beside the sources', async () => {
    write('node_modules/x/index.js');
    write('src/built.js');
    expect((await taken({ exclude: ['node_modules', 'src/built.js'] })).changed).toEqual([]);
  });

  it('leaves out names that are .git on other file systems and links git would read, and keeps the rest', async () => {
    write('.GIT/config');
    write('sub/git~1/x');
    write('sub/.g\u200cit/x');
    write('src/a.txt', 'A\n');
    symlinkSync('/etc/passwd', path.join(folder, '.gitmodules'));
    const { changed, leftOut } = await taken();
    expect(changed).toEqual(['src/a.txt: +1 -1']);
    expect(leftOut).toEqual([
      '.GIT: unsafe-name',
      '.gitmodules: unsafe-name',
      'sub/.g\u200cit: unsafe-name',
      'sub/git~1: unsafe-name',
    ]);
  });

  it('takes a pipe for no file, and does not wait for it', async () => {
    execFileSync('mkfifo', [path.join(folder, 'pipe'), path.join(folder, 'x.patch')]);
    rmSync(path.join(folder, 'src/a.txt'));
    execFileSync('mkfifo', [path.join(folder, 'src/a.txt')]);
    write('src/new.txt');
    expect((await taken()).changed.filter((line) => !line.startsWith('src/a.txt'))).toEqual([
      'src/new.txt: +1 -0',
    ]);
  });

  it('keeps names that are no UTF-8, that git could take for patterns, and modes', async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x66, 0xff])]), 'odd\n');
    write(':(exclude)src');
    write('*.txt', 'star\n');
    chmodSync(path.join(folder, 'src/a.txt'), 0o755);
    const patch = await store.diff(base, (await store.snapshot(folder, base)).tree);
    expect([...touchedPaths(parsePatch(patch))].sort()).toEqual([
      '*.txt',
      ':(exclude)src',
      'f\ufffd',
      'src/a.txt',
    ]);
    expect(parsePatch(patch).find((file) => file.newPath === 'src/a.txt')?.newMode).toBe('100755');
  });

  it('changes nothing in the folder', async () => {
    write('src/a.txt', 'A\n');
    git(path.join(folder, 'docs'), 'init', '-q');
    const before = git(folder, 'ls-files', '-s') + readFileSync(path.join(folder, '.git/HEAD'), 'utf8');
    await taken();
    expect(git(folder, 'ls-files', '-s') + readFileSync(path.join(folder, '.git/HEAD'), 'utf8')).toBe(before);
    expect(existsSync(path.join(folder, 'docs/.git/HEAD'))).toBe(true);
    expect(git(folder, 'status', '--porcelain', '--', 'src')).toBe('M src/a.txt');
  });

  it('leaves submodules of the base as they are, even with a hostile repository in their place', async () => {
    const entry = `160000 ${'1'.repeat(40)}\tmodule\0`;
    const tree = await store.withTemporary(async (indexFile) => {
      await store.run(['read-tree', base], { indexFile });
      await store.run(['update-index', '-z', '--index-info'], { indexFile, input: entry });
      return (await store.run(['write-tree'], { indexFile })).stdout.toString().trim();
    });
    const withModule = await store.commit(tree, []);
    mkdirSync(path.join(folder, 'module'));
    git(path.join(folder, 'module'), 'init', '-q');
    git(path.join(folder, 'module'), 'config', 'core.fsmonitor', trap('monitor'));
    write('module/x.txt');
    expect((await store.snapshot(folder, withModule)).tree).toBe(tree);
    expect(existsSync(canary)).toBe(false);
  });
});
