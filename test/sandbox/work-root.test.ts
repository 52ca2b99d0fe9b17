import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { UserMistake } from '../../src/base/errors.js';
import {
  chooseWorkRoot,
  inspectWorkRoot,
  makeSandboxFolder,
  SHARED_MEMORY_MINIMUM,
  sharedMemoryIsFit,
} from '../../src/sandbox/work-root.js';

describe('work root', () => {
  let scratch: string;
  beforeEach(async () => {
    scratch = await realpath(await mkdtemp(path.join(tmpdir(), 'troupe-test-')));
  });
  afterEach(() => rm(scratch, { recursive: true, force: true }));

  const fit = { writable: true, executable: true, free: SHARED_MEMORY_MINIMUM };

  it('takes shared memory only when it can be written, runs programs and has a gibibyte free', () => {
    expect(sharedMemoryIsFit(fit)).toBe(true);
    expect(sharedMemoryIsFit({ ...fit, free: SHARED_MEMORY_MINIMUM - 1 })).toBe(false);
    expect(sharedMemoryIsFit({ ...fit, writable: false })).toBe(false);
    expect(sharedMemoryIsFit({ ...fit, executable: false })).toBe(false);
    expect(sharedMemoryIsFit(undefined)).toBe(false);
  });

  it('prefers the folder that the user names, and makes it', async () => {
    const asked = path.join(scratch, 'made', 'for-it');
    expect(await chooseWorkRoot({ TROUPE_WORK_DIR: asked })).toBe(asked);
    expect(await readdir(asked)).toEqual([]);
  });

  it('takes shared memory where it is fit, else the temporary folder', async () => {
    const free = (await inspectWorkRoot(scratch))?.free ?? 0;
    expect(await chooseWorkRoot({}, scratch)).toBe(
      free >= SHARED_MEMORY_MINIMUM ? scratch : await realpath(tmpdir()),
    );
    expect(await chooseWorkRoot({ TROUPE_WORK_DIR: '' }, path.join(scratch, 'not-there'))).toBe(
      await realpath(tmpdir()),
    );
  });

  it('tells the user, by the variable, of a folder that cannot be used', async () => {
    await writeFile(path.join(scratch, 'file'), '');
    for (const asked of [path.join(scratch, 'file'), path.join(scratch, 'file', 'below'), '/proc/self']) {
      const failure = await chooseWorkRoot({ TROUPE_WORK_DIR: asked }).catch((error: unknown) => error);
      expect(failure, asked).toBeInstanceOf(UserMistake);
      expect(failure).toMatchObject({ where: 'TROUPE_WORK_DIR', code: 'work-folder-unusable' });
    }
  });

  it('notices a file system that runs no programs', async () => {
    expect(await inspectWorkRoot('/proc/self')).toMatchObject({ writable: false });
    expect(await inspectWorkRoot(path.join(scratch, 'nowhere'))).toBeUndefined();
    expect(await inspectWorkRoot(scratch)).toMatchObject({ writable: true, executable: true });
    expect(await readdir(scratch)).toEqual([]);
  });

  it('makes folders of readable, safe names that nobody else can open', async () => {
    const folder = await makeSandboxFolder(scratch, '../../agent 1/ü');
    expect(path.dirname(folder)).toBe(scratch);
    expect(path.basename(folder)).toMatch(/^troupe-\d+-[A-Za-z0-9._-]*agent-1-[A-Za-z0-9-]+$/);
    await mkdir(path.join(folder, 'x'));
  });
});
