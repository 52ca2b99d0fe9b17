import { mkdirSync, existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandLine } from './command-line.js';

describe('troupe doctor', () => {
  const line = commandLine();

  it('says in a table what this machine can do', async () => {
    const { code, stdout } = await line.run(['doctor']);
    expect(code).toBe(0);
    for (const name of ['Node', 'git', 'confined sandbox', 'Docker', 'disk']) {
      expect(stdout).toMatch(new RegExp(`^${name}\\t(ok|limited|missing)\\t\\S`, 'm'));
    }
    expect(stdout).not.toContain('removed');
    line.expectNothingLeft();
  });

  it('says the same as JSON, with a remedy for whatever is missing', async () => {
    const { code, stdout } = await line.run(['doctor', '--json']);
    expect(code).toBe(0);
    const { checks, sandboxes, removed } = JSON.parse(stdout) as {
      checks: { name: string; state: string; detail: string; remedy?: string }[];
      sandboxes: Record<string, boolean>;
      removed?: unknown;
    };
    expect(removed).toBeUndefined();
    expect(Object.keys(sandboxes)).toEqual(['confined', 'docker']);
    for (const { state, remedy } of checks) if (state === 'missing') expect(remedy).toMatch(/\w/);
  });

  it('removes with --clean what a dead run left in the work folder, and nothing of a living one', async () => {
    const work = path.join(line.root, 'doctor-work');
    const dead = spawnSync('true').pid;
    const leftover = path.join(work, `troupe-${dead}-agent1-abc`);
    const living = path.join(work, `troupe-${process.pid}-agent1-abc`);
    for (const folder of [leftover, living]) mkdirSync(folder, { recursive: true });
    const { code, stdout } = await line.run(['doctor', '--clean', '--json'], {
      environment: { TROUPE_WORK_DIR: work },
    });
    expect(code).toBe(0);
    const { removed } = JSON.parse(stdout) as { removed: { kind: string; name: string }[] };
    expect(removed).toContainEqual({ kind: 'folder', name: leftover });
    expect([existsSync(leftover), existsSync(living)]).toEqual([false, true]);
  });

  it('fails where git is missing, and says what installs it', async () => {
    const { code, stdout } = await line.run(['doctor'], { environment: { PATH: line.emptyFolder() } });
    expect(code).toBe(2);
    expect(stdout).toMatch(/^git\tmissing\t.*\tinstall|^git\tmissing\t.*\t.*install/m);
  });
});
