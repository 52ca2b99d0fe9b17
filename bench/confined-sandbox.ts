import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { createConfinedSandboxProvider } from '../src/sandbox/bubblewrap/confined-sandbox.js';
import { findSystemProgram } from '../src/sandbox/bubblewrap/find-bubblewrap.js';
import { createLocalSandboxProvider } from '../src/sandbox/local-sandbox.js';
import type { ManagedSandbox, SandboxProvider } from '../src/sandbox/sandbox.js';
import type { Benchmark } from './benchmark.js';
import { sideBySide } from './side-by-side.js';

const REPETITIONS = 60;

/** What confinement costs a command. */
export const confinedSandbox: Benchmark = {
  name: 'confined-sandbox',
  question:
    'one command (`true`) in the confined sandbox against a bare spawn of bubblewrap with the same mounts and namespaces, without limits, filter of system calls or captured result',
  run: async (say) => {
    const bubblewrap = findSystemProgram('bwrap');
    if (bubblewrap === undefined) {
      say('bubblewrap is not installed');
      return [];
    }
    say(`${REPETITIONS} commands each`);
    const confined = createConfinedSandboxProvider();
    const uncounted = createConfinedSandboxProvider({ controlGroups: false });
    const local = createLocalSandboxProvider();
    try {
      const one = await open(confined);
      const other = await open(uncounted);
      const plain = await open(local);
      const bare = await bareArguments(one);
      const run = (sandbox: ManagedSandbox) => async (): Promise<void> => {
        const { exitCode } = await sandbox.run(['true']);
        if (exitCode !== 0) throw new Error(`the command ended with ${exitCode}`);
      };
      const times = await sideBySide(
        {
          bare: () => spawnBare(bubblewrap, [...bare, 'true']),
          confined: run(one),
          uncounted: run(other),
          local: run(plain),
        },
        REPETITIONS,
      );
      return [
        {
          name: 'confined command / bare bubblewrap',
          value: times.confined / times.bare,
          unit: '×',
          target: { atMost: 1.5 },
        },
        {
          name: 'the same without control groups',
          value: times.uncounted / times.bare,
          unit: '×',
          target: { atMost: 1.5 },
        },
        { name: 'confined command', value: times.confined, unit: 'ms' },
        { name: 'bare bubblewrap', value: times.bare, unit: 'ms' },
        { name: 'command in the local sandbox', value: times.local, unit: 'ms' },
      ];
    } finally {
      for (const provider of [confined, uncounted, local]) await provider.disposeAll();
    }
  },
};

function open(provider: SandboxProvider): Promise<ManagedSandbox> {
  return provider.create({ name: 'bench', folderName: 'repo', populate: async () => {} });
}

/** The sandbox's own arguments of bubblewrap, as its first process shows them. */
async function bareArguments(sandbox: ManagedSandbox): Promise<string[]> {
  const { stdout } = await sandbox.run(['cat', '/proc/1/cmdline']);
  const all = stdout.split('\0').slice(1);
  return all.slice(0, all.indexOf('--clearenv'));
}

async function spawnBare(program: string, parameters: readonly string[]): Promise<void> {
  const child = spawn(program, parameters, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin' },
  });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  if (exitCode !== 0) throw new Error(`bubblewrap ended with ${exitCode}`);
}
