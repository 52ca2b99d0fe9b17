import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect } from 'vitest';
import { processesUnder } from '../simulation/workbench.js';

export const PROJECT = path.resolve(import.meta.dirname, '../..');
/** The built command line; `npm test` builds before. */
export const MAIN = path.join(PROJECT, 'dist/src/cli/main.js');

/** How a command ended. */
export interface CommandEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way. */
export interface StartedCommand {
  readonly child: ChildProcess;
  readonly end: Promise<CommandEnd>;
  /** Resolves once stderr holds the text; fails where the command ends without it. */
  saying(text: string): Promise<void>;
}

export interface CommandOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: an empty folder of its own. */
  readonly folder?: string;
  /** Another program than the command line, e.g. a shell. */
  readonly program?: readonly [string, ...string[]];
}

/** Empty folders, a clean home and a shared cache for the commands of one suite. */
export interface CommandLine {
  /** Holds everything; gone after the suite. */
  readonly root: string;
  /** An empty folder to call commands in. */
  emptyFolder(): string;
  start(words: readonly string[], options?: CommandOptions): StartedCommand;
  run(words: readonly string[], options?: CommandOptions): Promise<CommandEnd>;
  /** Fails where a command left a process, a sandbox or a temporary file. */
  expectNothingLeft(): void;
}

export function commandLine(): CommandLine {
  const root = mkdtempSync(path.join(tmpdir(), 'troupe-cli-'));
  const place = (name: string): string => {
    mkdirSync(path.join(root, name), { recursive: true });
    return path.join(root, name);
  };
  // Where sandboxes are by default; stores of gold patches lie there as well.
  const work = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'troupe-cli-work-'));
  const temporary = place('tmp');
  const base: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOME: place('home'),
    TROUPE_CACHE_DIR: place('cache'),
    TROUPE_WORK_DIR: work,
    TMPDIR: temporary,
  };
  let count = 0;
  const line: CommandLine = {
    root,
    emptyFolder: () => place(`folder${(count += 1)}`),
    start(words, options = {}) {
      const [program, ...first] = options.program ?? [process.execPath, MAIN];
      const child = spawn(program, [...first, ...words], {
        cwd: options.folder ?? line.emptyFolder(),
        env: { ...base, ...options.environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      return follow(child);
    },
    run: (words, options) => line.start(words, options).end,
    expectNothingLeft() {
      expect(readdirSync(work)).toEqual([]);
      expect(readdirSync(temporary)).toEqual([]);
      expect(processesUnder(root)).toEqual([]);
      expect(processesUnder(work)).toEqual([]);
    },
  };
  afterAll(() => {
    for (const folder of [root, work]) rmSync(folder, { recursive: true, force: true });
  });
  return line;
}

function follow(child: ChildProcess): StartedCommand {
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const listener of listeners) listener();
  });
  const end = new Promise<CommandEnd>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return {
    child,
    end,
    saying: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!stderr.includes(text)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
        void end.then(() => reject(new Error(`ended without "${text}": ${stderr}`)));
      }),
  };
}

/** Every file below a folder with its content, by relative path; none for a folder that is not there. */
export function filesBelow(folder: string): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  if (!existsSync(folder)) return found;
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const file = path.join(folder, name);
    if (statSync(file).isFile()) found.set(name, readFileSync(file));
  }
  return found;
}

/** The lines of a text, the last line's end left out. */
export function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n');
}
