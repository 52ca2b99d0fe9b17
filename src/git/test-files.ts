import { parsePatch, type PatchFile } from './patch-text.js';

const TEST_FOLDERS: ReadonlySet<string> = new Set([
  'test',
  'tests',
  '__tests__',
  '__snapshots__',
  'testdata',
]);

const TEST_NAMES: readonly RegExp[] = [
  /^(test_.*|.*_test|tests|conftest)\.pyi?$/i,
  /\.(test|spec)\.[cm]?[jt]sx?$/i,
  /_test\.go$/,
  /^(.*_)?tests?\.rs$/,
  /\.snap$/,
];

/**
 * Whether a path is a test's by the habits of Python, JavaScript, TypeScript, Go and Rust: a folder called
 * `test`, `tests`, … (in any case) above it, or a name such as `test_x.py`, `x.spec.ts`, `x_test.go`.
 */
export function isTestFile(path: string): boolean {
  const parts = path.split('/');
  const name = parts.pop() ?? '';
  return (
    parts.some((part) => TEST_FOLDERS.has(part.toLowerCase())) ||
    TEST_NAMES.some((pattern) => pattern.test(name))
  );
}

/** Every path that a patch touches, before and after. */
export function touchedPaths(files: readonly PatchFile[]): Set<string> {
  return new Set(files.flatMap((file) => [file.oldPath, file.newPath]).filter((path) => path !== undefined));
}

export interface PatchSplit {
  /** The patch without the files that were taken out; empty where none is left. */
  readonly patch: Buffer;
  /** Paths of the files that were taken out. */
  readonly removedPaths: readonly string[];
}

/** Takes every file out of a patch for which `isUnwanted` holds of its old or new path. */
export function withoutFiles(patch: Buffer, isUnwanted: (path: string) => boolean): PatchSplit {
  const files = parsePatch(patch);
  const isOut = (file: PatchFile): boolean => [...touchedPaths([file])].some(isUnwanted);
  const removed = files.filter(isOut);
  if (removed.length === 0) return { patch, removedPaths: [] };
  const kept = files.filter((file) => !isOut(file));
  return {
    patch: Buffer.concat(kept.map((file) => patch.subarray(file.start, file.end))),
    removedPaths: [...touchedPaths(removed)].sort(),
  };
}

/**
 * Takes test files out of an agent's patch, as CooperBench does before evaluating: the task's own tests
 * must judge, and two agents' tests in one file would conflict for no reason.
 *
 * @param testsPatches the tests.patch of each feature under evaluation; every path they touch goes too.
 */
export function withoutTestFiles(patch: Buffer, testsPatches: readonly Buffer[] = []): PatchSplit {
  const alsoOut = new Set(testsPatches.flatMap((tests) => [...touchedPaths(parsePatch(tests))]));
  return withoutFiles(patch, (path) => isTestFile(path) || alsoOut.has(path));
}
