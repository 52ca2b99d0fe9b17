import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createLocalSandboxProvider } from '../../src/sandbox/local-sandbox.js';
import { findProcesses } from '../../src/sandbox/process-sweep.js';
import type { ManagedSandbox } from '../../src/sandbox/sandbox.js';

const bash = (text: string): [string, ...string[]] => ['bash', '-c', text];
/** Whether a process lives; one that is dead and only not yet reaped does not. */
const isRunning = (id: number): boolean => {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${id}/stat`, 'latin1'));
  } catch {
    return false;
  }
};

describe('local sandbox', () => {
  let root: string;
  beforeAll(async () => {
    root = await realpath(await mkdtemp(path.join(tmpdir(), 'troupe-test-')));
    await chmod(root, 0o777);
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  const provider = (): ReturnType<typeof createLocalSandboxProvider> =>
    createLocalSandboxProvider({ workRoot: root });
  const create = (populate: (folder: string) => Promise<void> = async () => {}): Promise<ManagedSandbox> =>
    provider().create({ name: 'agent1', folderName: 'repo', populate });

  describe('removal', () => {
    beforeEach(async () => {
      expect(await readdir(root)).toEqual([]);
    });

    it('leaves no file behind, and does not follow links out of the sandbox', async () => {
      const outside = await mkdtemp(path.join(tmpdir(), 'troupe-test-'));
      await writeFile(path.join(outside, 'keep'), 'kept');
      const sandbox = await create();
      await sandbox.run(
        bash(`mkdir -p a/b && touch a/b/c "$HOME/x" && chmod 500 a/b a && ln -s ${outside} link`),
      );
      await sandbox.dispose();
      expect(await readdir(root)).toEqual([]);
      expect(await readFile(path.join(outside, 'keep'), 'utf8')).toBe('kept');
      await rm(outside, { recursive: true });
    });

    it('leaves no file behind when the clone could not be filled', async () => {
      const failure = create(async (folder) => {
        await writeFile(path.join(folder, 'half'), '');
        throw new Error('no such commit');
      });
      await expect(failure).rejects.toThrow('no such commit');
      expect(await readdir(root)).toEqual([]);
    });

    it('ends background processes, also those that left their group, their environment or the clone', async () => {
      const sandbox = await create();
      const { stdout } = await sandbox.run(
        bash(`
          sleep 1001 & echo $!
          setsid sleep 1002 & echo $!
          (cd / && exec setsid sleep 1003) & echo $!
          env -i /bin/sleep 1004 & echo $!
          (cd / && bash -c 'env -i /bin/sleep 1005 & echo $!; exec sleep 1006') & sleep 0.3
        `),
      );
      const ids = stdout.trim().split('\n').map(Number);
      expect(ids).toHaveLength(5);
      for (const id of ids) expect(isRunning(id), `${id} before`).toBe(true);
      await sandbox.dispose();
      await expect.poll(() => ids.filter(isRunning), { timeout: 5000 }).toEqual([]);
      expect(await readdir(root)).toEqual([]);
    });

    it('lets a background process serve later commands until then, output and all', async () => {
      const sandbox = await create();
      const { stdout } = await sandbox.run(
        bash('(while :; do echo beat; date +%s%N > beat.new; mv beat.new beat; sleep 0.01; done) & echo $!'),
      );
      const id = Number(stdout);
      const first = await sandbox.run(bash('sleep 0.2; cat beat'));
      const second = await sandbox.run(bash('sleep 0.2; cat beat'));
      expect(Number(second.stdout)).toBeGreaterThan(Number(first.stdout));
      await sandbox.dispose();
      expect(isRunning(id)).toBe(false);
    });

    it("does not end another sandbox's processes", async () => {
      const [one, two] = await Promise.all([create(), create()]);
      const id = Number((await two.run(bash('sleep 1000 & echo $!'))).stdout);
      await one.run(bash('sleep 1000 &'));
      await one.dispose();
      expect(isRunning(id)).toBe(true);
      await two.dispose();
    });
  });

  it('never counts the harness itself among what it ends', () => {
    const found = findProcesses({ marker: 'none/', folder: process.cwd() });
    expect(found).not.toContain(process.pid);
    expect(found).not.toContain(process.ppid);
  });

  it('kills only the processes of the command that timed out', async () => {
    const sandbox = await create();
    const server = Number((await sandbox.run(bash('sleep 1000 & echo $!'))).stdout);
    const late = await sandbox.run(bash('setsid sleep 1000 & echo $!; wait'), { timeout: 300 });
    expect(isRunning(Number(late.stdout))).toBe(false);
    expect(isRunning(server)).toBe(true);
    await sandbox.dispose();
  });

  it('withstands a burst of commands without running out of descriptors', async () => {
    const sandbox = await create();
    const before = (await readdir('/proc/self/fd')).length;
    for (let round = 0; round < 10; round += 1) {
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) => sandbox.run(bash(`echo ${index} > /dev/stdout`))),
      );
      expect(results.map(({ stdout }) => stdout)).toEqual(
        Array.from({ length: 20 }, (_, index) => `${index}\n`),
      );
    }
    await sandbox.run(['no-such-program']);
    expect((await readdir('/proc/self/fd')).length).toBeLessThanOrEqual(before + 4);
    await sandbox.dispose();
  });

  describe('in a harness of its own', () => {
    let modules: string;
    beforeAll(async () => {
      modules = await compile(['base/errors.ts', ...(await sandboxSources())], root);
    });
    afterAll(() => rm(modules, { recursive: true, force: true }));

    const harness = async (
      body: string,
      uid?: number,
    ): Promise<{ stdout: string; exitCode: number | null }> => {
      const script = path.join(modules, `harness-${Math.random().toString(36).slice(2)}.mjs`);
      const work = await mkdtemp(path.join(root, 'work-'));
      if (uid !== undefined) await chown(work, uid, uid);
      await writeFile(
        script,
        `import { createLocalSandboxProvider } from './sandbox/local-sandbox.js';
         const provider = createLocalSandboxProvider({ workRoot: ${JSON.stringify(work)} });
         const sandbox = await provider.create({ name: 'a', folderName: 'r', inputs: { i: 'x' }, populate: async () => {} });
         const bash = (text) => sandbox.run(['bash', '-c', text]);
         ${body}`,
      );
      const child = spawn(process.execPath, [script], {
        stdio: ['ignore', 'pipe', 'inherit'],
        ...(uid === undefined ? {} : { uid, gid: uid }),
      });
      let stdout = '';
      child.stdout.on('data', (chunk) => (stdout += String(chunk)));
      const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
      const left = await readdir(work);
      await rm(work, { recursive: true, force: true });
      return { stdout: stdout + left.join(), exitCode };
    };

    it('leaves neither processes nor files when it exits in the middle of things', async () => {
      const { stdout, exitCode } = await harness(`
        const { stdout } = await bash('setsid sleep 1000 & echo $!');
        process.stdout.write(stdout);
        bash('sleep 1000');
        setTimeout(() => process.exit(3), 100);`);
      expect(exitCode).toBe(3);
      const [id, ...left] = stdout.split('\n');
      expect(left).toEqual(['']);
      await expect.poll(() => isRunning(Number(id)), { timeout: 5000 }).toBe(false);
    });

    it('is not kept alive by what a background process may still write', async () => {
      const { stdout, exitCode } = await harness(`
        await bash('sleep 1000 &');
        process.stdout.write('end');`);
      expect([stdout, exitCode]).toEqual(['end', 0]);
    });

    it('removes read-only folders as a user without privileges', async () => {
      const { stdout, exitCode } = await harness(
        `const { exitCode } = await bash('mkdir -p a/b/c && touch a/b/f && chmod 500 a/b/c && chmod 0 a/b && chmod 500 a');
         await sandbox.dispose();
         process.stdout.write('removed ' + exitCode);`,
        process.getuid?.() === 0 ? 65_534 : undefined,
      );
      expect([stdout, exitCode]).toEqual(['removed 0', 0]);
    });

    it('tells an unprivileged agent that a file is read-only', async () => {
      const { stdout } = await harness(
        `await bash('echo x > f; chmod 444 f');
         const error = await sandbox.writeFile('f', 'y').catch((error) => error);
         process.stdout.write(error.name + ' ' + error.code);
         await sandbox.dispose();`,
        process.getuid?.() === 0 ? 65_534 : undefined,
      );
      expect(stdout).toBe('SandboxRefusal file-not-writable');
    });
  });
});

const SOURCE = fileURLToPath(new URL('../../src/', import.meta.url));

async function sandboxSources(): Promise<string[]> {
  const names = await readdir(path.join(SOURCE, 'sandbox'));
  return names.filter((name) => name.endsWith('.ts')).map((name) => `sandbox/${name}`);
}

/** Compiles modules of ours without the type check, for a process of their own. */
async function compile(files: readonly string[], parent: string): Promise<string> {
  const folder = await mkdtemp(path.join(parent, 'modules-'));
  await chmod(folder, 0o755);
  await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
  for (const file of files) {
    const target = path.join(folder, file.replace(/\.ts$/, '.js'));
    await mkdir(path.dirname(target), { recursive: true });
    const source = await readFile(path.join(SOURCE, file), 'utf8');
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2022,
        verbatimModuleSyntax: true,
      },
    });
    await writeFile(target, outputText);
  }
  return folder;
}
