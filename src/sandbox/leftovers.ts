import { lstat, readdir } from 'node:fs/promises';
import { readdirSync, readFileSync, rmdirSync } from 'node:fs';
import path from 'node:path';

import { controlGroupParents } from './bubblewrap/control-group.js';
import { sweepProcesses } from './process-sweep.js';
import { removeFolder } from './remove-folder.js';
import { MARKER_VARIABLE } from './sandbox-environment.js';

/** Something on this machine that a run made whose harness is dead. */
export interface MachineLeftover {
  readonly kind: 'process' | 'folder' | 'control-group';
  /** Absolute path, or the process's id. */
  readonly name: string;
  /** Process id of the harness that made it. */
  readonly harness: number;
}

/** Where to look, and how to know the living. */
export interface LeftoverPlaces {
  /** Folders under which sandboxes are made. */
  readonly workRoots: readonly string[];
  readonly isAlive?: (process: number) => boolean;
}

/** The harness's process id in the name of a work folder or control group: `troupe-<id>-…`. */
export function makerOf(name: string): number | undefined {
  const text = /^troupe-(\d+)-/.exec(name)?.[1];
  return text === undefined ? undefined : Number(text);
}

/** Processes, work folders and control groups of this user's runs whose harness is dead. Changes nothing. */
export async function findMachineLeftovers(places: LeftoverPlaces): Promise<MachineLeftover[]> {
  const isAlive = places.isAlive ?? lives;
  const found: MachineLeftover[] = [
    ...strayProcesses(),
    ...(await workFolders(places.workRoots)),
    ...controlGroups(),
  ];
  return found.filter(({ harness }) => !isAlive(harness));
}

/** Removes what {@link findMachineLeftovers} finds, and says what that was. */
export async function removeMachineLeftovers(places: LeftoverPlaces): Promise<MachineLeftover[]> {
  const leftovers = await findMachineLeftovers(places);
  const names = (kind: MachineLeftover['kind']): MachineLeftover[] =>
    leftovers.filter((leftover) => leftover.kind === kind);
  for (const harness of new Set(names('process').map((each) => each.harness))) {
    sweepProcesses({ marker: `${harness}-` });
  }
  for (const { name } of names('folder')) await removeFolder(name);
  for (const { name } of names('control-group')) {
    try {
      rmdirSync(name);
    } catch {
      // The kernel still counts a process that is not yet reaped; the next cleaning takes it.
    }
  }
  return leftovers;
}

function strayProcesses(): MachineLeftover[] {
  const pattern = new RegExp(`(?:^|\\0)${MARKER_VARIABLE}=(\\d+)-`);
  return names('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    const harness = pattern.exec(read(`/proc/${name}/environ`))?.[1];
    return harness === undefined ? [] : [{ kind: 'process' as const, name, harness: Number(harness) }];
  });
}

async function workFolders(roots: readonly string[]): Promise<MachineLeftover[]> {
  const found: MachineLeftover[] = [];
  for (const root of new Set(roots)) {
    for (const entry of await readdir(root).catch(() => [])) {
      const harness = makerOf(entry);
      if (harness === undefined) continue;
      const place = path.join(root, entry);
      const stats = await lstat(place).catch(() => undefined);
      // In a folder that all users share, a name says nothing of whose it is.
      const isOurs = stats?.isDirectory() === true && stats.uid === process.getuid?.();
      if (isOurs) found.push({ kind: 'folder', name: place, harness });
    }
  }
  return found;
}

function controlGroups(): MachineLeftover[] {
  return controlGroupParents().flatMap((parent) =>
    names(parent).flatMap((entry) => {
      const harness = makerOf(entry);
      if (harness === undefined) return [];
      return [{ kind: 'control-group' as const, name: path.join(parent, entry), harness }];
    }),
  );
}

function lives(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
