import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';

import { MARKER_VARIABLE } from './sandbox-environment.js';

/** Which processes a sweep ends. */
export interface SweepTarget {
  /** Start of the marker's value, e.g. `<sandbox>/` for a whole sandbox. */
  readonly marker: string;
  /** Processes that work in this folder are ended too. */
  readonly folder?: string;
  /** Processes that started before this are left alone; see {@link processTime}. */
  readonly since?: number;
}

interface ProcessFacts {
  readonly id: number;
  readonly parent: number;
  readonly started: number;
}

/** Units of the kernel's process clock in a second; the same on every architecture that Node runs on. */
const TICKS = 100;

/** Place of the start time in `/proc/<id>/stat`, counted from the state. */
const START_FIELD = 19;
const MAXIMUM_ROUNDS = 50;

/**
 * Ends every process of the target by SIGKILL: those that carry the marker, those that work in the folder, and
 * the descendants of both, whatever session or group they moved to. A process that cleared its environment, left
 * the folder and lost its parent is not found; only a confined sandbox holds that one. Does nothing where there
 * is no `/proc`.
 *
 * Synchronous, because it also runs while the harness exits.
 */
export function sweepProcesses(target: SweepTarget): void {
  for (let round = 0; round < MAXIMUM_ROUNDS; round += 1) {
    const found = findProcesses(target, round > 0);
    if (found.length === 0) return;
    for (const id of found) {
      try {
        process.kill(id, 'SIGKILL');
      } catch {
        // It ended by itself in the meantime.
      }
    }
  }
}

/** Now, on the clock by which the kernel notes when processes start; 0 where there is none. */
export function processTime(): number {
  // One tick back, because both clocks are rounded.
  return Math.max(0, Math.floor(Number(readOrEmpty('/proc/uptime').split(' ')[0]) * TICKS) - 1);
}

/** The ids of the living processes that {@link sweepProcesses} would end. */
export function findProcesses(target: SweepTarget, isFresh = true): number[] {
  const all = isFresh ? listProcesses() : recentProcesses();
  const spared = selfAndAncestors(all);
  const children = new Map<number, number[]>();
  const found = new Set<number>();
  for (const { id, parent, started } of all) {
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [id]);
    else siblings.push(id);
    if (spared.has(id) || started < (target.since ?? 0)) continue;
    if (hasMarker(id, target.marker) || worksIn(id, target.folder)) found.add(id);
  }
  for (const id of found) {
    for (const child of children.get(id) ?? []) if (!spared.has(child)) found.add(child);
  }
  return [...found];
}

let recent: readonly ProcessFacts[] | undefined;

/** The processes as they were in this turn of the event loop: sandboxes that end together look once. */
function recentProcesses(): readonly ProcessFacts[] {
  if (recent === undefined) {
    recent = listProcesses();
    setImmediate(() => {
      recent = undefined;
    }).unref();
  }
  return recent;
}

function listProcesses(): ProcessFacts[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const stat = readOrEmpty(`/proc/${name}/stat`);
    // The program's name comes second, in parentheses, and may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, parent] = fields;
    return state === undefined || state === '' || state === 'Z'
      ? []
      : [{ id: Number(name), parent: Number(parent), started: Number(fields[START_FIELD]) }];
  });
}

function selfAndAncestors(all: readonly ProcessFacts[]): ReadonlySet<number> {
  const parents = new Map(all.map(({ id, parent }) => [id, parent]));
  const chain = new Set<number>();
  let id: number | undefined = process.pid;
  while (id !== undefined && !chain.has(id)) {
    chain.add(id);
    id = parents.get(id);
  }
  return chain;
}

function hasMarker(id: number, marker: string): boolean {
  const environment = readOrEmpty(`/proc/${id}/environ`);
  const entry = `${MARKER_VARIABLE}=${marker}`;
  return environment.startsWith(entry) || environment.includes(`\0${entry}`);
}

function worksIn(id: number, folder: string | undefined): boolean {
  if (folder === undefined) return false;
  try {
    const place = readlinkSync(`/proc/${id}/cwd`);
    return place === folder || place.startsWith(folder + path.sep);
  } catch {
    return false;
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
