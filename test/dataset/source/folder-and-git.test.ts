import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { TroupeError, UserMistake } from '../../../src/base/errors.js';
import { folderSource } from '../../../src/dataset/source/folder-source.js';
import { gitSource, parseTree } from '../../../src/dataset/source/git-source.js';
import { MANIFEST_NAME } from '../../../src/dataset/source/manifest.js';
import { prepareDataset, type PreparedDataset } from '../../../src/dataset/source/prepare-dataset.js';
import { git, scratchFolder } from '../../git/scratch.js';
import { sampleFiles, takenFiles, textsBelow } from './sample.js';

const root = scratchFolder();
let count = 0;
let from: string;
let target: string;
let work: string;

function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

beforeEach(() => {
  count += 1;
  const place = path.join(root, String(count));
  [from, target, work] = [path.join(place, 'from'), path.join(place, 'to'), path.join(place, 'work')];
  for (const folder of [from, work]) mkdirSync(folder, { recursive: true });
  writeFiles(from, sampleFiles());
});

function texts(): Record<string, string> {
  const { [MANIFEST_NAME]: _manifest, ...rest } = textsBelow(target);
  return rest;
}

async function mistakeOf(promise: Promise<unknown>): Promise<UserMistake> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserMistake);
  return error as UserMistake;
}

describe('a folder', () => {
  const prepare = (folder = from): Promise<PreparedDataset> => prepareDataset(folderSource(folder), target);

  it('in the layout is copied with executable bits, without git’s folders and what belongs to no task', async () => {
    writeFiles(from, { '.git/config': '[core]', 'alpha_task/task1/.git/HEAD': 'ref: x' });
    chmodSync(path.join(from, 'alpha_task/task1/setup.sh'), 0o755);
    const prepared = await prepare();
    expect(texts()).toEqual(takenFiles());
    expect(prepared).toMatchObject({ features: 4, pairs: 2, faults: [] });
    const mode = (name: string): number => statSync(path.join(target, 'alpha_task/task1', name)).mode & 0o777;
    expect([mode('setup.sh'), mode('run_tests.sh')]).toEqual([0o755, 0o644]);
    expect((await prepare()).files).toEqual({ fetched: 0, unchanged: 20 });
  });

  it('with the layout in its dataset folder is taken from there', async () => {
    const above = path.join(work, 'checkout');
    writeFiles(path.join(above, 'dataset'), sampleFiles());
    writeFiles(above, { 'logs/task1/feature1/feature.md': 'no task' });
    await prepare(above);
    expect(texts()).toEqual(takenFiles());
  });

  it('may link to its own files, which are copied', async () => {
    symlinkSync('setup.sh', path.join(from, 'alpha_task/task1/again.sh'));
    await prepare();
    expect(texts()['alpha_task/task1/again.sh']).toBe('true\n');
  });

  it.each([
    ['a file outside', () => '/etc/passwd'],
    ['a folder outside', () => work],
    ['a folder inside', () => path.join(from, 'beta_task')],
    ['git’s folder', () => path.join(from, '.git/config')],
    ['nothing', () => 'nowhere'],
  ])('that links to %s is refused, and nothing is taken', async (_kind, link) => {
    writeFiles(from, { '.git/config': '[core]' });
    symlinkSync(link(), path.join(from, 'alpha_task/task1/link'));
    const mistake = await mistakeOf(prepare());
    expect(mistake.code).toBe('dataset-hostile');
    expect(mistake.toLine()).toContain('alpha_task/task1/link');
    expect(existsSync(target)).toBe(false);
  });

  it.each([
    ['a task', 'alpha_task/task7', 'beta_task/task20'],
    ['a repository', 'gamma_task', 'beta_task'],
  ])('that has %s by a link is refused, not taken in part', async (_kind, link, to) => {
    symlinkSync(path.join(from, to), path.join(from, link));
    const mistake = await mistakeOf(prepare());
    expect(mistake.toLine()).toContain(`"${link}`);
    expect(mistake.toLine()).toContain('symbolic link');
    expect(existsSync(target)).toBe(false);
  });

  it('without a task is a mistake', async () => {
    expect((await mistakeOf(prepare(work))).code).toBe('dataset-empty');
  });

  it('another’s task of the same name is kept when a second source has it', async () => {
    writeFiles(target, { 'alpha_task/task1/feature1/feature.md': 'ours' });
    expect((await prepare()).kept).toEqual(['alpha_task/task1']);
    expect(texts()['alpha_task/task1/feature1/feature.md']).toBe('ours');
  });

  const published = path.resolve(import.meta.dirname, '../../../../shared/cooperbench/dataset');
  it.runIf(existsSync(published))(
    'with the published texts and patches is taken whole: 199 features, 652 pairs, and no scripts',
    async () => {
      const prepared = await prepare(published);
      expect(prepared).toMatchObject({ features: 199, pairs: 652, faults: [], kept: [] });
      expect(prepared.tasks).toHaveLength(30);
      expect(Object.keys(prepared.missingScripts)).toEqual(prepared.tasks);
      expect(texts()).toEqual(textsBelow(published));
    },
  );
});

describe('a git repository', () => {
  function commitAll(...more: readonly string[]): string {
    git(from, 'init', '--quiet', '--initial-branch=main');
    git(from, 'add', '--all', ...more);
    git(from, 'commit', '--quiet', '--message=tasks');
    return `file://${from}`;
  }
  async function prepare(url: string): Promise<PreparedDataset> {
    const source = await gitSource(url, work);
    try {
      return await prepareDataset(source, target);
    } finally {
      await source.close();
      expect(readdirSync(work)).toEqual([]);
    }
  }

  it('is cloned by its newest commit alone and taken without a trace of git', async () => {
    chmodSync(path.join(from, 'alpha_task/task1/setup.sh'), 0o755);
    const prepared = await prepare(commitAll());
    expect(texts()).toEqual(takenFiles());
    expect(prepared.faults).toEqual([]);
    expect(prepared.revision).toBe(git(from, 'rev-parse', 'HEAD'));
    expect(statSync(path.join(target, 'alpha_task/task1/setup.sh')).mode & 0o777).toBe(0o755);
    git(from, 'commit', '--quiet', '--allow-empty', '--message=newer');
    const source = await gitSource(`file://${from}`, work);
    const clone = path.join(work, readdirSync(work)[0] ?? '', 'clone.git');
    expect(git(clone, 'rev-list', '--count', 'HEAD')).toBe('1');
    await source.close();
  });

  it('has no say in how its files are read: attributes and filters do nothing', async () => {
    writeFiles(from, { '.gitattributes': '*.md text eol=crlf\n*.patch filter=evil ident\n' });
    await prepare(commitAll());
    expect(texts()).toEqual(takenFiles());
  });

  it('with a link in a task is refused', async () => {
    symlinkSync('/etc/passwd', path.join(from, 'alpha_task/task1/link'));
    const mistake = await mistakeOf(prepare(commitAll()));
    expect(mistake.toLine()).toContain('symbolic link');
    expect(existsSync(target)).toBe(false);
  });

  it('with a name that is no UTF-8 is refused', () => {
    const entry = Buffer.concat([
      Buffer.from(`100644 blob ${'a'.repeat(40)}      12\ta_task/task1/`),
      Buffer.from([0xff, 0]),
    ]);
    expect(parseTree(entry)[0]).toMatchObject({ refusal: 'its name is no UTF-8', size: 12 });
  });

  it('that is not there, or has no commit, is one line without a password', async () => {
    const missing = await mistakeOf(prepare(`file://${from}-missing`));
    expect(missing.code).toBe('repository-not-cloned');
    git(from, 'init', '--quiet');
    expect((await mistakeOf(prepare(`file://${from}`))).code).toBe('repository-not-cloned');
    const closed = await mistakeOf(prepare('https://user:secret-word@127.0.0.1:9/x.git'));
    expect(closed).toBeInstanceOf(TroupeError);
    expect(`${closed.toLine()} ${closed.stack}`).not.toContain('secret-word');
  });

  it.each(['ext::sh -c touch% /tmp/x', 'http://127.0.0.1:9/x.git', 'git://127.0.0.1:9/x.git'])(
    'by a protocol that is not opened is refused by git too: %s',
    async (url) => {
      expect((await mistakeOf(prepare(url))).toLine()).toMatch(/not allowed/);
    },
  );
});
