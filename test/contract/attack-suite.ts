import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ManagedSandbox, SandboxProvider, SandboxRequest } from '../../src/sandbox/sandbox.js';
import { ATTACK_LIMITS, type Attack, type AttackCapabilities, type Outcome } from './attacks/attack.js';
import { NETWORK } from './attacks/network.js';
import { READING } from './attacks/reading.js';
import { RESOURCES } from './attacks/resources.js';
import { openWorld, type HostState, type World } from './attacks/world.js';
import { WRITING } from './attacks/writing.js';

/** Makes the provider under attack with these limits, so that the attempts stay small. */
export type MakeAttackedProvider = (
  limits: typeof ATTACK_LIMITS,
) => SandboxProvider | Promise<SandboxProvider>;

const GROUPS: Readonly<Record<string, readonly Attack[]>> = {
  'reading what is not its own': READING,
  'changing what is not its own': WRITING,
  'reaching out': NETWORK,
  'using up the machine': RESOURCES,
};

/**
 * What no command may do from within a sandbox that confines. Each attempt has its expected refusal; after each
 * the host is as it was, the secret is in no output, and the outcome is a typed result. The sandbox needs bash,
 * coreutils, util-linux, find, grep and awk.
 */
export function attackSuite(
  name: string,
  makeProvider: MakeAttackedProvider,
  capabilities: AttackCapabilities,
): void {
  describe(`attack suite: ${name}`, () => {
    let provider: SandboxProvider;
    let partner: ManagedSandbox;
    let shared: ManagedSandbox;
    let world: World;
    let before: HostState;
    let close = async (): Promise<void> => {};

    const request = (agent: string): SandboxRequest => ({
      name: agent,
      folderName: `${agent}_repo`,
      populate: async (folder) => {
        await mkdir(path.join(folder, 'src'));
        await writeFile(path.join(folder, 'src', 'main.js'), 'export const answer = 42;\n');
      },
      inputs: { 'tests.patch': 'the hidden tests\n' },
    });

    beforeAll(async () => {
      provider = await makeProvider(ATTACK_LIMITS);
      partner = await provider.create(request('partner'));
      ({ world, close } = await openWorld(partner));
      shared = await provider.create(request('attacker'));
      before = await world.look();
    }, 60_000);
    afterAll(async () => {
      await provider?.disposeAll();
      await close();
    }, 60_000);

    /** Carries an attack out; where it had the sandbox for itself, nothing of it is left afterwards. */
    const carryOut = async (attack: Attack): Promise<Outcome> => {
      const sandbox = attack.isAlone === true ? await provider.create(request('attacker')) : shared;
      try {
        const outcome =
          attack.attempt === undefined
            ? await sandbox.run(['bash', '-c', attack.script?.(world) ?? 'exit 99'], {
                timeout: 20_000,
                ...attack.options,
                environment: { INPUTS: sandbox.inputs, ...attack.options?.environment },
              })
            : await attack.attempt(sandbox, world);
        expect(await sandbox.run(['echo', 'usable']), 'the sandbox afterwards').toMatchObject({
          exitCode: 0,
          stdout: 'usable\n',
        });
        return outcome;
      } finally {
        if (attack.isAlone === true) await sandbox.dispose();
      }
    };

    const checkTyped = (outcome: Outcome): void => {
      if (outcome instanceof Error) {
        expect(outcome).toMatchObject({ name: 'SandboxRefusal', code: expect.any(String) });
        expect(outcome.message).not.toContain(world.secret);
        return;
      }
      expect(outcome).toEqual({
        exitCode: expect.any(Number),
        stdout: expect.any(String),
        stderr: expect.any(String),
        timedOut: expect.any(Boolean),
        truncated: expect.any(Boolean),
        duration: expect.any(Number),
      });
      expect(outcome.exitCode).toBeGreaterThanOrEqual(0);
      expect(outcome.exitCode).toBeLessThanOrEqual(255);
      expect(outcome.stdout + outcome.stderr).not.toContain(world.secret);
    };

    for (const [group, attacks] of Object.entries(GROUPS)) {
      describe(group, () => {
        it.each(attacks)(
          'withstands an agent that $name',
          async (attack) => {
            const outcome = await carryOut(attack);
            checkTyped(outcome);
            attack.refused(outcome, world, capabilities);
            // A killed process is in the table until its parent has seen it.
            await expect.poll(() => world.look(), { timeout: 5000 }).toEqual(before);
          },
          90_000,
        );
      });
    }

    it('leaves no process of an attack once all is disposed of', async () => {
      await shared.dispose();
      expect((await world.look()).processes).toEqual([]);
    });
  });
}
