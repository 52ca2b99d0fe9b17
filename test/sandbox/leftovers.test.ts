import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { findMachineLeftovers, makerOf, removeMachineLeftovers } from '../../src/sandbox/leftovers.js';
import { MARKER_VARIABLE } from '../../src/sandbox/sandbox-environment.js';

/** The id of a process that has ended. */
function deadProcess(): number {
  return spawnSync('true').pid;
}

describe('leftovers of dead runs', () => {
  let root: string;
  let places: { workRoots: string[]; isAlive: (id: number) => boolean };
  let dead: number;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'leftovers-test-'));
    dead = deadProcess();
    // What other tests of this machine leave is none of this one's business.
    places = { workRoots: [root], isAlive: (id) => id !== dead };
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('are told by the process id in their names', () => {
    expect(makerOf('troupe-4711-agent1-x8Zq2a')).toBe(4711);
    expect(makerOf('troupe-run-x8Zq2a')).toBeUndefined();
    expect(makerOf('other-4711-x')).toBeUndefined();
  });

  it('are removed, read-only folders too, and what lives stays', async () => {
    await mkdir(path.join(root, `troupe-${dead}-agent1-abc`, 'a', 'b'), { recursive: true, mode: 0o755 });
    await writeFile(path.join(root, `troupe-${dead}-agent1-abc`, 'a', 'b', 'file'), '');
    await mkdir(path.join(root, `troupe-${process.pid}-agent1-abc`));
    await mkdir(path.join(root, 'troupe-notes'));
    const removed = await removeMachineLeftovers(places);
    expect(removed).toEqual([
      { kind: 'folder', name: path.join(root, `troupe-${dead}-agent1-abc`), harness: dead },
    ]);
    expect((await readdir(root)).toSorted()).toEqual(
      [`troupe-${process.pid}-agent1-abc`, 'troupe-notes'].toSorted(),
    );
    expect(await removeMachineLeftovers(places)).toEqual([]);
  });

  it('are no links and no files, whatever their names', async () => {
    await mkdir(path.join(root, 'precious'));
    await writeFile(path.join(root, 'precious', 'file'), '');
    await symlink(path.join(root, 'precious'), path.join(root, `troupe-${dead}-link-abc`));
    await writeFile(path.join(root, `troupe-${dead}-file-abc`), '');
    expect(await findMachineLeftovers(places)).toEqual([]);
    await removeMachineLeftovers(places);
    expect(await readdir(path.join(root, 'precious'))).toEqual(['file']);
  });

  it('are processes that carry the marker of a dead harness, and no others', async () => {
    const start = (harness: number): number => {
      const child = spawn('sleep', ['1000'], {
        detached: true,
        stdio: 'ignore',
        env: { [MARKER_VARIABLE]: `${harness}-0123456789abcdef/1/` },
      });
      child.unref();
      return child.pid as number;
    };
    const stray = start(dead);
    const living = start(process.pid);
    try {
      await expect
        .poll(() => findMachineLeftovers(places), { timeout: 5000 })
        .toEqual([{ kind: 'process', name: String(stray), harness: dead }]);
      await removeMachineLeftovers(places);
      expect(await findMachineLeftovers(places)).toEqual([]);
      expect(process.kill(living, 0)).toBe(true);
    } finally {
      process.kill(living, 'SIGKILL');
    }
  });

  it('are not looked for where there is no such folder', async () => {
    expect(await findMachineLeftovers({ ...places, workRoots: [path.join(root, 'nowhere')] })).toEqual([]);
  });
});
