import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { UserMistake } from '../../src/base/errors.js';
import { loadTask } from '../../src/dataset/list-tasks.js';
import { defaultCacheFolder, prepareTask, type PrepareOptions } from '../../src/dataset/prepare-task.js';
import type { PreparedTask } from '../../src/dataset/prepared-task.js';
import { taskKey } from '../../src/dataset/task-key.js';
import { git, scratchFolder } from '../git/scratch.js';
import { SETUP, tenLines, writeTask } from './scratch-dataset.js';

const scratch = scratchFolder();
let count = 0;
const environment = { ...process.env };
afterEach(() => {
  process.env = { ...environment };
});

/** A dataset of one task, and ways to prepare it with a cache of its own. */
function oneTask(content: Parameters<typeof writeTask>[1] = {}) {
  const root = path.join(scratch, String((count += 1)));
  const folder = writeTask(path.join(root, 'dataset', 'a_task', 'task1'), content);
  const workFolder = path.join(root, 'work');
  mkdirSync(workFolder);
  const options = { cacheFolder: path.join(root, 'cache'), workFolder };
  const prepare = async (more: PrepareOptions = {}): Promise<PreparedTask> =>
    prepareTask(await loadTask(path.join(root, 'dataset'), 'a_task', 1), { ...options, ...more });
  const mistake = async (more: PrepareOptions = {}): Promise<UserMistake> => {
    const error = await prepare(more).catch((reason: unknown) => reason);
    if (!(error instanceof UserMistake)) throw new Error(`no user mistake but ${String(error)}`);
    expect(error.toLine()).not.toContain('\n');
    expect(readdirSync(workFolder)).toEqual([]);
    expect(existsSync(options.cacheFolder) ? readdirSync(options.cacheFolder) : []).toEqual([]);
    return error;
  };
  return { root, folder, ...options, prepare, mistake };
}

describe('preparing a task', () => {
  it('gives clones at the base commit, the same commit every time', async () => {
    const { root, prepare } = oneTask();
    const prepared = await prepare();
    expect(prepared.folderName).toBe('demo_repo');
    await prepared.populateClone(path.join(root, 'clone'));
    expect(git(path.join(root, 'clone'), 'rev-parse', 'HEAD')).toBe(prepared.baseCommit);
    expect(readFileSync(path.join(root, 'clone', 'lines.txt'), 'utf8')).toBe(tenLines());
    expect((await oneTask().prepare()).baseCommit).toBe(prepared.baseCommit);
  });

  it('works whether setup.sh goes by its own folder or by the working folder, and changes nothing in the task', async () => {
    for (const start of ['cd "$(dirname "$0")"\n', '', 'cd "$(dirname "${BASH_SOURCE[0]}")" && pwd >/dev/null\n']) {
      const { folder, prepare } = oneTask({ setup: `${start}git init -q r && cd r && git commit -q --allow-empty -m x\n` });
      const before = readdirSync(folder);
      expect((await prepare()).folderName).toBe('r');
      expect(readdirSync(folder)).toEqual(before);
    }
  });

  it('hides features and combined.patch from setup.sh', async () => {
    const { prepare } = oneTask({
      setup: `test ! -e feature1 && test ! -e combined.patch && test -e base\n${SETUP}`,
      others: { 'combined.patch': 'x' },
    });
    await expect(prepare()).resolves.toBeDefined();
  });

  it('runs setup.sh with neither keys nor hooks of the user in reach', async () => {
    process.env['ANTHROPIC_API_KEY'] = 'secret';
    const { prepare } = oneTask({
      setup: `test -z "$ANTHROPIC_API_KEY"\n${SETUP}echo 'exit 1' > .git/hooks/pre-commit || { mkdir .git/hooks; echo 'exit 1' > .git/hooks/pre-commit; }
chmod +x .git/hooks/pre-commit
git commit -q --allow-empty -m second\n`,
    });
    await expect(prepare()).resolves.toBeDefined();
  });

  it('runs setup.sh once for many who ask at the same time, and never again', async () => {
    const { root, prepare } = oneTask();
    const trace = path.join(root, 'trace');
    rewriteSetup(root, `echo ran >> ${trace}\n${SETUP}`);
    const steps: string[] = [];
    await Promise.all([prepare(), prepare(), prepare()]);
    await prepare({ onProgress: (step) => steps.push(step) });
    expect(readFileSync(trace, 'utf8')).toBe('ran\n');
    expect(steps).toEqual(['found-in-cache']);
  });

  it('sets up again when the task’s files change, but not when its features do', async () => {
    const { folder, prepare } = oneTask();
    const first = await prepare();
    writeFileSync(path.join(folder, 'feature1', 'feature.md'), 'other words\n');
    expect((await prepare()).store.folder).toBe(first.store.folder);
    appendFileSync(path.join(folder, 'base', 'lines.txt'), 'more\n');
    expect((await prepare()).baseCommit).not.toBe(first.baseCommit);
  });

  it('takes only what HEAD reaches: other branches, tags and unreachable commits stay behind', async () => {
    const { root, prepare } = oneTask({
      setup: `${SETUP}git checkout -q -b solution && echo gold > gold.txt && git add -A && git commit -qm gold && git tag v2
git checkout -q - && git branch -q keep solution\n`,
    });
    const prepared = await prepare();
    await prepared.populateClone(path.join(root, 'clone'));
    expect(git(path.join(root, 'clone'), 'cat-file', '--batch-all-objects', '--batch-check=%(objecttype)').split('\n')).toHaveLength(3);
    expect(git(path.join(root, 'clone'), 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
  });

  it('takes history where it is there, and shallow clones as they are', async () => {
    const deep = oneTask({ setup: `${SETUP}git commit -q --allow-empty -m second\n` });
    await (await deep.prepare()).populateClone(path.join(deep.root, 'clone'));
    expect(git(path.join(deep.root, 'clone'), 'rev-list', '--count', 'HEAD')).toBe('2');
    const shallow = oneTask({
      setup: `${SETUP}git commit -q --allow-empty -m second && cd .. && mkdir deep && mv demo_repo deep/ && git clone -q --depth 1 "file://$PWD/deep/demo_repo" r\n`,
    });
    const prepared = await shallow.prepare();
    await prepared.populateClone(path.join(shallow.root, 'clone'));
    expect(git(path.join(shallow.root, 'clone'), 'rev-list', '--count', 'HEAD')).toBe('1');
    expect(git(path.join(shallow.root, 'clone'), 'fsck', '--full')).toBe('');
    const run = await prepared.createRunStore(path.join(shallow.root, 'run'));
    await prepared.populateEvaluation(run, await run.treeOf(prepared.baseCommit), path.join(shallow.root, 'evaluation'));
    expect(git(path.join(shallow.root, 'evaluation'), 'status', '--porcelain')).toBe('');
  });

  it('keeps its cache on another file system than the one setup.sh ran on', async () => {
    const { root, prepare } = oneTask();
    const folders = ['/dev/shm', tmpdir(), homedir()].filter((folder) => existsSync(folder));
    const elsewhere = folders.find((folder) => statSync(folder).dev !== statSync(root).dev) ?? root;
    const cacheFolder = mkdtempSync(path.join(elsewhere, 'troupe-cache-'));
    try {
      const prepared = await prepare({ cacheFolder });
      await prepared.populateClone(path.join(root, 'clone'));
      expect(git(path.join(root, 'clone'), 'status', '--porcelain')).toBe('');
    } finally {
      rmSync(cacheFolder, { recursive: true });
    }
  });

  it('makes do with the base commit alone where older objects are missing', async () => {
    const { root, prepare } = oneTask({
      setup: `${SETUP}old=$(git rev-parse HEAD:lines.txt) && echo new > lines.txt && git commit -qam second
rm -f ".git/objects/\${old:0:2}/\${old:2}"\n`,
    });
    const prepared = await prepare();
    await prepared.populateClone(path.join(root, 'clone'));
    expect(git(path.join(root, 'clone'), 'rev-list', '--count', 'HEAD')).toBe('1');
    expect(readFileSync(path.join(root, 'clone', 'lines.txt'), 'utf8')).toBe('new\n');
  });
});

describe('what setup.sh installed', () => {
  const installing = `${SETUP}mkdir -p node_modules/x && echo tool > node_modules/x/index.js && ln -s x node_modules/y
echo built > built.txt && mkdir -p deep && echo kept > deep/tool && chmod +x deep/tool\n`;

  it('comes with every clone and evaluation tree, and is part of no patch', async () => {
    const { root, prepare } = oneTask({ setup: installing, base: { 'lines.txt': tenLines(), '.gitignore': 'node_modules\n' } });
    const prepared = await prepare();
    expect(prepared.installed).toEqual(['built.txt', 'deep', 'node_modules']);
    const run = await prepared.createRunStore(path.join(root, 'run'));
    const clone = path.join(root, 'clone');
    await prepared.populateClone(clone);
    await prepared.populateEvaluation(run, await run.treeOf(prepared.baseCommit), path.join(root, 'evaluation'));
    for (const folder of [clone, path.join(root, 'evaluation')]) {
      expect(readFileSync(path.join(folder, 'node_modules/x/index.js'), 'utf8')).toBe('tool\n');
      expect(readlinkSync(path.join(folder, 'node_modules/y'))).toBe('x');
      expect(lstatSync(path.join(folder, 'deep/tool')).mode & 0o111).not.toBe(0);
    }
    writeFileSync(path.join(clone, 'built.txt'), 'changed\n');
    expect((await prepared.snapshot(run, clone)).tree).toBe(await run.treeOf(prepared.baseCommit));
  });

  it('is a copy that an agent may ruin without harm to the cache', async () => {
    const { root, prepare } = oneTask({ setup: installing });
    const prepared = await prepare();
    const clone = path.join(root, 'clone');
    await prepared.populateClone(clone);
    const file = path.join(clone, 'node_modules/x/index.js');
    expect(statSync(file).nlink).toBe(1);
    chmodSync(file, 0o644);
    writeFileSync(file, 'ruined\n');
    rmSync(path.join(clone, '.git'), { recursive: true });
    await prepared.populateClone(path.join(root, 'second'));
    expect(readFileSync(path.join(root, 'second/node_modules/x/index.js'), 'utf8')).toBe('tool\n');
  });
});

describe('a repository that stands in the task folder already', () => {
  it('is used without running setup.sh', async () => {
    const { root, folder, prepare } = oneTask({ setup: undefined });
    standingRepository(folder);
    const prepared = await prepare();
    expect(prepared.folderName).toBe('standing');
    await prepared.populateClone(path.join(root, 'clone'));
    expect(readFileSync(path.join(root, 'clone/installed.txt'), 'utf8')).toBe('x\n');
  });

  it('is a mistake where there are two', async () => {
    const { folder, mistake } = oneTask();
    standingRepository(folder);
    standingRepository(folder, 'another');
    const error = await mistake();
    expect(error).toMatchObject({ code: 'two-repositories', where: folder });
    expect(error.message).toContain('another, standing');
  });

  function standingRepository(folder: string, name = 'standing'): void {
    const repository = path.join(folder, name);
    mkdirSync(repository);
    git(repository, 'init', '-q');
    git(repository, 'commit', '-q', '--allow-empty', '-m', 'x');
    writeFileSync(path.join(repository, 'installed.txt'), 'x\n');
  }
});

describe('a setup that goes wrong', () => {
  it('is told where setup.sh is missing', async () => {
    expect(await oneTask({ setup: undefined }).mistake()).toMatchObject({ code: 'script-missing' });
  });

  it('is told of each task by itself, also of tasks that are alike and prepared at once', async () => {
    const root = path.join(scratch, String((count += 1)));
    for (const id of [1, 2]) writeTask(path.join(root, 'dataset/a_task', `task${id}`), { setup: undefined });
    const told = [1, 2].map(async (id) => {
      const task = await loadTask(path.join(root, 'dataset'), 'a_task', id);
      const error: unknown = await prepareTask(task, { cacheFolder: path.join(root, 'cache') }).catch((reason: unknown) => reason);
      return (error as UserMistake).where;
    });
    const wanted = [1, 2].map((id) => path.join(root, 'dataset/a_task', `task${id}`, 'setup.sh'));
    expect(await Promise.all(told)).toEqual(wanted);
  });

  it('is told with the last line that setup.sh said', async () => {
    const error = await oneTask({ setup: 'echo one\necho "no network" >&2\nexit 3\n' }).mistake();
    expect(error.code).toBe('setup-failed');
    expect(error.message).toBe('setup.sh failed with exit code 3: no network');
  });

  it('is told where it makes no repository, two, or one without a commit', async () => {
    expect((await oneTask({ setup: 'mkdir x\n' }).mistake()).code).toBe('no-repository');
    const two = `${SETUP}cd ..; cp -R demo_repo other\n`;
    expect((await oneTask({ setup: two }).mistake()).message).toContain('demo_repo, other');
    const bare = await oneTask({ setup: 'git init -q r\n' }).mistake();
    expect(bare.code).toBe('repository-unusable');
    expect(bare.where).toMatch(/task1\/setup\.sh$/);
  });

  it('ends, with all its children, when it takes too long', async () => {
    const { root, mistake } = oneTask({ setup: 'exit 1\n' });
    const late = path.join(root, 'late');
    rewriteSetup(root, `(sleep 1; touch ${late}) &\nsleep 60\n`);
    const error = await mistake({ setupTimeout: 300 });
    expect(error.message).toContain('took too long');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(existsSync(late)).toBe(false);
  });

  it('ends with the signal’s reason when it is aborted', async () => {
    const { prepare, workFolder } = oneTask({ setup: 'sleep 60\n' });
    const controller = new AbortController();
    const reason = new Error('enough');
    const onProgress = (): void => void setTimeout(() => controller.abort(reason), 100);
    await expect(prepare({ signal: controller.signal, onProgress })).rejects.toBe(reason);
    expect(readdirSync(workFolder)).toEqual([]);
  });
});

describe('the cache', () => {
  it('lies where the environment says', () => {
    expect(defaultCacheFolder({ TROUPE_CACHE_DIR: '/x' })).toBe('/x/tasks');
    expect(defaultCacheFolder({ XDG_CACHE_HOME: '/y' })).toBe('/y/troupe/tasks');
    expect(defaultCacheFolder({})).toMatch(/\.cache\/troupe\/tasks$/);
  });

  it('tells tasks apart by names, contents and executable bits', async () => {
    const { folder } = oneTask();
    const keys = [await taskKey(folder)];
    writeFileSync(path.join(folder, 'base', 'empty'), '');
    keys.push(await taskKey(folder));
    chmodSync(path.join(folder, 'base', 'empty'), 0o755);
    keys.push(await taskKey(folder));
    expect(new Set(keys).size).toBe(3);
    writeFileSync(path.join(folder, 'combined.patch'), 'x');
    expect(await taskKey(folder)).toBe(keys[2]);
  });
});

function rewriteSetup(root: string, text: string): void {
  writeFileSync(path.join(root, 'dataset', 'a_task', 'task1', 'setup.sh'), text);
}
