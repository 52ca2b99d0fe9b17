import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { UserMistake } from '../base/errors.js';
import { nearestNames } from './nearest-names.js';
import { featureIn, type Feature, type Task } from './task.js';

/** Which tasks of a dataset are meant; all where both are absent. */
export interface TaskFilter {
  readonly repoName?: string | undefined;
  readonly taskId?: number | undefined;
}

/**
 * Reads a task's number as users write it: `1621` or `task1621`.
 *
 * @throws {UserMistake} for anything else.
 */
export function parseTaskId(text: string, where = '--task-id'): number {
  const digits = /^(?:task)?(\d+)$/.exec(text.trim())?.[1];
  if (digits !== undefined) return Number(digits);
  throw new UserMistake(`"${text}" is no task number`, {
    code: 'task-id-invalid',
    where,
    remedy: 'write the number of a task folder, e.g. 1621 or task1621',
  });
}

/**
 * The tasks of a dataset folder in CooperBench's layout, by repository name and task number. Patches and
 * scripts are not read.
 *
 * @throws {UserMistake} for a folder that is no dataset, a repository or task that is not in it, and a feature or
 * task number that two folders share.
 */
export async function listTasks(datasetFolder: string, filter: TaskFilter = {}): Promise<Task[]> {
  const dataset = path.resolve(datasetFolder);
  const repoNames = await listRepositories(dataset);
  if (filter.repoName !== undefined && !repoNames.includes(filter.repoName)) {
    throw new UserMistake(`there is no repository "${filter.repoName}"`, {
      code: 'repo-not-found',
      where: dataset,
      remedy: suggestion(nearestNames(filter.repoName, repoNames)),
    });
  }
  const wanted = repoNames.filter((name) => filter.repoName === undefined || name === filter.repoName);
  const tasks = (await Promise.all(wanted.map((name) => listRepositoryTasks(dataset, name)))).flat();
  const selected = tasks.filter((task) => filter.taskId === undefined || task.taskId === filter.taskId);
  if (selected.length === 0) throw noTasks(dataset, filter, tasks);
  return Promise.all(selected.map(withFeatures));
}

/**
 * One task with its features.
 *
 * @throws {UserMistake} as {@link listTasks}.
 */
export async function loadTask(datasetFolder: string, repoName: string, taskId: number): Promise<Task> {
  const [task] = await listTasks(datasetFolder, { repoName, taskId });
  if (task === undefined) throw new Error('listTasks gave no task and no error');
  return task;
}

interface TaskFolder {
  readonly repoName: string;
  readonly taskId: number;
  readonly folder: string;
}

async function listRepositories(dataset: string): Promise<string[]> {
  const names = await foldersIn(dataset);
  if (names === undefined) {
    throw new UserMistake('the dataset folder is missing', {
      code: 'dataset-not-found',
      where: dataset,
      remedy: 'name a folder that holds <repo_name>/task<id> folders with --dataset-dir',
    });
  }
  return names.filter((name) => name !== 'subsets' && !name.startsWith('.')).sort();
}

async function listRepositoryTasks(dataset: string, repoName: string): Promise<TaskFolder[]> {
  const repository = path.join(dataset, repoName);
  const numbered = await numberedFolders(repository, /^task(\d+)$/, 'task');
  return numbered.map(({ id, folder }) => ({ repoName, taskId: id, folder }));
}

async function withFeatures({ repoName, taskId, folder }: TaskFolder): Promise<Task> {
  const numbered = await numberedFolders(folder, /^feature(\d+)$/, 'feature');
  if (numbered.length === 0) {
    throw new UserMistake('the task has no feature', {
      code: 'task-without-features',
      where: folder,
      remedy: 'add folders feature1, feature2, … with feature.md, feature.patch and tests.patch',
    });
  }
  const features: Feature[] = numbered.map((feature) => featureIn(feature.folder, feature.id));
  return {
    repoName,
    taskId,
    folder,
    features,
    combinedPatch: () => readFile(path.join(folder, 'combined.patch')).catch(() => undefined),
  };
}

/** Folders that are numbered by name, in the numbers' order; `feature1` and `feature01` cannot both be. */
async function numberedFolders(
  parent: string,
  pattern: RegExp,
  kind: string,
): Promise<{ id: number; folder: string }[]> {
  const byId = new Map<number, string>();
  for (const name of ((await foldersIn(parent)) ?? []).sort()) {
    const digits = pattern.exec(name)?.[1];
    if (digits === undefined) continue;
    const id = Number(digits);
    const other = byId.get(id);
    if (other !== undefined) {
      throw new UserMistake(`${other} and ${name} have the same number`, {
        code: `${kind}-id-repeated`,
        where: parent,
        remedy: `give every ${kind} a number of its own`,
      });
    }
    byId.set(id, name);
  }
  return [...byId].sort(([one], [other]) => one - other).map(([id, name]) => ({ id, folder: path.join(parent, name) }));
}

async function foldersIn(folder: string): Promise<string[] | undefined> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map((entry) => entry.name);
  } catch {
    return undefined;
  }
}

function noTasks(dataset: string, filter: TaskFilter, tasks: readonly TaskFolder[]): UserMistake {
  const where = filter.repoName === undefined ? dataset : path.join(dataset, filter.repoName);
  if (filter.taskId === undefined || tasks.length === 0) {
    return new UserMistake('there is no task folder in it', {
      code: 'dataset-empty',
      where,
      remedy: 'tasks lie in <repo_name>/task<id>',
    });
  }
  const known = tasks.map((task) => (filter.repoName === undefined ? `${task.repoName} ${task.taskId}` : `${task.taskId}`));
  return new UserMistake(`there is no task ${filter.taskId}`, {
    code: 'task-not-found',
    where,
    remedy: `the tasks are ${known.join(', ')}`,
  });
}

function suggestion(names: readonly string[]): string {
  return names.length === 1 ? `did you mean ${names[0]}?` : `the nearest names are ${names.join(', ')}`;
}
