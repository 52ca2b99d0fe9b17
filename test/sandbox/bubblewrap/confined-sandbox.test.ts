import { spawn } from 'node:child_process';
import { chmod, chown, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  createConfinedSandboxProvider,
  type ConfinedSandboxOptions,
} from '../../../src/sandbox/bubblewrap/confined-sandbox.js';
import { findMachineLeftovers, removeMachineLeftovers } from '../../../src/sandbox/leftovers.js';
import type { ManagedSandbox } from '../../../src/sandbox/sandbox.js';
import { processesWith } from '../../contract/attacks/world.js';
import { whyNoBubblewrap } from './availability.js';
import { shownFolder } from './shown-folder.js';

const bash = (text: string): [string, ...string[]] => ['bash', '-c', text];
const MODULE = path.resolve(import.meta.dirname, '../../../dist/src/sandbox/bubblewrap/confined-sandbox.js');

describe.skipIf(whyNoBubblewrap !== undefined)(
  `confined sandbox${whyNoBubblewrap === undefined ? '' : ` (skipped: ${whyNoBubblewrap})`}`,
  () => {
    let root: string;
    beforeAll(async () => {
      root = await realpath(await mkdtemp(path.join(tmpdir(), 'confined-test-')));
      await chmod(root, 0o777);
    });
    afterAll(() => rm(root, { recursive: true, force: true }));

    const withSandbox = async (
      options: ConfinedSandboxOptions,
      use: (sandbox: ManagedSandbox) => Promise<void>,
    ): Promise<void> => {
      const provider = createConfinedSandboxProvider({ workRoot: root, ...options });
      try {
        await use(await provider.create({ name: 'agent1', folderName: 'repo', populate: async () => {} }));
      } finally {
        await provider.disposeAll();
      }
      expect((await readdir(root)).filter((name) => name.startsWith('troupe-'))).toEqual([]);
      const left = await findMachineLeftovers({ workRoots: [], isAlive: (id) => id !== process.pid });
      expect(left).toEqual([]);
    };

    it('has the same paths on every machine and in every run', async () => {
      await withSandbox({}, async (sandbox) => {
        expect(sandbox).toMatchObject({
          workspace: '/workspace/agent_workspace/repo',
          inputs: '/workspace/inputs',
        });
        const { stdout } = await sandbox.run(bash('pwd; echo $HOME $TMPDIR; whoami; hostname; id -u'));
        expect(stdout).toBe('/workspace/agent_workspace/repo\n/home/agent /tmp\nagent\ntroupe\n1000\n');
      });
    });

    it('keeps home, temporary folder and shared memory from command to command', async () => {
      await withSandbox({}, async (sandbox) => {
        await sandbox.run(bash('echo a > ~/a; echo b > /tmp/b; echo c > /dev/shm/c'));
        expect((await sandbox.run(bash('cat ~/a /tmp/b /dev/shm/c'))).stdout).toBe('a\nb\nc\n');
      });
    });

    it('ends background processes with their command', async () => {
      await withSandbox({}, async (sandbox) => {
        const token = `confined-test-${process.pid}`;
        await sandbox.run(bash(`setsid bash -c 'exec -a ${token} sleep 1000' & sleep 0.1`));
        await expect.poll(() => processesWith(token), { timeout: 5000 }).toEqual([]);
      });
    });

    it('serves a server and its client within one command', async () => {
      await withSandbox({}, async (sandbox) => {
        const { stdout } = await sandbox.run(
          bash('ip addr show lo 2>/dev/null | grep -c UP || grep -c lo /proc/net/dev'),
        );
        expect(stdout.trim()).toBe('1');
      });
    });

    it('gives a command no descriptor of the harness', async () => {
      await withSandbox({}, async (sandbox) => {
        const { stdout } = await sandbox.run(bash('for f in /proc/self/fd/*; do readlink $f; done'));
        for (const line of stdout.trim().split('\n')) {
          expect(line).toMatch(/^\/dev\/null$|\/pipes[^/]*\/\d+ \(deleted\)$|^\/proc\/\d+\/fd$|^$/);
        }
      });
    });

    it('runs as well where the kernel cannot be asked to count', async () => {
      await withSandbox({ controlGroups: false }, async (sandbox) => {
        expect(await sandbox.run(['echo', 'well'])).toMatchObject({ exitCode: 0, stdout: 'well\n' });
        expect(await sandbox.run(['no-such-program'])).toMatchObject({ exitCode: 127 });
      });
    });

    it('ends a command whose processes hold too much where only it can look, and says why', async () => {
      const limits = { memory: 200 * 1024 ** 2 };
      await withSandbox({ controlGroups: false, limits }, async (sandbox) => {
        const hold = '(head -c 90M /dev/zero; sleep 20) | tail > /dev/null &';
        const result = await sandbox.run(bash(`${hold} ${hold} ${hold} ${hold} wait`));
        expect(result).toMatchObject({ exitCode: 137, timedOut: false });
        expect(result.stderr).toMatch(/ended this command: more than 200 MiB of memory/);
      });
    });

    it('lets an agent that filled its space make room again', async () => {
      const limits = { disk: 32 * 1024 ** 2 };
      await withSandbox({ limits }, async (sandbox) => {
        const text = 'for i in {1..60}; do head -c 4M /dev/zero > fill-$i; sleep 0.05; done';
        const filling = await sandbox.run(bash(text));
        expect(filling).toMatchObject({ exitCode: 137 });
        expect(filling.stderr).toContain('its files take more than 32 MiB');
        expect(await sandbox.run(bash('rm fill-*; sleep 0.5; ls'))).toMatchObject({
          exitCode: 0,
          stdout: '',
        });
      });
    });

    it('takes what is wrong with the arguments for the command’s fault, and a missing bubblewrap for the user’s', async () => {
      await withSandbox({}, async (sandbox) => {
        expect(await sandbox.run(['echo', 'x'.repeat(200_000)])).toMatchObject({ exitCode: 126 });
        expect(await sandbox.run(['echo', 'a\0b'])).toMatchObject({ exitCode: 126 });
      });
      await expect(withSandbox({ bubblewrap: '/nowhere/bwrap' }, async () => {})).rejects.toMatchObject({
        name: 'UserMistake',
        code: 'cannot-confine',
        remedy: expect.stringContaining('doctor'),
      });
    });

    it('is a fault of the world, not a result, where a command cannot be confined', async () => {
      await withSandbox({}, async (sandbox) => {
        const [folder] = await readdir(root);
        await rm(path.join(root, folder as string, 'etc'), { recursive: true });
        await expect(sandbox.run(['true'])).rejects.toMatchObject({
          name: 'InfrastructureFault',
          code: 'command-not-started',
        });
      });
    });

    it('hides folders that are named, and shows others that are named', async () => {
      const { folder, file } = shownFolder();
      const options = { readable: [folder], hidden: ['/usr/share/doc'] };
      await withSandbox(options, async (sandbox) => {
        const { stdout } = await sandbox.run(
          bash(`ls ${file}; ls -A /usr/share/doc; touch ${file} /usr/share/doc/x`),
        );
        expect(stdout).toBe(`${file}\n`);
      });
    });

    it.each(['/', '/root', '/tmp/tools', '/workspace/tools', '/proc/1'])(
      'refuses to show %s, which it has for itself or which holds more than programs',
      async (folder) => {
        await expect(withSandbox({ readable: [folder] }, async () => {})).rejects.toMatchObject({
          name: 'UserMistake',
          code: 'cannot-show',
        });
      },
    );

    describe('in a harness of its own', () => {
      /** Runs a program over a sandbox in a process of its own, which prints and may then be killed. */
      const harness = async (
        body: string,
        { uid, killAt }: { uid?: number; killAt?: string } = {},
      ): Promise<{ stdout: string; id: number; work: string }> => {
        const work = await mkdtemp(path.join(root, 'work-'));
        if (uid !== undefined) await chown(work, uid, uid);
        const script = path.join(work, 'harness.mjs');
        await writeFile(
          script,
          `import { createConfinedSandboxProvider } from ${JSON.stringify(MODULE)};
           const provider = createConfinedSandboxProvider({ workRoot: ${JSON.stringify(work)}, limits: { processes: 64 } });
           const sandbox = await provider.create({ name: 'a', folderName: 'r', populate: async () => {} });
           const bash = (text, options) => sandbox.run(['bash', '-c', text], options);
           ${body}`,
        );
        const child = spawn(process.execPath, [script], {
          stdio: ['ignore', 'pipe', 'inherit'],
          env: { PATH: process.env['PATH'], HOME: work },
          ...(uid === undefined ? {} : { uid, gid: uid }),
        });
        let stdout = '';
        child.stdout.on('data', (chunk) => {
          stdout += String(chunk);
          if (killAt !== undefined && stdout.includes(killAt)) child.kill('SIGKILL');
        });
        await new Promise((resolve) => child.on('close', resolve));
        return { stdout, id: child.pid as number, work };
      };

      it('leaves no process behind even when the harness is killed, and no file or group once that is cleaned up', async () => {
        const token = `killed-harness-${process.pid}`;
        const { id, work } = await harness(
          `bash("(setsid bash -c 'while :; do sleep 1; done' ${token} &); exec -a ${token} sleep 1000");
           setTimeout(() => console.log('running'), 600);`,
          { killAt: 'running' },
        );
        await expect.poll(() => processesWith(token), { timeout: 5000 }).toEqual([]);
        const places = { workRoots: [work], isAlive: (harnessId: number) => harnessId !== id };
        const found = await findMachineLeftovers(places);
        expect(found.map(({ kind }) => kind)).toContain('folder');
        await removeMachineLeftovers(places);
        await expect.poll(() => removeMachineLeftovers(places), { timeout: 5000 }).toEqual([]);
        expect(await readdir(work)).toEqual(['harness.mjs']);
      });

      it('leaves nothing behind when the harness exits in the middle of a command', async () => {
        const { stdout, work, id } = await harness(
          `bash('sleep 1000'); setTimeout(() => { console.log('out'); process.exit(3); }, 300);`,
        );
        expect(stdout).toBe('out\n');
        expect(await readdir(work)).toEqual(['harness.mjs']);
        const left = await findMachineLeftovers({ workRoots: [], isAlive: (other) => other !== id });
        expect(left).toEqual([]);
      });

      it('is not kept alive by what waits for a next command', async () => {
        const { stdout } = await harness(`await bash('true'); process.stdout.write('end');`);
        expect(stdout).toBe('end');
      });

      it('confines as a user without privileges, limits included', async () => {
        const { stdout } = await harness(
          `const who = await bash('id -u; cat /proc/sys/kernel/core_pattern > /proc/sys/kernel/core_pattern || echo refused');
           const many = await bash('for i in {1..90}; do sleep 1 & done; wait; echo end');
           console.log(JSON.stringify([who.stdout, /temporarily unavailable|more than 64/.test(many.stderr)]));
           await provider.disposeAll();`,
          process.getuid?.() === 0 ? { uid: 65_534 } : {},
        );
        expect(JSON.parse(stdout)).toEqual(['1000\nrefused\n', true]);
      });
    });
  },
);
