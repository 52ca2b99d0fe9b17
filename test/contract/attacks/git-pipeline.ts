import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, expect } from 'vitest';

import type { ApplyOutcome } from '../../../src/git/apply-patch.js';
import type { GitStore } from '../../../src/git/git-store.js';
import type { MergeOutcome } from '../../../src/git/merge-commits.js';
import { withoutTestFiles } from '../../../src/git/test-files.js';
import { git, storeWith } from '../../git/scratch.js';

/** What the base commit of every attack holds. */
export const BASE_FILES = {
  'src/main.js': 'one\ntwo\nthree\nfour\nfive\nsix\nseven\n',
  'src/other.js': 'other\n',
  'test/main.test.js': 'the real tests\n',
  'run_tests.sh': 'echo real\n',
};

/** Where an agent's work goes after the agent: taken, cleaned of tests, applied, merged, laid out, judged. */
export interface Pipeline {
  readonly store: GitStore;
  readonly base: string;
  /** A folder of the host that nothing may touch, with a secret in `secret.txt`. */
  readonly host: string;
  readonly secret: string;
  /** A program that leaves a trace in the host's folder when it is run. */
  readonly trap: string;
  /** A clone as an agent gets it. */
  clone(): Promise<string>;
  /** The patch of a clone. */
  take(clone: string): Promise<Buffer>;
  /** What becomes of a patch beside a partner's. */
  submit(patch: Buffer, partner?: Buffer): Promise<Fate>;
  /** Fails where the host is not as it was. */
  expectHostUnchanged(): void;
}

/** The typed results of each step, as far as it went. */
export interface Fate {
  readonly applied: ApplyOutcome;
  readonly testFilesTakenOut: readonly string[];
  readonly merged?: MergeOutcome;
  /** Names and contents of the tree that is tested, links as `-> target`. */
  readonly tree?: Readonly<Record<string, string>>;
}

export async function openPipeline(): Promise<Pipeline> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'git-attacks-'));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));
  const { store, base } = await storeWith(path.join(scratch, 'store'), BASE_FILES);
  const host = path.join(scratch, 'host');
  mkdirSync(host);
  const secret = 'a-secret-of-the-host';
  writeFileSync(path.join(host, 'secret.txt'), `${secret}\n`);
  const trap = path.join(scratch, 'trap');
  writeFileSync(trap, `#!/bin/sh\ntouch ${host}/sprung\ncat\n`, { mode: 0o755 });
  let made = 0;
  const fresh = (): string => path.join(scratch, `work-${(made += 1)}`);

  const layOut = async (tree: string): Promise<Record<string, string>> => {
    const folder = fresh();
    await store.workTree(base, tree, folder);
    // What test scripts do in it.
    git(folder, 'status', '--porcelain');
    git(folder, 'reset', '--hard', '-q');
    git(folder, 'clean', '-fdxq');
    const files: Record<string, string> = {};
    for (const line of git(folder, 'ls-tree', '-r', '-z', 'HEAD').split('\0')) {
      const [, mode, id, name] = /^(\d+) \w+ (\w+)\t(.*)$/s.exec(line) ?? [];
      if (name === undefined || id === undefined) continue;
      const content = mode === '160000' ? `commit ${id}` : git(folder, 'cat-file', 'blob', id);
      files[name] = mode === '120000' ? `-> ${content}` : content;
    }
    return files;
  };

  return {
    store,
    base,
    host,
    secret,
    trap,
    clone: async () => {
      const folder = fresh();
      await store.checkout(base, folder);
      return folder;
    },
    take: async (clone) => {
      const { tree } = await store.snapshot(clone, base);
      return store.diff(base, tree);
    },
    submit: async (patch, partner) => {
      const { patch: rest, removedPaths } = withoutTestFiles(patch);
      const applied = await store.applyPatch(base, rest);
      const fate = { applied, testFilesTakenOut: removedPaths };
      if (applied.status === 'failed') return fate;
      const other = await store.applyPatch(base, partner ?? PARTNER);
      if (other.status === 'failed') throw new Error(`the partner's patch: ${other.reason}`);
      const merged = await store.merge(applied.commit, other.commit);
      return {
        ...fate,
        merged,
        tree: await layOut(merged.status === 'clean' ? merged.tree : applied.tree),
      };
    },
    expectHostUnchanged: () => {
      expect(readdirSync(host)).toEqual(['secret.txt']);
      expect(readFileSync(path.join(host, 'secret.txt'), 'utf8')).toBe(`${secret}\n`);
      expect(existsSync(path.join(scratch, 'escaped.txt'))).toBe(false);
      expect(readdirSync(path.join(store.folder, 'temporary'))).toEqual([]);
      expect(readdirSync(path.join(store.folder)).filter((name) => name === 'hooks')).toEqual([]);
    },
  };
}

/** A patch in git's form that makes a file. */
export function newFile(name: string, content: string, mode = '100644'): string {
  const lines = content.split('\n');
  const end = lines.at(-1) === '' ? (lines.pop(), '') : '\\ No newline at end of file\n';
  return `diff --git a/${name} b/${name}\nnew file mode ${mode}\n--- /dev/null\n+++ b/${name}\n@@ -0,0 +1,${lines.length} @@\n${lines.map((line) => `+${line}\n`).join('')}${end}`;
}

/** A change of one line of src/main.js. */
export function changeLine(from: string, to: string): string {
  const lines = BASE_FILES['src/main.js'].trimEnd().split('\n');
  const at = lines.indexOf(from);
  const show = (index: number): string => (lines[index] === undefined ? '' : ` ${lines[index]}\n`);
  const start = Math.max(0, at - 1);
  const count = Math.min(lines.length, at + 2) - start;
  return `diff --git a/src/main.js b/src/main.js\n--- a/src/main.js\n+++ b/src/main.js\n@@ -${start + 1},${count} +${start + 1},${count} @@\n${at > 0 ? show(at - 1) : ''}-${from}\n+${to}\n${show(at + 1)}`;
}

const PARTNER = Buffer.from(changeLine('seven', 'SEVEN'));
