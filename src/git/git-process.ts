import { spawn } from 'node:child_process';
import { InfrastructureFault, UserMistake } from '../base/errors.js';

/** How one git process is run. Paths are absolute. */
export interface GitRun {
  /** Working folder of the process. Default: the git directory. */
  readonly folder?: string;
  readonly gitDirectory?: string;
  readonly workTree?: string;
  readonly indexFile?: string;
  /** Where objects are read and written, if not in the git directory. */
  readonly objectDirectory?: string;
  /** Where objects are read as well. */
  readonly alternateObjectDirectory?: string;
  /**
   * The git directory was made by us and its configuration file holds {@link configurationText}. Saves handing
   * the same settings over by some forty variables, which costs more than most of our git calls take.
   */
  readonly isOwn?: boolean;
  readonly input?: string | Uint8Array;
  /** Exit codes that are answers, not faults. Default: 0 alone. */
  readonly accept?: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

export interface GitOutput {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A git process ended in a way that is no answer. */
export class GitError extends InfrastructureFault {
  readonly exitCode: number;
  readonly stderr: string;

  constructor(command: readonly string[], exitCode: number, stderr: string, where?: string) {
    const said = firstComplaint(stderr);
    super(`git ${subcommand(command)} failed with exit code ${exitCode}${said === '' ? '' : `: ${said}`}`, {
      code: 'git-failed',
      ...(where === undefined ? {} : { where }),
    });
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

function subcommand(command: readonly string[]): string {
  return command.find((argument) => /^[a-z]/.test(argument)) ?? '';
}

/** The line of git's stderr that says most: the first error or fatal line, without its prefix. */
export function firstComplaint(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const complaint = lines.find((line) => /^(error|fatal):/.test(line)) ?? lines[0] ?? '';
  return complaint.replace(/^(error|fatal):\s*/, '').trim();
}

/** Nothing of the machine's, the user's or a repository's configuration decides what our git does. */
const CONFIGURATION: Readonly<Record<string, string>> = {
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.untrackedCache': 'false',
  'core.attributesFile': '/dev/null',
  'core.excludesFile': '/dev/null',
  'core.autocrlf': 'false',
  'core.safecrlf': 'false',
  'core.symlinks': 'true',
  'core.fileMode': 'true',
  'core.ignoreCase': 'false',
  'core.precomposeUnicode': 'false',
  'core.protectHFS': 'true',
  'core.protectNTFS': 'true',
  // Stores are scratch: losing one in a power cut costs a re-run, syncing each object costs every run.
  'core.fsync': 'none',
  'core.looseCompression': '1',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'protocol.allow': 'never',
  'submodule.recurse': 'false',
  'commit.gpgSign': 'false',
  'merge.conflictStyle': 'merge',
  // Repositories made by another user inside a container are read, never obeyed.
  'safe.directory': '*',
};

/** The closed configuration as a configuration file for repositories of ours. */
export function configurationText(): string {
  const settings = { 'core.repositoryFormatVersion': '0', 'core.bare': 'true', ...CONFIGURATION };
  return Object.entries(settings)
    .map(
      ([key, value]) =>
        `[${key.slice(0, key.indexOf('.'))}]\n\t${key.slice(key.indexOf('.') + 1)} = ${value}\n`,
    )
    .join('');
}

/** Author and committer of every commit of ours: commit identifiers depend on content alone. */
export const IDENTITY = {
  name: 'Troupe',
  email: 'troupe@localhost',
  /** Seconds since the epoch, and time zone. */
  date: '1767225600 +0000',
} as const;

/** No configuration or attributes but a repository's own. */
const CLOSED_OFF: Readonly<Record<string, string>> = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_TERMINAL_PROMPT: '0',
};

/** The variables that close git off from its surroundings; also given to setup scripts. */
export function closedGitEnvironment(
  configuration: Readonly<Record<string, string>> = CONFIGURATION,
): Record<string, string> {
  const environment: Record<string, string> = {
    ...CLOSED_OFF,
    GIT_AUTHOR_NAME: IDENTITY.name,
    GIT_AUTHOR_EMAIL: IDENTITY.email,
    GIT_AUTHOR_DATE: IDENTITY.date,
    GIT_COMMITTER_NAME: IDENTITY.name,
    GIT_COMMITTER_EMAIL: IDENTITY.email,
    GIT_COMMITTER_DATE: IDENTITY.date,
  };
  const entries = Object.entries(configuration);
  environment['GIT_CONFIG_COUNT'] = String(entries.length);
  entries.forEach(([key, value], index) => {
    environment[`GIT_CONFIG_KEY_${index}`] = key;
    environment[`GIT_CONFIG_VALUE_${index}`] = value;
  });
  return environment;
}

const NOWHERE = { HOME: '/dev/null', LC_ALL: 'C' };
const OWN_ENVIRONMENT = { ...CLOSED_OFF, ...NOWHERE };
const CLOSED_ENVIRONMENT = { ...closedGitEnvironment(), ...NOWHERE };

/** Bytes; a git that prints more is taken for a run-away. */
const MAXIMUM_OUTPUT = 1024 ** 3;

/**
 * Runs git without a shell, with a closed configuration and environment, and checks its exit code.
 *
 * @throws {GitError} for an exit code that is not accepted.
 * @throws {UserMistake} where git is not installed.
 * @throws the signal's reason once `signal` has aborted; the process is then gone.
 */
export function runGit(command: readonly string[], run: GitRun = {}): Promise<GitOutput> {
  return new Promise((resolve, reject) => {
    if (run.signal?.aborted) {
      reject(run.signal.reason);
      return;
    }
    const folder = run.folder ?? run.workTree ?? run.gitDirectory;
    const child = spawn('git', command, {
      ...(folder === undefined ? {} : { cwd: folder }),
      env: environmentFor(run),
      stdio: [run.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let size = 0;
    const onAbort = (): void => void child.kill('SIGKILL');
    run.signal?.addEventListener('abort', onAbort, { once: true });
    child.stdout?.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAXIMUM_OUTPUT) child.kill('SIGKILL');
      else stdout.push(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      if (stderr.length < 1000) stderr.push(chunk);
    });
    // Git may end before it has read all of its input; its exit code tells.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(run.input);
    child.on('error', (error: NodeJS.ErrnoException) => {
      run.signal?.removeEventListener('abort', onAbort);
      reject(startFault(command, error));
    });
    child.on('close', (code, signalName) => {
      run.signal?.removeEventListener('abort', onAbort);
      if (run.signal?.aborted) {
        reject(run.signal.reason);
        return;
      }
      const exitCode = code ?? -1;
      const complaint = Buffer.concat(stderr).toString() || (signalName ? `killed by ${signalName}` : '');
      if ((run.accept ?? [0]).includes(exitCode)) {
        resolve({ exitCode, stdout: Buffer.concat(stdout), stderr: complaint });
      } else {
        reject(new GitError(command, exitCode, complaint, run.workTree ?? run.gitDirectory ?? folder));
      }
    });
  });
}

function environmentFor(run: GitRun): Record<string, string> {
  const environment: Record<string, string> = {
    ...(run.isOwn === true ? OWN_ENVIRONMENT : CLOSED_ENVIRONMENT),
    PATH: process.env['PATH'] ?? '',
  };
  if (run.gitDirectory !== undefined) environment['GIT_DIR'] = run.gitDirectory;
  if (run.workTree !== undefined) environment['GIT_WORK_TREE'] = run.workTree;
  if (run.indexFile !== undefined) environment['GIT_INDEX_FILE'] = run.indexFile;
  if (run.objectDirectory !== undefined) environment['GIT_OBJECT_DIRECTORY'] = run.objectDirectory;
  if (run.alternateObjectDirectory !== undefined) {
    // Quoted, because a colon would part two folders.
    const quoted = run.alternateObjectDirectory.replace(/["\\]/g, '\\$&');
    environment['GIT_ALTERNATE_OBJECT_DIRECTORIES'] = `"${quoted}"`;
  }
  return environment;
}

function startFault(command: readonly string[], error: NodeJS.ErrnoException): Error {
  if (error.code === 'ENOENT' && error.path === 'git') {
    return new UserMistake('git was not found', {
      code: 'git-missing',
      remedy: 'install git 2.39 or newer and put it on PATH',
    });
  }
  return new InfrastructureFault(`git ${subcommand(command)} could not be started: ${error.message}`, {
    code: 'git-not-started',
    cause: error,
  });
}
