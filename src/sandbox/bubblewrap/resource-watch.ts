import { statfsSync, readFileSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';

import type { ConfinedLimits } from './limits.js';

/** What the processes of a command hold. */
export interface ProcessUse {
  /** Bytes of memory that is theirs alone. */
  readonly memory: number;
  /** Processes and threads. */
  readonly processes: number;
}

/** Why a command must end; `undefined` as long as it keeps within the limits. */
export function excess(
  use: Partial<ProcessUse> & { readonly disk?: number },
  limits: ConfinedLimits,
): string | undefined {
  const over = (used: number | undefined, limit: number): boolean => used !== undefined && used > limit;
  const ended = 'the sandbox ended this command:';
  if (over(use.processes, limits.processes + OWN_PROCESSES))
    return `${ended} more than ${limits.processes} processes`;
  if (over(use.memory, limits.memory)) return `${ended} more than ${inMebibytes(limits.memory)} of memory`;
  if (over(use.disk, limits.disk)) return `${ended} its files take more than ${inMebibytes(limits.disk)}`;
  return undefined;
}

/** What confines a command counts with it here, but not where the kernel refuses it one process more. */
const OWN_PROCESSES = 8;

const inMebibytes = (bytes: number): string => `${Math.floor(bytes / 1024 ** 2)} MiB`;

/** Milliseconds between two looks. */
const INTERVAL = 200;

/** Files are only counted again when the file system has lost this share of the limit since the last count. */
const DISK_STEP = 1 / 16;

/** Milliseconds after which files are counted anyway: others may give back what the sandbox takes. */
const COUNT_AT_LEAST = 2000;
/** But no more than one part in so many of the time is spent on it. */
const COUNT_SHARE = 20;

/**
 * Looks at what a sandbox uses, where the kernel cannot be told the limit. Between two looks a command may go
 * beyond it for a moment.
 */
export class ResourceWatch {
  readonly #folders: readonly string[];
  readonly #limits: ConfinedLimits;
  readonly #countsProcesses: boolean;
  #freeAtCount: number;
  #isOver = false;
  #nextCount = performance.now() + COUNT_AT_LEAST;
  #counting = false;

  /**
   * @param folders all that the sandbox can write, on one file system.
   * @param countsProcesses whether memory and processes need a look too.
   */
  constructor(folders: readonly [string, ...string[]], limits: ConfinedLimits, countsProcesses: boolean) {
    this.#folders = folders;
    this.#limits = limits;
    this.#countsProcesses = countsProcesses;
    this.#freeAtCount = this.#free();
  }

  /** Watches the descendants of process `id` until the function it gives is called. */
  watch(id: number, end: (reason: string) => void): () => void {
    let stopped = false;
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      stopped = true;
      clearTimeout(timer);
      // What a short command wrote counts too; nobody waits for it.
      void this.#overuse(undefined).catch(() => {});
    };
    const look = async (): Promise<void> => {
      const reason = await this.#overuse(id).catch(() => undefined);
      if (stopped) return;
      if (reason !== undefined) end(reason);
      else timer = setTimeout(() => void look(), INTERVAL);
    };
    timer = setTimeout(() => void look(), INTERVAL);
    return stop;
  }

  async #overuse(id: number | undefined): Promise<string | undefined> {
    const use = id === undefined || !this.#countsProcesses ? {} : useOfDescendants(id);
    return excess(use, this.#limits) ?? this.#diskOveruse();
  }

  async #diskOveruse(): Promise<string | undefined> {
    const lost = this.#freeAtCount - this.#free();
    // One that is over may remove files, but not add to them.
    const step = this.#isOver ? 0 : this.#limits.disk * DISK_STEP;
    const isDue = performance.now() >= this.#nextCount;
    if ((lost <= step && !isDue) || this.#counting) return undefined;
    this.#counting = true;
    const started = performance.now();
    try {
      const free = this.#free();
      const sizes = await Promise.all(this.#folders.map((folder) => bytesBelow(folder)));
      const disk = sizes.reduce((sum, size) => sum + size, 0);
      this.#freeAtCount = free;
      const reason = excess({ disk }, this.#limits);
      this.#isOver = reason !== undefined;
      return reason;
    } finally {
      const now = performance.now();
      this.#nextCount = now + Math.max(COUNT_AT_LEAST, (now - started) * COUNT_SHARE);
      this.#counting = false;
    }
  }

  #free(): number {
    try {
      const { bfree, bsize } = statfsSync(this.#folders[0] ?? '/');
      return bfree * bsize;
    } catch {
      return Infinity;
    }
  }
}

/** Bytes on disk of all files below a folder; links are not followed, names of one file are each counted. */
export async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) bytes += await bytesBelow(place);
    else if (entry.isFile()) bytes += (await lstat(place).catch(() => ({ blocks: 0 }))).blocks * 512;
  }
  return bytes;
}

/** What a process and its descendants hold now; zero where they are gone. */
export function useOfDescendants(id: number): ProcessUse {
  let memory = 0;
  let processes = 0;
  const waiting = [id];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [, resident = 0, shared = 0] = words(`/proc/${next}/statm`);
    memory += Math.max(0, resident - shared) * PAGE;
    const threads = Number(/^Threads:\s+(\d+)/m.exec(read(`/proc/${next}/status`))?.[1] ?? 0);
    processes += threads;
    // Children hang on the thread that made them; programs fork from the first one with few exceptions.
    waiting.push(...words(`/proc/${next}/task/${next}/children`));
  }
  return { memory, processes };
}

const PAGE = 4096;

const words = (file: string): number[] => read(file).split(' ').filter(Boolean).map(Number);

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
