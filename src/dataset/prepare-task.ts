import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { UserMistake } from '../base/errors.js';
import { repositoriesIn, twoRepositories } from './find-repository.js';
import { importRepository, installedKey } from './import-repository.js';
import { PreparedTask, type PreparedRecord } from './prepared-task.js';
import { runSetup } from './run-setup.js';
import { PREPARED_FORMAT, taskKey } from './task-key.js';
import { taskName, type Task } from './task.js';

export type PrepareStep = 'found-in-cache' | 'running-setup' | 'reading-repository' | 'ready';

export interface PrepareOptions {
  /** Where prepared tasks are kept for later runs. Default: {@link defaultCacheFolder}. */
  readonly cacheFolder?: string;
  /** Where setup.sh runs. Default: the system's folder for temporary files. */
  readonly workFolder?: string;
  /** Milliseconds that setup.sh may take. Default 30 minutes. */
  readonly setupTimeout?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (step: PrepareStep, task: Task) => void;
}

/** `$TROUPE_CACHE_DIR/tasks`, else `troupe/tasks` in `$XDG_CACHE_HOME` or `~/.cache`. */
export function defaultCacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const own = environment['TROUPE_CACHE_DIR'];
  if (own) return path.join(path.resolve(own), 'tasks');
  return path.join(environment['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'troupe', 'tasks');
}

/** Preparations under way in this process, so that a task is set up once however many runs ask at once. */
const underWay = new Map<string, Promise<PreparedRecord>>();

/**
 * Makes a task's repository available: runs setup.sh once in a scratch copy and keeps the base commit's
 * history, and what setup.sh installed, under the cache folder, for this process and later ones. A repository that
 * an earlier setup.sh left in the task folder itself is used as it is.
 *
 * @throws {UserMistake} where setup.sh is missing, fails, or leaves no repository or more than one.
 */
export async function prepareTask(task: Task, options: PrepareOptions = {}): Promise<PreparedTask> {
  options.signal?.throwIfAborted();
  const inPlace = await repositoriesIn(task.folder);
  if (inPlace.length > 1) throw twoRepositories(task.folder, inPlace);
  const repository = inPlace[0] === undefined ? undefined : path.join(task.folder, inPlace[0]);
  const key = repository === undefined ? await taskKey(task.folder) : await installedKey(repository);
  const folder = path.join(path.resolve(options.cacheFolder ?? defaultCacheFolder()), key);
  const known = await readRecord(folder);
  if (known !== undefined) {
    options.onProgress?.('found-in-cache', task);
    return new PreparedTask(task, folder, known);
  }
  // Tasks that are alike share what is made of them, but not each other's mistakes.
  const joined = `${folder}\0${task.folder}`;
  const preparation = underWay.get(joined) ?? prepareInto(task, repository, folder, options);
  underWay.set(joined, preparation);
  try {
    return new PreparedTask(task, folder, await preparation);
  } finally {
    underWay.delete(joined);
  }
}

async function prepareInto(
  task: Task,
  inPlace: string | undefined,
  folder: string,
  options: PrepareOptions,
): Promise<PreparedRecord> {
  const temporary = `${folder}.${randomBytes(6).toString('hex')}`;
  const scratch = path.join(options.workFolder ?? tmpdir(), `troupe-${process.pid}-setup-${randomBytes(6).toString('hex')}`);
  try {
    const repository = inPlace ?? (await makeRepository(task, scratch, options));
    options.onProgress?.('reading-repository', task);
    await mkdir(temporary, { recursive: true });
    const imported = await importRepository(repository, temporary, inPlace ?? path.join(task.folder, 'setup.sh'), options.signal);
    const record: PreparedRecord = { format: PREPARED_FORMAT, folderName: path.basename(repository), ...imported };
    await writeFile(path.join(temporary, 'prepared.json'), `${JSON.stringify(record, null, 2)}\n`);
    await rename(temporary, folder).catch(async (error: unknown) => {
      // Another process was first; what it made is the same.
      if ((await readRecord(folder)) === undefined) throw error;
    });
    options.onProgress?.('ready', task);
    return (await readRecord(folder)) ?? record;
  } finally {
    await Promise.all([temporary, scratch].map((name) => rm(name, { recursive: true, force: true })));
  }
}

async function makeRepository(task: Task, scratch: string, options: PrepareOptions): Promise<string> {
  options.onProgress?.('running-setup', task);
  await runSetup(task, scratch, {
    signal: options.signal,
    ...(options.setupTimeout === undefined ? {} : { timeout: options.setupTimeout }),
  });
  const script = path.join(task.folder, 'setup.sh');
  const names = await repositoriesIn(scratch);
  if (names.length > 1) throw twoRepositories(script, names);
  if (names[0] === undefined) {
    throw new UserMistake(`setup.sh of ${taskName(task)} made no git repository`, {
      code: 'no-repository',
      where: script,
      remedy: 'it must leave one folder with a .git beside itself',
    });
  }
  return path.join(scratch, names[0]);
}

async function readRecord(folder: string): Promise<PreparedRecord | undefined> {
  const text = await readFile(path.join(folder, 'prepared.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const record = JSON.parse(text) as PreparedRecord;
  return record.format === PREPARED_FORMAT ? record : undefined;
}
