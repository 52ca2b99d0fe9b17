import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { GitStore } from '../../src/git/git-store.js';

/** A scratch folder that is gone once the test file is done. */
export function scratchFolder(): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'troupe-test-')));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Plain git in a folder, as a user would run it; trimmed stdout. */
export function git(folder: string, ...command: string[]): string {
  return execFileSync('git', ['-c', 'core.hooksPath=/dev/null', ...command], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: '/dev/null',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Somebody',
      GIT_AUTHOR_EMAIL: 'somebody@localhost',
      GIT_COMMITTER_NAME: 'Somebody',
      GIT_COMMITTER_EMAIL: 'somebody@localhost',
    },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}

const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** A store with one commit that holds `files`. */
export async function storeWith(
  folder: string,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<{ store: GitStore; base: string }> {
  const store = await GitStore.create(folder);
  await store.run(['hash-object', '-t', 'tree', '-w', '--stdin'], { input: '' });
  const tree = await store.replaceFiles(
    EMPTY_TREE,
    Object.entries(files).map(([name, content]) => ({ path: name, content: Buffer.from(content) })),
  );
  const base = await store.commit(tree, [], 'base');
  await store.setHead(base);
  return { store, base };
}
