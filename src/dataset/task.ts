import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { UserMistake } from '../base/errors.js';

/** One feature of a task. Its patches are read when they are asked for. */
export interface Feature {
  /** From 0. */
  readonly id: number;
  /** Absolute path of `feature<id>/`. */
  readonly folder: string;
  /** Text of feature.md: what the agent is told. */
  description(): Promise<string>;
  /** feature.patch: the change that a human made. */
  goldPatch(): Promise<Buffer>;
  /** tests.patch: adds the feature's tests. */
  testsPatch(): Promise<Buffer>;
}

/** One state of one repository, with the features that may be built on it. */
export interface Task {
  /** Folder name, e.g. `pallets_jinja_task`. */
  readonly repoName: string;
  readonly taskId: number;
  /** Absolute path of `<repo name>/task<id>/`. */
  readonly folder: string;
  /** By number. */
  readonly features: readonly Feature[];
  /** combined.patch, all features together; undefined where the task has none. */
  combinedPatch(): Promise<Buffer | undefined>;
}

/** Scripts of a task. */
export type TaskScript = 'setup.sh' | 'run_tests.sh';

const NEEDED_FOR: Readonly<Record<TaskScript, string>> = {
  'setup.sh': 'it makes the repository that patches apply to',
  'run_tests.sh': "it runs the features' tests",
};

/** `pallets_jinja_task/task1621`. */
export function taskName(task: Pick<Task, 'repoName' | 'taskId'>): string {
  return `${task.repoName}/task${task.taskId}`;
}

/** A feature whose files lie in `folder`. */
export function featureIn(folder: string, id: number): Feature {
  return {
    id,
    folder,
    description: async () => (await readTaskFile(folder, 'feature.md')).toString('utf8'),
    goldPatch: () => readTaskFile(folder, 'feature.patch'),
    testsPatch: () => readTaskFile(folder, 'tests.patch'),
  };
}

async function readTaskFile(folder: string, name: string): Promise<Buffer> {
  const file = path.join(folder, name);
  try {
    return await readFile(file);
  } catch (error) {
    throw new UserMistake(`${name} is missing or cannot be read`, {
      code: 'task-file-missing',
      where: file,
      remedy: 'every feature folder needs feature.md, feature.patch and tests.patch',
      cause: error,
    });
  }
}

/**
 * Absolute path of a script of the task.
 *
 * @throws {UserMistake} where the task has none, as in a dataset that was published without scripts.
 */
export async function requireScript(task: Task, script: TaskScript): Promise<string> {
  const file = path.join(task.folder, script);
  const text = await readFile(file).catch(() => undefined);
  if (text !== undefined) return file;
  throw new UserMistake(`${script} is missing, and ${NEEDED_FOR[script]}`, {
    code: 'script-missing',
    where: file,
    remedy: `add ${script} to the task, or use a dataset that has it`,
  });
}

/**
 * The features with these identifiers, in the order asked.
 *
 * @throws {UserMistake} for one that the task does not have, or one asked twice.
 */
export function selectFeatures(task: Task, ids: readonly number[]): Feature[] {
  return ids.map((id, index) => {
    if (ids.indexOf(id) !== index) {
      throw new UserMistake(`feature ${id} is given twice`, {
        code: 'feature-repeated',
        where: taskName(task),
        remedy: 'give each agent a feature of its own',
      });
    }
    const feature = task.features.find((candidate) => candidate.id === id);
    if (feature !== undefined) return feature;
    const known = task.features.map((candidate) => candidate.id).join(', ');
    throw new UserMistake(`there is no feature ${id}`, {
      code: 'feature-not-found',
      where: taskName(task),
      remedy: `this task has the features ${known}`,
    });
  });
}

/** Every unordered pair, smaller first, in order. */
export function pairs<Item>(items: readonly Item[]): [Item, Item][] {
  return items.flatMap((one, index) => items.slice(index + 1).map((other): [Item, Item] => [one, other]));
}
