import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, realpath, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { describeError, InfrastructureFault, UserMistake } from '../base/errors.js';

/** What a folder offers as a place for sandboxes. */
export interface WorkRootFacts {
  readonly writable: boolean;
  /** Whether programs in it may be executed. */
  readonly executable: boolean;
  /** Bytes. */
  readonly free: number;
}

/** Bytes that shared memory must have free before sandboxes are put there: 1 GiB. */
export const SHARED_MEMORY_MINIMUM = 1024 ** 3;

const SHARED_MEMORY = '/dev/shm';

/** Whether shared memory, where work trees are some twenty times as fast as on a disk, is fit for sandboxes. */
export function sharedMemoryIsFit(facts: WorkRootFacts | undefined): boolean {
  return facts !== undefined && facts.writable && facts.executable && facts.free >= SHARED_MEMORY_MINIMUM;
}

/**
 * The folder under which sandboxes are made: `TROUPE_WORK_DIR` where it is set, else shared memory where it is
 * fit, else the system's temporary folder.
 *
 * @throws {UserMistake} when `TROUPE_WORK_DIR` names a place that cannot be used.
 */
export async function chooseWorkRoot(
  environment: Readonly<Record<string, string | undefined>>,
  sharedMemory: string = SHARED_MEMORY,
): Promise<string> {
  const asked = environment['TROUPE_WORK_DIR'];
  if (asked !== undefined && asked !== '') return prepareAskedRoot(path.resolve(asked));
  if (sharedMemoryIsFit(await inspectWorkRoot(sharedMemory))) return realpath(sharedMemory);
  return realpath(tmpdir());
}

async function prepareAskedRoot(folder: string): Promise<string> {
  const details = {
    code: 'work-folder-unusable',
    where: 'TROUPE_WORK_DIR',
    remedy: 'name a folder that can be written and holds programs that may be executed',
  };
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new UserMistake(`${folder} cannot be made: ${describeError(error)}`, { ...details, cause: error });
  }
  const facts = await inspectWorkRoot(folder);
  if (facts?.writable !== true) throw new UserMistake(`${folder} cannot be written`, details);
  if (!facts.executable) throw new UserMistake(`${folder} does not let programs be executed`, details);
  return realpath(folder);
}

/** Looks at a folder by using it; `undefined` when it is not there. */
export async function inspectWorkRoot(folder: string): Promise<WorkRootFacts | undefined> {
  let free: number;
  try {
    const { bavail, bsize } = await statfs(folder);
    free = bavail * bsize;
  } catch {
    return undefined;
  }
  let probeFolder: string | undefined;
  try {
    probeFolder = await mkdtemp(path.join(folder, 'troupe-probe-'));
    const probe = path.join(probeFolder, 'program');
    await writeFile(probe, '#!/bin/sh\n', { mode: 0o755 });
    // The kernel refuses X_OK on a file of a file system that is mounted noexec, even to root.
    const executable = await access(probe, constants.X_OK).then(
      () => true,
      () => false,
    );
    return { writable: true, executable, free };
  } catch {
    return { writable: false, executable: false, free };
  } finally {
    if (probeFolder !== undefined) await rm(probeFolder, { recursive: true, force: true });
  }
}

/** Makes a folder of a sandbox's own under `root`, readable by nobody else. */
export async function makeSandboxFolder(root: string, name: string): Promise<string> {
  const readable = name.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 40) || 'sandbox';
  try {
    return await mkdtemp(path.join(root, `troupe-${process.pid}-${readable}-`));
  } catch (error) {
    throw new InfrastructureFault(`no sandbox folder could be made: ${describeError(error)}`, {
      code: 'sandbox-not-created',
      where: root,
      remedy: 'free some space, or set TROUPE_WORK_DIR to a folder that can be written',
      cause: error,
    });
  }
}
