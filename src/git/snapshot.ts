import { constants } from 'node:fs';
import { copyFile, open, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { GitStore } from './git-store.js';
import { bytesToText } from './quoted-path.js';
import { scanFolder, type FolderScan } from './scan-folder.js';

export interface SnapshotOptions {
  /** Relative paths that are not the agent's work: what the task's setup installed beside the sources. */
  readonly exclude?: readonly string[];
  /** Bytes from which a file is left out. Default 10 MiB. */
  readonly maximumFileSize?: number;
  readonly signal?: AbortSignal | undefined;
}

export type LeftOutReason = 'patch-file' | 'too-large' | 'unsafe-name' | 'unreadable';

export interface LeftOutFile {
  readonly path: string;
  readonly reason: LeftOutReason;
}

export interface Snapshot {
  /** Identifier of the tree. */
  readonly tree: string;
  /** Files of the folder that are not in the tree, and why; ignored files are not told. */
  readonly leftOut: readonly LeftOutFile[];
}

/** Neither follows a link nor waits at a pipe that took the file's place meanwhile. */
const LOOK_ONLY = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const DEFAULT_MAXIMUM_FILE_SIZE = 10 * 1024 * 1024;
const EMPTY_BLOB = 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391';
/** A name that no agent writes by chance. */
const PLACEHOLDER = '.troupe-folder-marker-b7e1c2';

/**
 * See {@link GitStore.snapshot}. Git runs with a git directory, index, configuration and attributes of ours, so
 * nothing that the agent left in its `.git` or its attributes files has a say.
 */
export async function takeSnapshot(
  store: GitStore,
  folder: string,
  base: string,
  options: SnapshotOptions,
): Promise<Snapshot> {
  const [workTree, index] = await Promise.all([realpath(folder), store.baseIndex(base)]);
  const excluded = [...(options.exclude ?? []), ...index.submodules];
  const limit = options.maximumFileSize ?? DEFAULT_MAXIMUM_FILE_SIZE;
  const scan = await scanFolder(workTree, new Set(excluded), limit);
  return store.withTemporary(async (indexFile) => {
    await copyFile(index.file, indexFile);
    const run = { workTree, indexFile, folder: workTree, signal: options.signal };
    const leftOut = await findLeftOut(store, scan, workTree, base);
    await markNestedRepositories(store, scan, new Set(index.submodules), indexFile);
    const unwanted = [...excluded.map((name) => Buffer.from(name)), ...leftOut.map((file) => file.rawPath)];
    const added = await store.run(
      ['add', '-A', '--ignore-errors', '--pathspec-from-file=-', '--pathspec-file-nul'],
      {
        ...run,
        input: pathspecs(unwanted),
        // 1: some file could not be read; the others are in.
        accept: [0, 1],
      },
    );
    const unreadable = unreadableFiles(added.stderr);
    const reported = await withoutIgnored(store, leftOut, run);
    const tree = await store.writeTree(indexFile, base);
    return { tree, leftOut: [...reported, ...unreadable].sort(byPath) };
  });
}

interface RawLeftOut extends LeftOutFile {
  readonly rawPath: Buffer;
}

/** Git takes a folder with a `.git` in it for a submodule, unless its index knows of a file below it. */
async function markNestedRepositories(
  store: GitStore,
  scan: FolderScan,
  submodules: ReadonlySet<string>,
  indexFile: string,
): Promise<void> {
  const nested = scan.nestedRepositories.filter((name) => !submodules.has(name.toString()));
  if (nested.length === 0) return;
  const entries = nested.flatMap((name) => [
    Buffer.from(`100644 ${EMPTY_BLOB}\t`),
    name,
    Buffer.from(`/${PLACEHOLDER}\0`),
  ]);
  await store.run(['update-index', '-z', '--index-info'], { indexFile, input: Buffer.concat(entries) });
}

function pathspecs(unwanted: readonly Buffer[]): Buffer {
  return Buffer.concat([
    Buffer.from(':(top)\0'),
    ...unwanted.flatMap((name) => [Buffer.from(':(top,exclude,literal)'), name, Buffer.from('\0')]),
  ]);
}

/** What is left out for a reason of ours. Files that the base has just so are no news and are not told. */
async function findLeftOut(
  store: GitStore,
  scan: FolderScan,
  workTree: string,
  base: string,
): Promise<RawLeftOut[]> {
  const leftOut: RawLeftOut[] = scan.unsafe.map((name) => entry(name, 'unsafe-name'));
  if (scan.large.length > 0) {
    const sizes = await store.readBlobs(scan.large.map((file) => objectName(base, file.path)));
    scan.large.forEach((file, index) => {
      if (sizes[index]?.length !== file.size) leftOut.push(entry(file.path, 'too-large'));
    });
  }
  if (scan.patchFiles.length > 0) {
    const atBase = await store.readBlobs(scan.patchFiles.map((name) => objectName(base, name)));
    for (const [index, name] of scan.patchFiles.entries()) {
      const isNew = atBase[index] === undefined;
      const isKnown = leftOut.some((file) => file.rawPath.equals(name));
      if (isNew && !isKnown && (await looksLikeGitDiff(workTree, name)))
        leftOut.push(entry(name, 'patch-file'));
    }
  }
  return leftOut;
}

function entry(rawPath: Buffer, reason: LeftOutReason): RawLeftOut {
  return { path: bytesToText(rawPath.toString('latin1')), rawPath, reason };
}

function objectName(base: string, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${base}:`), name]);
}

async function looksLikeGitDiff(workTree: string, name: Buffer): Promise<boolean> {
  const file = await open(Buffer.concat([Buffer.from(`${workTree}${path.sep}`), name]), LOOK_ONLY).catch(
    () => undefined,
  );
  if (file === undefined) return false;
  try {
    const start = Buffer.alloc(4096);
    const { bytesRead } = await file.read(start, 0, start.length, 0);
    return /^diff --git /m.test(start.toString('latin1', 0, bytesRead));
  } finally {
    await file.close();
  }
}

/** Files that the repository ignores are not part of anybody's work, so leaving them out is no news. */
async function withoutIgnored(
  store: GitStore,
  leftOut: readonly RawLeftOut[],
  run: { workTree: string; indexFile: string; folder: string },
): Promise<LeftOutFile[]> {
  if (leftOut.length === 0) return [];
  const { stdout } = await store.run(['check-ignore', '-z', '--stdin'], {
    ...run,
    input: Buffer.concat(leftOut.flatMap((file) => [file.rawPath, Buffer.from('\0')])),
    accept: [0, 1],
  });
  const ignored = new Set(stdout.toString('latin1').split('\0'));
  return leftOut
    .filter((file) => !ignored.has(file.rawPath.toString('latin1')))
    .map(({ path: name, reason }) => ({ path: name, reason }));
}

function unreadableFiles(stderr: string): LeftOutFile[] {
  const names = [
    ...stderr.matchAll(/^error: (?:open\("(.+)"\)|unable to index file '(.+)'|invalid path '(.+)')/gm),
  ];
  const unique = new Set(names.map((match) => match[1] ?? match[2] ?? match[3] ?? ''));
  return [...unique].map((name) => ({ path: name, reason: 'unreadable' }));
}

function byPath(one: LeftOutFile, other: LeftOutFile): number {
  return one.path < other.path ? -1 : one.path > other.path ? 1 : 0;
}
