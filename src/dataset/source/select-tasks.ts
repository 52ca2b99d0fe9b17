import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { TroupeError, UserMistake } from '../../base/errors.js';
import { nearestNames } from '../nearest-names.js';
import { readSubset } from '../subset.js';
import type { DatasetSource } from './dataset-source.js';
import { fetchFile, type FetchOptions } from './fetch-file.js';
import type { PlacedFile, SourceLayout } from './layout.js';
import { makeFoldersAbove } from './real-folders.js';

/** What of a source is to be put into the dataset folder. */
export interface Selection {
  /** By task, `<repo>/task<id>`. */
  readonly tasks: ReadonlyMap<string, readonly PlacedFile[]>;
  readonly subsets: readonly PlacedFile[];
  /** What a subset names and the source does not have. */
  readonly faults: readonly TroupeError[];
}

/**
 * All of a source, or what one of its subsets names.
 *
 * @throws {UserMistake} where the source has no such subset, or it cannot be read.
 */
export async function selectTasks(
  source: DatasetSource,
  layout: SourceLayout,
  subset: string | undefined,
  options: FetchOptions,
): Promise<Selection> {
  if (subset === undefined) {
    return { tasks: layout.tasks, subsets: [...layout.subsets.values()], faults: [] };
  }
  const placed = layout.subsets.get(subset);
  if (placed === undefined) {
    const known = [...layout.subsets.keys()];
    throw new UserMistake(`there is no subset "${subset}"`, {
      code: 'subset-not-found',
      where: source.name,
      remedy:
        known.length === 0
          ? 'this dataset has no subsets: leave --subset out'
          : `did you mean ${nearestNames(subset, known).join(' or ')}?`,
    });
  }
  const where = `${source.name}: ${placed.file.path}`;
  const wanted = await namedTasks(source, placed, subset, options);
  const tasks = new Map<string, readonly PlacedFile[]>();
  const faults: TroupeError[] = [];
  for (const task of wanted) {
    const files = layout.tasks.get(task);
    if (files !== undefined) tasks.set(task, files);
    else {
      faults.push(
        new UserMistake(`there is no ${task}`, {
          code: 'subset-without-target',
          where,
          remedy: 'name tasks that the dataset has',
        }),
      );
    }
  }
  return { tasks, subsets: [placed], faults };
}

async function namedTasks(
  source: DatasetSource,
  { place, file }: PlacedFile,
  subset: string,
  options: FetchOptions,
): Promise<Set<string>> {
  const scratch = await mkdtemp(path.join(options.partFolder, 'subset-'));
  try {
    const target = await makeFoldersAbove(scratch, place);
    await fetchFile(source, file, target, { ...options, onBytes: () => {} });
    const { tasks } = await readSubset(scratch, subset);
    return new Set(tasks.map(({ repoName, taskId }) => `${repoName}/task${taskId}`));
  } catch (error) {
    if (!(error instanceof UserMistake) || !error.where?.startsWith(scratch)) throw error;
    const { code, remedy } = error;
    throw new UserMistake(error.message, {
      code,
      where: `${source.name}: ${file.path}`,
      ...(remedy === undefined ? {} : { remedy }),
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
