import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import path from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { git } from '../../git/scratch.js';
import { openPipeline } from './git-pipeline.js';

const pipeline = await openPipeline();

/** What an agent does to its clone, beside the honest change of one line that must come out of it. */
interface CloneAttack {
  readonly name: string;
  readonly plant: (clone: string) => void;
  /** Files that the attack adds to the tree. Default: none. */
  readonly alsoInTree?: Readonly<Record<string, string>>;
  /** Whether plain git in the clone springs the trap, which shows that there is one. */
  readonly springs?: readonly string[];
}

const set = (clone: string, ...settings: (readonly [string, string])[]): void => {
  for (const [key, value] of settings) git(clone, 'config', key, value);
};
const attributes = (clone: string, text: string): void => {
  mkdirSync(path.join(clone, '.git/info'), { recursive: true });
  writeFileSync(path.join(clone, '.git/info/attributes'), text);
};
const { trap, host } = pipeline;

const ATTACKS: readonly CloneAttack[] = [
  {
    name: 'hooks of every name, in its own folder and by core.hooksPath',
    plant: (clone) => {
      const hooks = path.join(clone, '.git/hooks');
      mkdirSync(hooks, { recursive: true });
      const names = `applypatch-msg pre-applypatch post-applypatch pre-commit pre-merge-commit prepare-commit-msg commit-msg
        post-commit pre-rebase post-checkout post-merge pre-push update post-update reference-transaction push-to-checkout
        pre-auto-gc post-rewrite fsmonitor-watchman post-index-change proc-receive`;
      for (const name of names.split(/\s+/)) {
        writeFileSync(path.join(hooks, name), `#!/bin/sh\n${trap} < /dev/null\n`);
        chmodSync(path.join(hooks, name), 0o755);
      }
      set(clone, ['core.hooksPath', hooks]);
    },
  },
  {
    name: 'a file system monitor',
    plant: (clone) => set(clone, ['core.fsmonitor', trap], ['core.fsmonitorHookVersion', '2']),
    springs: ['status'],
  },
  {
    name: 'filters for what goes in and out, also long-running ones, asked for by attributes beside the tree',
    plant: (clone) => {
      set(
        clone,
        ['filter.evil.clean', trap],
        ['filter.evil.smudge', trap],
        ['filter.evil.process', trap],
        ['filter.evil.required', 'true'],
      );
      attributes(clone, '* filter=evil\n');
    },
    springs: ['add', '.'],
  },
  {
    name: 'a diff driver, textconv and an external diff',
    plant: (clone) => {
      set(clone, ['diff.external', trap], ['diff.evil.textconv', trap], ['diff.evil.command', trap]);
      attributes(clone, '* diff=evil\n');
    },
    springs: ['diff'],
  },
  {
    name: 'a merge driver asked for by its tree',
    plant: (clone) => {
      set(clone, ['merge.evil.driver', trap], ['merge.default', 'evil'], ['merge.renormalize', 'true']);
      writeFileSync(path.join(clone, '.gitattributes'), '* merge=evil\n');
    },
    alsoInTree: { '.gitattributes': '* merge=evil' },
  },
  {
    name: 'programs for pager, editor, signing, transport, credentials and aliases',
    plant: (clone) =>
      set(
        clone,
        ...'core.pager core.editor core.sshCommand core.askPass core.gitProxy sequence.editor credential.helper gpg.program uploadpack.packObjectsHook alias.status alias.add pager.diff interactive.diffFilter'
          .split(' ')
          .map((key) => [key, trap] as const),
        ['commit.gpgSign', 'true'],
      ),
  },
  {
    name: 'a submodule whose address is a command, and one that is updated by a command',
    plant: (clone) => {
      writeFileSync(
        path.join(clone, '.gitmodules'),
        `[submodule "sub"]\n\tpath = sub\n\turl = ext::${trap}\n\tupdate = !${trap}\n`,
      );
      set(
        clone,
        ['submodule.sub.update', `!${trap}`],
        ['protocol.ext.allow', 'always'],
        ['submodule.recurse', 'true'],
      );
    },
    alsoInTree: {
      '.gitmodules': `[submodule "sub"]\n\tpath = sub\n\turl = ext::${trap}\n\tupdate = !${trap}`,
    },
  },
  {
    name: 'a repository in its tree with hooks and filters of its own',
    plant: (clone) => {
      git(clone, 'init', '-q', 'inner');
      const inner = path.join(clone, 'inner');
      writeFileSync(path.join(inner, 'file.txt'), 'inner\n');
      set(inner, ['core.fsmonitor', trap], ['filter.evil.clean', trap]);
      writeFileSync(path.join(inner, '.git/info/attributes'), '* filter=evil\n');
    },
    alsoInTree: { 'inner/file.txt': 'inner' },
  },
  {
    name: "alternates that lead to the referee's store and to the host",
    plant: (clone) => {
      mkdirSync(path.join(clone, '.git/objects/info'), { recursive: true });
      writeFileSync(
        path.join(clone, '.git/objects/info/alternates'),
        `${pipeline.store.folder}/objects\n${host}\n`,
      );
    },
  },
  {
    name: 'a replacement of the base commit',
    plant: (clone) => {
      const other = git(clone, 'commit-tree', 'HEAD^{tree}', '-m', 'other');
      git(clone, 'replace', '-f', 'HEAD', other);
    },
  },
  {
    name: 'grafts and a forged shallow file',
    plant: (clone) => {
      const head = git(clone, 'rev-parse', 'HEAD');
      writeFileSync(path.join(clone, '.git/info/grafts'), `${head} ${'0'.repeat(40)}\n`);
      writeFileSync(path.join(clone, '.git/shallow'), `${head}\n`);
    },
  },
  {
    name: 'a work tree, a git directory and included settings that lie elsewhere',
    plant: (clone) => {
      set(clone, ['core.bare', 'false'], ['core.worktree', host], ['include.path', `${host}/secret.txt`]);
      writeFileSync(path.join(clone, '.git/commondir'), `${host}\n`);
    },
  },
  {
    name: 'a .git that is a file leading to a repository full of traps',
    plant: (clone) => {
      const elsewhere = `${clone}-elsewhere`;
      renameSync(path.join(clone, '.git'), elsewhere);
      writeFileSync(path.join(clone, '.git'), `gitdir: ${elsewhere}\n`);
      appendFileSync(path.join(elsewhere, 'config'), `[core]\n\tfsmonitor = ${trap}\n`);
    },
    springs: ['status'],
  },
  {
    name: 'exclusions, flags and a sparse checkout that hide its change',
    plant: (clone) => {
      writeFileSync(path.join(clone, '.git/info/exclude'), '*\n');
      git(clone, 'update-index', '--assume-unchanged', 'src/main.js');
      git(clone, 'update-index', '--skip-worktree', 'src/main.js');
      set(
        clone,
        ['core.sparseCheckout', 'true'],
        ['core.ignoreStat', 'true'],
        ['core.excludesFile', '/dev/stdin'],
      );
      writeFileSync(path.join(clone, '.git/info/sparse-checkout'), '/nothing\n');
    },
  },
  {
    name: 'locks that nobody takes away, and a broken index and HEAD',
    plant: (clone) => {
      for (const name of ['index.lock', 'HEAD.lock', 'config.lock', 'shallow.lock']) {
        writeFileSync(path.join(clone, '.git', name), '');
      }
      writeFileSync(path.join(clone, '.git/index'), 'DIRC no index');
      writeFileSync(path.join(clone, '.git/HEAD'), 'ref: refs/heads/../../../../escaped\n');
    },
  },
  {
    name: 'no objects at all',
    plant: (clone) => rmSync(path.join(clone, '.git/objects'), { recursive: true, force: true }),
  },
  {
    name: 'links to files and folders of the host',
    plant: (clone) => {
      symlinkSync(path.join(host, 'secret.txt'), path.join(clone, 'stolen'));
      symlinkSync(host, path.join(clone, 'folder'));
      rmSync(path.join(clone, 'src/other.js'));
      symlinkSync(path.join(host, 'secret.txt'), path.join(clone, 'src/other.js'));
    },
    alsoInTree: {
      stolen: `-> ${host}/secret.txt`,
      folder: `-> ${host}`,
      'src/other.js': `-> ${host}/secret.txt`,
    },
  },
];

describe('the clone that an agent leaves, on its way to the verdict, with', () => {
  afterEach(() => pipeline.expectHostUnchanged());

  it.each(ATTACKS)('$name', async ({ plant, alsoInTree = {}, springs }) => {
    const clone = await pipeline.clone();
    plant(clone);
    writeFileSync(path.join(clone, 'src/main.js'), 'ONE\ntwo\nthree\nfour\nfive\nsix\nseven\n');
    const patch = await pipeline.take(clone);
    expect(patch.toString()).not.toContain(pipeline.secret);
    const fate = await pipeline.submit(patch);
    expect(fate.applied).toMatchObject({ status: 'applied' });
    expect(fate.merged).toMatchObject({ status: 'clean' });
    expect(fate.tree).toEqual({
      'src/main.js': 'ONE\ntwo\nthree\nfour\nfive\nsix\nSEVEN',
      'src/other.js': 'other',
      // Whatever became of them in the clone: changes of tests are not the agent's to make.
      'test/main.test.js': 'the real tests',
      'run_tests.sh': 'echo real',
      ...alsoInTree,
    });
    pipeline.expectHostUnchanged();
    if (springs === undefined) return;
    try {
      execFileSync('git', [...springs], { cwd: clone, stdio: 'ignore', env: { PATH: process.env['PATH'] } });
    } catch {
      // What the trap says makes no sense to git.
    }
    expect(() => pipeline.expectHostUnchanged(), 'the trap works').toThrow();
    rmSync(path.join(host, 'sprung'));
  });

  it('a link to the host in place of its tests, which is refused as no patch for this base', async () => {
    const clone = await pipeline.clone();
    rmSync(path.join(clone, 'test'), { recursive: true });
    symlinkSync(host, path.join(clone, 'test'));
    const { applied } = await pipeline.submit(await pipeline.take(clone));
    expect(applied).toMatchObject({ status: 'failed', code: expect.stringMatching(/does-not-apply|broken/) });
  });
});
