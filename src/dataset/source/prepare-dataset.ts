import { lstat, mkdir, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import PQueue from 'p-queue';
import { TroupeError, UserMistake } from '../../base/errors.js';
import type { TaskScript } from '../task.js';
import { checkPrepared } from './check-prepared.js';
import type { DatasetSource } from './dataset-source.js';
import { digestFault, digestFile } from './digest.js';
import { diskFault } from './disk-fault.js';
import { fetchFile, WrongContent, type FetchOptions } from './fetch-file.js';
import { layoutOf, type PlacedFile, type SourceLayout } from './layout.js';
import { readManifest, writeManifest, type Manifest } from './manifest.js';
import { makeFoldersAbove } from './real-folders.js';
import { selectTasks } from './select-tasks.js';

/** Unfinished downloads, in the dataset folder; no task is looked for in there. */
export const PART_FOLDER = '.troupe-partial';

export interface PrepareProgress {
  readonly files: number;
  readonly totalFiles: number;
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface PrepareDatasetOptions {
  /** Only the tasks that this subset of the source names. */
  readonly subset?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: PrepareProgress) => void;
  /** Milliseconds before a broken download is tried again; doubled each time. Default 500. */
  readonly retryPause?: number;
}

export interface PreparedDataset {
  /** Absolute path. */
  readonly folder: string;
  readonly source: string;
  readonly revision?: string;
  /** `<repo>/task<id>` of the tasks that were put there, or were there from an earlier call. */
  readonly tasks: readonly string[];
  /** Tasks and subset files that were there and were not put there by this command: left as they are. */
  readonly kept: readonly string[];
  readonly features: number;
  readonly pairs: number;
  readonly files: { readonly fetched: number; readonly unchanged: number };
  /** Bytes fetched. */
  readonly bytes: number;
  /** By task: scripts that it lacks, so that it cannot be run. */
  readonly missingScripts: Readonly<Record<string, readonly TaskScript[]>>;
  /** What is wrong with the tasks by now, one a file. */
  readonly faults: readonly TroupeError[];
}

/**
 * Puts tasks of a source into a dataset folder, verifies them, and notes what it put there. A file is in place
 * whole or not at all; a call that was stopped goes on where it was. Folders of tasks that somebody else put there,
 * and files that were changed since, are left alone.
 *
 * @throws {UserMistake} where the source cannot be used; then nothing is changed.
 * @throws {InfrastructureFault} where network or disk broke; what is finished by then stays.
 */
export async function prepareDataset(
  source: DatasetSource,
  datasetFolder: string,
  options: PrepareDatasetOptions = {},
): Promise<PreparedDataset> {
  const { signal } = options;
  const folder = path.resolve(datasetFolder);
  const earlier = await readManifest(folder);
  const layout = layoutOf(await source.list(signal), source.name);
  const partFolder = path.join(folder, PART_FOLDER);
  await mkdir(partFolder, { recursive: true }).catch((error: unknown) => {
    throw diskFault(error, partFolder);
  });
  try {
    return await takeTasks(source, layout, { folder, partFolder, earlier }, options);
  } finally {
    // Stays where unfinished files are in it.
    await rmdir(partFolder).catch(() => undefined);
  }
}

interface Target {
  /** Absolute path of the dataset folder. */
  readonly folder: string;
  readonly partFolder: string;
  readonly earlier: Manifest | undefined;
}

async function takeTasks(
  source: DatasetSource,
  layout: SourceLayout,
  { folder, partFolder, earlier }: Target,
  options: PrepareDatasetOptions,
): Promise<PreparedDataset> {
  const { signal } = options;
  const counts = { files: 0, totalFiles: 0, bytes: 0, totalBytes: 0 };
  const transfer: FetchOptions = {
    partFolder,
    retryPause: options.retryPause ?? 500,
    signal,
    onBytes: (count) => {
      counts.bytes += count;
      options.onProgress?.({ ...counts });
    },
  };
  const selection = await selectTasks(source, layout, options.subset, transfer);
  const claim = await claimed(folder, earlier, selection.tasks, selection.subsets);
  const files = claim.files;
  counts.totalFiles = files.length;
  counts.totalBytes = files.reduce((sum, { file }) => sum + file.size, 0);
  const manifest = {
    format: 1 as const,
    source: source.name,
    ...(source.revision === undefined ? {} : { revision: source.revision }),
    tasks: [...new Set([...(earlier?.tasks ?? []), ...claim.tasks])].sort(),
    files: { ...earlier?.files },
  };
  // Before the first file: a call that is killed must know its own tasks again.
  await writeManifest(folder, manifest);
  const faults: TroupeError[] = [...selection.faults];
  const fetched: number[] = [];
  try {
    await forEach(files, signal, async (placed) => {
      try {
        const outcome = await putFile(source, placed, { folder, earlier, transfer });
        manifest.files[placed.place] = outcome.entry;
        if (outcome.isFetched) fetched.push(placed.file.size);
        else counts.bytes += placed.file.size;
      } catch (error) {
        if (!isOfOneFile(error)) throw error;
        faults.push(error);
      }
      counts.files += 1;
      options.onProgress?.({ ...counts });
    });
  } finally {
    await writeManifest(folder, manifest);
  }
  await rm(partFolder, { recursive: true, force: true });
  const checks = await Promise.all(
    claim.tasks.map(async (task) => ({ task, ...(await checkPrepared(folder, task)) })),
  );
  faults.push(...checks.flatMap((check) => check.faults));
  return {
    folder,
    source: source.name,
    ...(source.revision === undefined ? {} : { revision: source.revision }),
    tasks: claim.tasks,
    kept: claim.kept,
    features: checks.reduce((sum, check) => sum + check.features, 0),
    pairs: checks.reduce((sum, check) => sum + check.pairs, 0),
    files: { fetched: fetched.length, unchanged: files.length - fetched.length - faultsOfFiles(faults) },
    bytes: fetched.reduce((sum, size) => sum + size, 0),
    missingScripts: Object.fromEntries(
      checks.flatMap(({ task, missingScripts }) =>
        missingScripts.length === 0 ? [] : [[task, missingScripts]],
      ),
    ),
    faults,
  };
}

/** At once; a hub answers small files slowly one by one. */
const CONCURRENCY = 4;

/** Works on several at once; the first fault ends the others before it is thrown. */
async function forEach<Item>(
  items: readonly Item[],
  signal: AbortSignal | undefined,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = new PQueue({ concurrency: CONCURRENCY });
  const faults: unknown[] = [];
  for (const item of items) {
    void queue.add(async () => {
      if (faults.length > 0) return;
      try {
        signal?.throwIfAborted();
        await work(item);
      } catch (error) {
        faults.push(error);
        queue.clear();
      }
    });
  }
  await queue.onIdle();
  if (faults.length > 0) throw faults[0];
}

interface Claim {
  readonly tasks: readonly string[];
  readonly kept: readonly string[];
  readonly files: readonly PlacedFile[];
}

/** Tasks that are not there yet, or were put there by us. */
async function claimed(
  folder: string,
  earlier: Manifest | undefined,
  wanted: ReadonlyMap<string, readonly PlacedFile[]>,
  subsets: readonly PlacedFile[],
): Promise<Claim> {
  const tasks: string[] = [];
  const kept: string[] = [];
  const files: PlacedFile[] = [];
  const own = new Set(earlier?.tasks);
  for (const [task, taskFiles] of wanted) {
    if (!own.has(task) && (await isThere(folder, task))) kept.push(task);
    else {
      tasks.push(task);
      files.push(...taskFiles);
    }
  }
  for (const subset of subsets) {
    if (earlier?.files[subset.place] === undefined && (await isThere(folder, subset.place))) {
      const same = await digestFile(path.join(folder, subset.place));
      if (same === undefined || digestFault(subset.file, same) !== undefined) kept.push(subset.place);
    } else files.push(subset);
  }
  return { tasks, kept, files };
}

async function isThere(folder: string, relative: string): Promise<boolean> {
  return (await lstat(path.join(folder, relative)).catch(() => undefined)) !== undefined;
}

interface PutSurroundings {
  readonly folder: string;
  readonly earlier: Manifest | undefined;
  readonly transfer: FetchOptions;
}

interface PutOutcome {
  readonly entry: Manifest['files'][string];
  readonly isFetched: boolean;
}

async function putFile(
  source: DatasetSource,
  { place, file }: PlacedFile,
  { folder, earlier, transfer }: PutSurroundings,
): Promise<PutOutcome> {
  const target = await makeFoldersAbove(folder, place);
  const present = await digestFile(target, transfer.signal);
  const known = earlier?.files[place];
  if (present !== undefined) {
    const entry = { size: present.size, sha256: present.sha256 };
    // Where the source tells no checksum, what we put there ourselves is taken for the same by its size.
    const isSame = digestFault(file, present) === undefined;
    if (isSame && (file.digest !== undefined || known?.sha256 === present.sha256)) {
      return { entry, isFetched: false };
    }
    if (known?.sha256 !== present.sha256) throw changedFile(target);
  } else if (await isThere(folder, place)) throw changedFile(target);
  const { size, sha256 } = await fetchFile(source, file, target, transfer);
  return { entry: { size, sha256 }, isFetched: true };
}

function changedFile(file: string): UserMistake {
  return new UserMistake('the file is neither what the source has nor what was put there, and was kept', {
    code: 'file-changed',
    where: file,
    remedy: 'remove it and call the command again to have the one of the source',
  });
}

/** Faults that say nothing about other files. */
function isOfOneFile(error: unknown): error is TroupeError {
  return error instanceof WrongContent || (error instanceof UserMistake && FILE_CODES.has(error.code));
}
const FILE_CODES: ReadonlySet<string> = new Set(['file-changed', 'hub-not-found']);

function faultsOfFiles(faults: readonly TroupeError[]): number {
  return faults.filter(isOfOneFile).length;
}
