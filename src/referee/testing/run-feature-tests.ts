import { readFile } from 'node:fs/promises';

import { describeError, InfrastructureFault } from '../../base/errors.js';
import type {
  CommandResult,
  ManagedSandbox,
  SandboxProvider,
  SandboxRequest,
} from '../../sandbox/sandbox.js';
import { parseTestOutput } from './test-output.js';
import { judgeTestRun, type TestFailureReason } from './test-verdict.js';

/** Everything about a test run but which feature's tests it runs. */
export interface TestBench {
  readonly provider: SandboxProvider;
  /** Fills the clone with the tree to be tested. It should be committed: test scripts reset the clone when they end. */
  readonly populate: SandboxRequest['populate'];
  /** Name of the clone's folder. */
  readonly folderName: string;
  /** Absolute path on the host of the task's `run_tests.sh`, called as `run_tests.sh <clone> <tests.patch> [<feature.patch>]`. */
  readonly testScript: string;
  /** A patch for the script to apply before the tests'; the tree as it is where absent. */
  readonly featurePatch?: string | Uint8Array;
  /** Milliseconds for one feature's tests. Default 600,000. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
  /**
   * Takes over waiting for the sandbox's removal, which then goes on beside what comes next; its processes have
   * ended by then. Awaited before the result where absent.
   */
  readonly onDisposal?: (disposal: Promise<void>) => void;
}

export interface FeatureTestRequest extends TestBench {
  readonly testsPatch: string | Uint8Array;
}

export interface FeatureTestResult {
  readonly passed: boolean;
  /** Of the script; 124 after a timeout. */
  readonly exitCode: number;
  /** Absent where the runner's summary is not understood or counts no tests. */
  readonly testsPassed?: number;
  readonly testsFailed?: number;
  /** Given when the tests did not pass. */
  readonly reason?: TestFailureReason;
  /** The last 64 KiB of what the script wrote to stdout and stderr, in the order of writing. */
  readonly output: string;
  /** Milliseconds. */
  readonly duration: number;
}

const DEFAULT_TIMEOUT = 600_000;
/** Bytes of output that are searched for summaries. */
const MAXIMUM_OUTPUT = 8 * 1024 * 1024;
/** Bytes of output that a result keeps. */
export const KEPT_OUTPUT = 64 * 1024;

/**
 * Runs one feature's tests on a tree, in a fresh sandbox. Script and patches lie beside the clone, where the
 * tested tree cannot put anything in their place.
 *
 * @throws {InfrastructureFault} when the tests could not be run, which says nothing about the tree; the signal's
 * reason once it has aborted; whatever `populate` throws.
 */
export async function runFeatureTests(request: FeatureTestRequest): Promise<FeatureTestResult> {
  const { testsPatch, ...bench } = request;
  const results = await runFeatureTestsInOneTree(bench, { feature: testsPatch });
  return results['feature'] as FeatureTestResult;
}

/**
 * Runs several features' tests one after another in the same clone, which spares setting it up again. Right only
 * where the script leaves the clone as it found it, and where the tested code is not out to deceive later tests;
 * {@link runFeatureTests} asks for neither. Throws as it does.
 *
 * @param testsPatches name of a feature → its tests; the results have the same names.
 */
export async function runFeatureTestsInOneTree(
  bench: TestBench,
  testsPatches: Readonly<Record<string, string | Uint8Array>>,
): Promise<Record<string, FeatureTestResult>> {
  const patches = Object.entries(testsPatches);
  const inputs: Record<string, string | Uint8Array> = { [SCRIPT]: await readScript(bench.testScript) };
  patches.forEach(([, patch], index) => {
    inputs[patchName(index)] = patch;
  });
  if (bench.featurePatch !== undefined) inputs[FEATURE_PATCH] = bench.featurePatch;
  bench.signal?.throwIfAborted();
  const sandbox = await bench.provider.create({
    name: 'referee',
    folderName: bench.folderName,
    populate: bench.populate,
    inputs,
  });
  try {
    const results: Record<string, FeatureTestResult> = {};
    for (const [index, [feature]] of patches.entries()) {
      results[feature] = await runScript(sandbox, bench, patchName(index));
    }
    return results;
  } finally {
    const disposal = sandbox.dispose();
    if (bench.onDisposal === undefined) await disposal;
    else bench.onDisposal(disposal);
  }
}

const SCRIPT = 'run_tests.sh';
const FEATURE_PATCH = 'feature.patch';
const patchName = (index: number): string => (index === 0 ? 'tests.patch' : `tests${index + 1}.patch`);

async function readScript(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new InfrastructureFault(`the test script cannot be read: ${describeError(error)}`, {
      code: 'test-script-unreadable',
      where: file,
      cause: error,
    });
  }
}

async function runScript(
  sandbox: ManagedSandbox,
  bench: TestBench,
  testsPatch: string,
): Promise<FeatureTestResult> {
  const input = (name: string): string => `${sandbox.inputs}/${name}`;
  const script = [input(SCRIPT), sandbox.workspace, input(testsPatch)];
  if (bench.featurePatch !== undefined) script.push(input(FEATURE_PATCH));
  const stop = bench.signal === undefined ? {} : { signal: bench.signal };
  const result = await sandbox.run(['bash', '-c', 'exec bash "$@" 2>&1', 'bash', ...script], {
    ...stop,
    timeout: bench.timeout ?? DEFAULT_TIMEOUT,
    maximumOutput: MAXIMUM_OUTPUT,
  });
  if (result.exitCode === 126 || result.exitCode === 127) {
    const probe = await sandbox.run(['bash', '-c', 'test -r "$1"', 'bash', input(SCRIPT)], stop);
    if (probe.exitCode !== 0) throw notStarted(bench.testScript, result);
  }
  return describeRun(result);
}

function notStarted(script: string, result: CommandResult): InfrastructureFault {
  return new InfrastructureFault(`the test script could not be started: ${result.stdout}${result.stderr}`, {
    code: 'test-script-not-started',
    where: script,
    remedy: 'the sandbox needs bash',
  });
}

function describeRun({ exitCode, timedOut, duration, stdout, stderr }: CommandResult): FeatureTestResult {
  const output = stdout + stderr;
  const counts = parseTestOutput(output);
  const verdict = judgeTestRun({ exitCode, timedOut, counts });
  return {
    passed: verdict.passed,
    exitCode,
    ...(counts?.unit === 'tests' ? { testsPassed: counts.passed, testsFailed: counts.failed } : {}),
    ...(verdict.passed ? {} : { reason: verdict.reason }),
    output: lastBytes(output, KEPT_OUTPUT),
    duration,
  };
}

/** The end of a text, at most so many bytes of UTF-8, without a broken character in front. */
function lastBytes(text: string, maximum: number): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= maximum) return text;
  let start = bytes.length - maximum;
  while (((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return bytes.subarray(start).toString('utf8');
}
