import { expect } from 'vitest';

import type { SandboxRefusal } from '../../../src/sandbox/sandbox-refusal.js';
import { resultOf, type Attack, type Outcome } from './attack.js';

const fails = (outcome: Outcome): void => expect(resultOf(outcome).exitCode).not.toBe(0);
const isRefusal = (outcome: Outcome): void => expect(outcome).toMatchObject({ name: 'SandboxRefusal' });
const refusal = (writing: Promise<unknown>): Promise<SandboxRefusal> =>
  writing.then(
    () => {
      throw new Error('not refused');
    },
    (error: SandboxRefusal) => error,
  );

/** Capabilities that reach past any sandbox, by number: see capabilities(7). */
const DANGEROUS = {
  dac_read_search: 2,
  net_admin: 12,
  net_raw: 13,
  ipc_owner: 15,
  sys_module: 16,
  sys_rawio: 17,
  sys_ptrace: 19,
  sys_admin: 21,
  sys_boot: 22,
  sys_time: 25,
  mknod: 27,
  syslog: 34,
  bpf: 39,
};

/** Attempts to change what is not the agent's, or to become somebody who may. */
export const WRITING: readonly Attack[] = [
  {
    name: 'writes a file of the host by its absolute path',
    script: (w) => `echo changed > ${w.writableFile}`,
    refused: fails,
  },
  {
    name: 'writes a file of the host by ..',
    script: (w) => `echo changed > ../../../../../../../../../..${w.writableFile}`,
    refused: fails,
  },
  {
    name: 'writes a file of the host through a symbolic link',
    script: (w) => `ln -sfn ${w.writableFile} out; echo changed > out`,
    refused: fails,
  },
  {
    name: 'makes the folders of the host and writes there',
    script: (w) => `mkdir -p ${w.folder} && echo changed > ${w.writableFile}; ls -l ${w.writableFile}`,
    // Where the sandbox has a /tmp of its own this works, and changes nothing of the host.
    refused: (outcome) => expect(resultOf(outcome).stderr).not.toContain('SIGSYS'),
  },
  {
    name: 'links a file of the host into its clone',
    script: (w) => `ln ${w.secretFile} stolen; cat stolen`,
    refused: fails,
  },
  {
    name: "writes into the partner's clone",
    script: (w) => `echo changed > ${w.partner.hostFolder}/partner-only.txt`,
    refused: fails,
  },
  {
    name: 'has the harness write through a link to a file of the host',
    attempt: async (sandbox, world) => {
      await sandbox.run(['ln', '-sfn', world.writableFile, 'link-to-file']);
      return refusal(sandbox.writeFile('link-to-file', 'changed'));
    },
    refused: isRefusal,
  },
  {
    name: 'has the harness write a new file through a link to a folder of the host',
    attempt: async (sandbox, world) => {
      await sandbox.run(['ln', '-sfn', world.folder, 'link-to-folder']);
      return refusal(sandbox.writeFile('link-to-folder/new.txt', 'changed'));
    },
    refused: isRefusal,
  },
  {
    name: 'has the harness write by .. and by absolute path',
    attempt: async (sandbox, world) => {
      await expect(sandbox.writeFile(world.writableFile, 'changed')).rejects.toMatchObject({
        code: 'outside-workspace',
      });
      return refusal(sandbox.writeFile(`../../../../../../../..${world.writableFile}`, 'changed'));
    },
    refused: isRefusal,
  },
  {
    name: 'exchanges a folder for a link to the host while the harness writes there',
    attempt: async (sandbox, world) => {
      const swapping = sandbox.run(
        [
          'bash',
          '-c',
          `mkdir -p real; for i in {1..500}; do ln -sfn ${world.folder} swap; ln -sfn real swap; done`,
        ],
        { timeout: 20_000 },
      );
      let ended = false;
      const noted = swapping.finally(() => (ended = true));
      for (let round = 0; !ended && round < 5000; round += 1) {
        await sandbox.writeFile(`swap/raced-${round % 50}.txt`, 'changed').catch(() => {});
      }
      return noted;
    },
    refused: (outcome) => expect(resultOf(outcome).timedOut).toBe(false),
  },
  {
    name: 'changes the inputs that lie beside its clone',
    script: () => `chmod u+w "$INPUTS" "$INPUTS/tests.patch"; echo changed > "$INPUTS/tests.patch"`,
    refused: fails,
  },
  {
    name: 'removes the inputs and puts others in their place',
    script: () => `rm -f "$INPUTS/tests.patch"; mv "$INPUTS" "$INPUTS.old"; cat "$INPUTS/tests.patch"`,
    refused: (outcome) => expect(resultOf(outcome).stdout).toBe('the hidden tests\n'),
  },
  {
    name: 'mounts something over what it sees',
    script: () =>
      'mkdir -p place; mount -t tmpfs none place || mount --bind /proc place || mount -t proc proc place',
    refused: fails,
  },
  {
    name: 'makes read-only mounts writable',
    script: () =>
      'mount -o remount,rw "$INPUTS" || mount -o remount,rw,bind "$INPUTS" || umount -l "$INPUTS"',
    refused: fails,
  },
  {
    name: 'makes namespaces of its own, in which it would be root',
    script: () =>
      'unshare --user --map-root-user --mount true || unshare --mount true || unshare --user true',
    refused: fails,
  },
  {
    name: "enters another process's namespaces",
    script: (w) => `nsenter --target ${w.victim} --mount --pid true || nsenter --target 1 --net --mount true`,
    // The first process of its own namespaces is no other.
    refused: (outcome) => expect(resultOf(outcome).exitCode).not.toBe(0),
  },
  {
    name: 'changes the kernel by /proc/sys, /proc/sysrq-trigger and control groups',
    // What is written back is what is there, so that not even success would change the machine.
    script: () =>
      `changed=1; for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/hostname /proc/sys/vm/swappiness /sys/fs/cgroup/*/release_agent /sys/fs/cgroup/release_agent; do [ -e "$f" ] && v=$(cat "$f") && { printf %s "$v" > "$f"; } 2>/dev/null && { echo "wrote $f"; changed=0; }; done; { printf h > /proc/sysrq-trigger; } 2>/dev/null && changed=0; exit $changed`,
    refused: (outcome) => {
      expect(resultOf(outcome).stdout).toBe('');
      fails(outcome);
    },
  },
  {
    name: 'holds a capability that reaches past the sandbox, or could gain one',
    script: () => `cat /proc/self/status`,
    refused: (outcome) => {
      const { stdout } = resultOf(outcome);
      expect(stdout).toMatch(/^NoNewPrivs:\s+1$/m);
      for (const set of ['CapEff', 'CapPrm', 'CapBnd', 'CapAmb']) {
        const held = BigInt(`0x${new RegExp(`^${set}:\\s+([0-9a-f]+)$`, 'm').exec(stdout)?.[1] ?? 'f'}`);
        const names = Object.entries(DANGEROUS).filter(([, bit]) => ((held >> BigInt(bit)) & 1n) === 1n);
        expect(names, set).toEqual([]);
      }
    },
  },
  {
    name: 'has variables of its choice run its files in place of what the harness starts',
    attempt: async (sandbox, world) => {
      const { stdout } = await sandbox.run([
        'bash',
        '-c',
        `mkdir -p bin; printf '#!/bin/sh\\necho changed > ${world.writableFile}\\n' > bin/evil; chmod +x bin/evil; for n in bwrap prlimit sh bash docker git node env; do cp bin/evil bin/$n; done; pwd`,
      ]);
      const bin = `${stdout.trim()}/bin`;
      return sandbox.run(['/bin/echo', 'done'], {
        environment: {
          PATH: bin,
          BASH_ENV: `${bin}/evil`,
          ENV: `${bin}/evil`,
          LD_PRELOAD: `${bin}/evil`,
          NODE_OPTIONS: `--require ${bin}/evil`,
          GIT_EXTERNAL_DIFF: `${bin}/evil`,
        },
      });
    },
    refused: (outcome) => expect(resultOf(outcome).stdout).toBe('done\n'),
  },
  {
    name: 'has its command taken for options of what confines it',
    attempt: (sandbox, world) => sandbox.run(['--bind', '/', '/', 'cat', world.secretFile]),
    refused: (outcome) => expect([1, 2, 125, 126, 127]).toContain(resultOf(outcome).exitCode),
  },
  {
    name: 'kills the harness, the victim and whatever it can reach',
    script: (w) => `kill -9 ${process.pid} ${w.victim} ${process.ppid}; kill -9 -1; echo still here`,
    isAlone: true,
    refused: (outcome) => expect(Number.isInteger(resultOf(outcome).exitCode)).toBe(true),
  },
  {
    name: 'kills its own process group',
    script: () => 'kill -9 0; echo still here',
    isAlone: true,
    refused: (outcome) => expect(resultOf(outcome)).toMatchObject({ exitCode: 137, stdout: '' }),
  },
  {
    name: 'kills the first process of its sandbox',
    script: () => 'kill -9 1; kill -TERM 1; echo still here',
    isAlone: true,
    refused: (outcome) => expect(Number.isInteger(resultOf(outcome).exitCode)).toBe(true),
  },
];
