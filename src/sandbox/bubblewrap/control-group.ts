import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { ConfinedLimits } from './limits.js';

/** Where control groups can be made on this machine. */
export interface ControlGroupPlaces {
  readonly version: 1 | 2;
  /** Existing groups below which new ones are made; one in version 2, one a controller in version 1. */
  readonly parents: readonly string[];
}

/** A group of processes of which the kernel counts memory and processes together. */
export class ControlGroup {
  readonly #folders: readonly string[];

  private constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /** @throws the file system's error where this user may not. */
  static create(
    places: ControlGroupPlaces,
    limits: Pick<ConfinedLimits, 'memory' | 'processes'>,
  ): ControlGroup {
    const name = `troupe-${process.pid}-${randomBytes(6).toString('hex')}`;
    const group = new ControlGroup(places.parents.map((parent) => path.join(parent, name)));
    try {
      for (const folder of group.#folders) mkdirSync(folder);
      for (const [file, value] of limitFiles(places.version, group.#folders, limits)) {
        writeFileSync(file, value);
      }
      return group;
    } catch (error) {
      group.removeSynchronously();
      throw error;
    }
  }

  /** Files to which a process writes `0` to enter. */
  get entrances(): string[] {
    return this.#folders.map((folder) => path.join(folder, 'cgroup.procs'));
  }

  /** Once its processes are dead; waits for those that are not yet reaped, which keep it for a moment. */
  async remove(): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS && !this.#removed(); attempt += 1) await delay(PAUSE);
  }

  /** What {@link remove} does while this process ends. */
  removeSynchronously(): void {
    for (let attempt = 0; attempt < ATTEMPTS && !this.#removed(); attempt += 1) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
    }
  }

  #removed(): boolean {
    return this.#folders.filter((folder) => !removed(folder)).length === 0;
  }
}

/** Milliseconds between two attempts. */
const PAUSE = 10;
const ATTEMPTS = 100;

function removed(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

function limitFiles(
  version: 1 | 2,
  folders: readonly string[],
  { memory, processes }: Pick<ConfinedLimits, 'memory' | 'processes'>,
): [string, string][] {
  const [first = '', second = ''] = folders;
  return version === 2
    ? [
        [path.join(first, 'memory.max'), String(memory)],
        [path.join(first, 'pids.max'), String(processes)],
      ]
    : [
        [path.join(first, 'memory.limit_in_bytes'), String(memory)],
        [path.join(second, 'pids.max'), String(processes)],
      ];
}

let found: { readonly places: ControlGroupPlaces | undefined } | undefined;

/** The places where this user can make groups and put processes into them; tried once a process. */
export function findControlGroups(): ControlGroupPlaces | undefined {
  found ??= { places: candidates().find(isUsable) };
  return found.places;
}

/** Every group below which one of ours may lie. */
export function controlGroupParents(): string[] {
  return findControlGroups()?.parents.slice() ?? [];
}

function candidates(): ControlGroupPlaces[] {
  return controlGroupCandidates(read('/proc/self/cgroup'), read('/proc/self/mounts')).filter(
    ({ version, parents }) =>
      version === 1 ||
      /\bmemory\b.*\bpids\b/.test(read(path.join(parents[0] ?? '', 'cgroup.subtree_control'))),
  );
}

/**
 * Groups that could be parents, the nearest to this process first.
 *
 * @param own text of `/proc/self/cgroup`
 * @param mounts text of `/proc/self/mounts`
 */
export function controlGroupCandidates(own: string, mounts: string): ControlGroupPlaces[] {
  const lines = own.split('\n').map((line) => /^\d+:([^:]*):(.*)$/.exec(line));
  const ownGroup = (controller: string): string | undefined =>
    lines.find((match) => match?.[1]?.split(',').includes(controller))?.[2];
  const mounted = mounts.split('\n').map((line) => line.split(' '));
  const mountOf = (controller: string): string | undefined =>
    mounted.find(([, , type, options]) => type === 'cgroup' && options?.split(',').includes(controller))?.[1];

  const places: ControlGroupPlaces[] = [];
  const [memory, processes] = [mountOf('memory'), mountOf('pids')];
  const [ownMemory, ownProcesses] = [ownGroup('memory'), ownGroup('pids')];
  if (memory !== undefined && processes !== undefined) {
    if (ownMemory !== undefined && ownProcesses !== undefined) {
      places.push({
        version: 1,
        parents: [path.join(memory, ownMemory), path.join(processes, ownProcesses)],
      });
    }
  }
  const unified = mounted.find(([, , type]) => type === 'cgroup2')?.[1];
  const group = ownGroup('');
  if (unified !== undefined && group !== undefined) {
    for (let place = group; ; place = path.dirname(place)) {
      places.push({ version: 2, parents: [path.join(unified, place)] });
      if (place === '/' || place === '.') break;
    }
  }
  return places;
}

/** Makes a group and has a process enter it, since permission alone does not tell. */
function isUsable(places: ControlGroupPlaces): boolean {
  try {
    const group = ControlGroup.create(places, { memory: 64 * 1024 * 1024, processes: 16 });
    const script = 'for group; do echo 0 > "$group" || exit 1; done';
    const { status } = spawnSync('/bin/sh', ['-c', script, 'sh', ...group.entrances], {
      stdio: 'ignore',
      env: {},
      timeout: 5000,
    });
    group.removeSynchronously();
    return status === 0;
  } catch {
    return false;
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
