import { spawn } from 'node:child_process';
import { cp, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { UserMistake } from '../base/errors.js';
import { closedGitEnvironment } from '../git/git-process.js';
import { isBesideSetup } from './task-key.js';
import { requireScript, type Task } from './task.js';

/** Milliseconds. Cloning and installing a large project takes a while. */
export const SETUP_TIMEOUT = 30 * 60 * 1000;

/** What installers need of the surroundings: where things are and how to reach out, and no key. */
const PASSED_ON: readonly string[] = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'TZ',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
];

/** Hooks and signatures of the user's are off; all else of git a setup script may use, transports included. */
const GIT_CONFIGURATION = {
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.autocrlf': 'false',
  'commit.gpgSign': 'false',
  'init.defaultBranch': 'main',
  'gc.auto': '0',
  'advice.detachedHead': 'false',
};

export interface SetupOptions {
  /** Milliseconds. */
  readonly timeout?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Copies a task's files, features left out, into `scratch` and runs setup.sh there, whether it finds its way
 * by its own path or by the working folder.
 *
 * @throws {UserMistake} where there is no setup.sh, or it fails or takes too long.
 */
export async function runSetup(task: Task, scratch: string, options: SetupOptions = {}): Promise<void> {
  const script = await requireScript(task, 'setup.sh');
  await mkdir(scratch, { recursive: true });
  const names = (await readdir(task.folder)).filter((name) => !isBesideSetup(name));
  await Promise.all(names.map((name) => cp(path.join(task.folder, name), path.join(scratch, name), { recursive: true, verbatimSymlinks: true })));
  const { exitCode, output, timedOut } = await runScript(scratch, options);
  if (timedOut) throw setupFailed(script, 'setup.sh took too long', output);
  if (exitCode !== 0) throw setupFailed(script, `setup.sh failed with exit code ${exitCode}`, output);
}

interface ScriptEnd {
  readonly exitCode: number;
  readonly output: string;
  readonly timedOut: boolean;
}

function runScript(folder: string, options: SetupOptions): Promise<ScriptEnd> {
  return new Promise((resolve, reject) => {
    options.signal?.throwIfAborted();
    const child = spawn('bash', [path.join(folder, 'setup.sh')], {
      cwd: folder,
      env: setupEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that whatever the script started ends with it.
      detached: true,
    });
    let output = '';
    let timedOut = false;
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-8000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const end = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // The group is gone already.
      }
    };
    const timer = setTimeout(() => {
      timedOut = true;
      end();
    }, options.timeout ?? SETUP_TIMEOUT);
    options.signal?.addEventListener('abort', end, { once: true });
    const settle = (): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', end);
      end();
    };
    child.on('error', (error) => {
      settle();
      reject(error);
    });
    // Not `close`: a child left behind may hold the pipes open for ever.
    child.on('exit', (code) => {
      settle();
      if (options.signal?.aborted) reject(options.signal.reason);
      else setImmediate(() => resolve({ exitCode: code ?? -1, output, timedOut }));
    });
  });
}

function setupEnvironment(): Record<string, string> {
  const environment: Record<string, string> = { ...closedGitEnvironment(GIT_CONFIGURATION), LC_ALL: 'C.UTF-8' };
  for (const name of PASSED_ON) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}

function setupFailed(script: string, what: string, output: string): UserMistake {
  const lastLine = output.trim().split('\n').at(-1)?.trim() ?? '';
  return new UserMistake(`${what}${lastLine === '' ? '' : `: ${lastLine}`}`, {
    code: 'setup-failed',
    where: script,
    remedy: 'run it by hand in a copy of the task folder to see why',
  });
}
