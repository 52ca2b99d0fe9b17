import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { UserMistake } from '../base/errors.js';
import { nearestNames } from './nearest-names.js';
import { taskName, type Task } from './task.js';

const subsetSchema = z.object({
  name: z.string().optional(),
  description: z.string().optional(),
  tasks: z.array(
    z.object({
      repo: z.string(),
      task_id: z.int().nonnegative(),
      pairs: z.array(z.tuple([z.int().nonnegative(), z.int().nonnegative()])),
    }),
  ),
});

/** Pairs of features that are run together, e.g. `lite` or `flash` (file `subsets/<name>.json`). */
export interface Subset {
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  readonly tasks: readonly {
    readonly repoName: string;
    readonly taskId: number;
    readonly pairs: readonly (readonly [number, number])[];
  }[];
}

/** Names of the subsets that a dataset offers. */
export async function listSubsets(datasetFolder: string): Promise<string[]> {
  const names = await readdir(path.join(datasetFolder, 'subsets')).catch(() => []);
  return names
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .sort();
}

/**
 * Reads a subset of a dataset.
 *
 * @throws {UserMistake} for an unknown name, unreadable JSON, or a field that is missing or wrong.
 */
export async function readSubset(datasetFolder: string, name: string): Promise<Subset> {
  const file = path.resolve(datasetFolder, 'subsets', `${name}.json`);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) throw await unknownSubset(datasetFolder, name, file);
  const result = subsetSchema.safeParse(parseJson(text, file));
  if (!result.success) {
    const issue = result.error.issues[0];
    const field = issue === undefined || issue.path.length === 0 ? 'the file' : fieldName(issue.path);
    throw new UserMistake(`${field}: ${issue?.message ?? 'is wrong'}`, {
      code: 'subset-invalid',
      where: file,
      remedy: 'a subset is {"tasks": [{"repo": "…", "task_id": 1, "pairs": [[1, 2]]}]}',
    });
  }
  const tasks = result.data.tasks.map((task) => ({
    repoName: task.repo,
    taskId: task.task_id,
    pairs: task.pairs,
  }));
  return { name, file, tasks };
}

/** What a subset asks for that the dataset does not have, one mistake each. */
export function subsetMistakes(subset: Subset, tasks: readonly Task[]): UserMistake[] {
  const mistakes: UserMistake[] = [];
  const report = (field: string, what: string): void => {
    mistakes.push(
      new UserMistake(`${field}: ${what}`, {
        code: 'subset-without-target',
        where: subset.file,
        remedy: 'name tasks and features that the dataset has',
      }),
    );
  };
  subset.tasks.forEach((entry, index) => {
    const task = tasks.find(({ repoName, taskId }) => repoName === entry.repoName && taskId === entry.taskId);
    if (task === undefined) {
      report(`tasks[${index}]`, `there is no ${taskName(entry)}`);
      return;
    }
    const known = new Set(task.features.map((feature) => feature.id));
    entry.pairs.forEach((pair, pairIndex) => {
      const field = `tasks[${index}].pairs[${pairIndex}]`;
      for (const id of pair) {
        if (!known.has(id)) report(field, `${taskName(entry)} has no feature ${id}`);
      }
      if (pair[0] === pair[1]) report(field, `feature ${pair[0]} is paired with itself`);
    });
  });
  return mistakes;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserMistake(`the file is no JSON: ${(error as Error).message}`, {
      code: 'json-unreadable',
      where: file,
      remedy: 'mend the file by hand or restore it',
      cause: error,
    });
  }
}

function fieldName(parts: readonly PropertyKey[]): string {
  return parts
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

async function unknownSubset(datasetFolder: string, name: string, file: string): Promise<UserMistake> {
  const known = await listSubsets(datasetFolder);
  return new UserMistake(`there is no subset "${name}"`, {
    code: 'subset-not-found',
    where: file,
    remedy: known.length === 0 ? 'this dataset has no subsets' : `did you mean ${nearestNames(name, known).join(' or ')}?`,
  });
}
