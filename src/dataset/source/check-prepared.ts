import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { TroupeError, UserMistake } from '../../base/errors.js';
import { loadTask } from '../list-tasks.js';
import { pairs, type Feature, type Task, type TaskScript } from '../task.js';

/** What a prepared task is good for. */
export interface PreparedCheck {
  readonly features: number;
  /** Unordered. */
  readonly pairs: number;
  /** Scripts without which it can be looked at but not run. */
  readonly missingScripts: readonly TaskScript[];
  /** One a file. */
  readonly faults: readonly TroupeError[];
}

const POINTER = 'version https://git-lfs.github.com/spec/';

/**
 * Reads a task as a run would, every feature's files included.
 *
 * @param task `<repo>/task<id>`.
 */
export async function checkPrepared(datasetFolder: string, task: string): Promise<PreparedCheck> {
  const [repoName = '', folder = ''] = task.split('/');
  let loaded: Task;
  try {
    loaded = await loadTask(datasetFolder, repoName, Number(folder.slice('task'.length)));
  } catch (error) {
    if (!(error instanceof TroupeError)) throw error;
    return { features: 0, pairs: 0, missingScripts: [], faults: [error] };
  }
  const faults: TroupeError[] = [];
  for (const feature of loaded.features) faults.push(...(await featureFaults(feature)));
  const missingScripts: TaskScript[] = [];
  for (const script of ['setup.sh', 'run_tests.sh'] as const) {
    const isThere = await lstat(path.join(loaded.folder, script)).catch(() => undefined);
    if (isThere === undefined) missingScripts.push(script);
  }
  return {
    features: loaded.features.length,
    pairs: pairs(loaded.features).length,
    missingScripts,
    faults,
  };
}

async function featureFaults(feature: Feature): Promise<TroupeError[]> {
  const files: readonly (readonly [string, () => Promise<string | Buffer>])[] = [
    ['feature.md', () => feature.description()],
    ['feature.patch', () => feature.goldPatch()],
    ['tests.patch', () => feature.testsPatch()],
  ];
  const faults: TroupeError[] = [];
  for (const [name, read] of files) {
    try {
      const text = (await read()).toString().trim();
      const problem =
        text === '' ? 'it is empty' : text.startsWith(POINTER) ? 'it is only a pointer of Git LFS' : undefined;
      if (problem !== undefined) {
        faults.push(
          new UserMistake(problem, {
            code: 'task-file-useless',
            where: path.join(feature.folder, name),
            remedy: 'take the dataset from a source that has the file, e.g. from the hub',
          }),
        );
      }
    } catch (error) {
      if (!(error instanceof TroupeError)) throw error;
      faults.push(error);
    }
  }
  return faults;
}
