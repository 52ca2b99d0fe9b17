import { UserMistake } from '../../base/errors.js';
import { pathDanger } from '../../git/path-safety.js';
import type { SourceFile } from './dataset-source.js';

/** A file of a source with its place under the dataset folder. */
export interface PlacedFile {
  /** Relative path with slashes; safe. */
  readonly place: string;
  readonly file: SourceFile;
}

/** What of a source belongs to a dataset in CooperBench's layout. */
export interface SourceLayout {
  /** Files by task, `<repo>/task<id>`, both in the order of names. */
  readonly tasks: ReadonlyMap<string, readonly PlacedFile[]>;
  /** `subsets/<name>.json` by name. */
  readonly subsets: ReadonlyMap<string, PlacedFile>;
}

/** A file of a task; a task's own name where a file, such as a link, has it. */
const TASK_FILE = /^([^/]+)\/(task\d+)(?:\/.|$)/;
const FEATURE_FILE = /^[^/]+\/task\d+\/feature\d+\/./;
const SUBSET_FILE = /^subsets\/([^/.][^/]*)\.json$/;

/**
 * Sorts a source's files into tasks and subsets, taken from its `dataset/` folder where that is in the layout, else
 * from its root. All other files are left where they are.
 *
 * @param sourceName what an error is about.
 * @throws {UserMistake} where there is no task, or a name leads or could lead out of the dataset folder: then
 *   nothing of the source is to be trusted.
 */
export function layoutOf(files: readonly SourceFile[], sourceName: string): SourceLayout {
  for (const { path } of files) {
    const danger = pathDanger(path) ?? (isUnclean(path) ? 'the path is not plain' : undefined);
    if (danger !== undefined) throw hostile(sourceName, path, danger);
  }
  const prefix = files.some(({ path }) => isFeatureFile(path, 'dataset/')) ? 'dataset/' : '';
  const tasks = new Map<string, PlacedFile[]>();
  const subsets = new Map<string, PlacedFile>();
  const places = new Set<string>();
  const ordered = [...files].sort((one, other) => (one.path < other.path ? -1 : 1));
  for (const file of ordered) {
    if (!file.path.startsWith(prefix)) continue;
    const place = file.path.slice(prefix.length);
    const subset = SUBSET_FILE.exec(place)?.[1];
    const task = taskOf(place);
    if (subset === undefined && task === undefined) continue;
    if (file.refusal !== undefined) throw hostile(sourceName, file.path, file.refusal);
    if (place === task) throw hostile(sourceName, file.path, 'the task is no folder');
    if (parentsOf(place).some((parent) => places.has(parent))) {
      throw hostile(sourceName, file.path, 'a folder of it is named as a file as well');
    }
    if (places.has(place)) throw hostile(sourceName, file.path, 'it is named twice');
    places.add(place);
    if (subset !== undefined) subsets.set(subset, { place, file });
    else if (task !== undefined) tasks.set(task, [...(tasks.get(task) ?? []), { place, file }]);
  }
  if (![...places].some((place) => FEATURE_FILE.test(place))) {
    throw new UserMistake('there is no task in it', {
      code: 'dataset-empty',
      where: sourceName,
      remedy: 'tasks lie in <repo_name>/task<id>/feature<n>, in its root or in its dataset folder',
    });
  }
  return { tasks, subsets };
}

/** `<repo>/task<id>` of a file's place, where it belongs to a task that `dataset list` would show. */
function taskOf(place: string): string | undefined {
  const [, repoName = '', task] = TASK_FILE.exec(place) ?? [];
  if (task === undefined || repoName === 'subsets' || repoName.startsWith('.')) return undefined;
  return `${repoName}/${task}`;
}

function isFeatureFile(path: string, prefix: string): boolean {
  const place = path.slice(prefix.length);
  return path.startsWith(prefix) && FEATURE_FILE.test(place) && taskOf(place) !== undefined;
}

/** In the order of names they come before what lies in them. */
function parentsOf(place: string): string[] {
  const parts = place.split('/');
  return parts.slice(1).map((_part, index) => parts.slice(0, index + 1).join('/'));
}

/** Names that would be another name once the file system has resolved them. */
function isUnclean(path: string): boolean {
  return path.split('/').some((part) => part === '' || part === '.');
}

function hostile(sourceName: string, path: string, why: string): UserMistake {
  return new UserMistake(`the file "${path}" is refused: ${why}`, {
    code: 'dataset-hostile',
    where: sourceName,
    remedy: 'nothing was taken; use a source that you trust, or remove the file from it',
  });
}
