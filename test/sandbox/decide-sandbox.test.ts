import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { UserMistake } from '../../src/base/errors.js';
import {
  decideSandbox,
  SANDBOX_WISHES,
  type Means,
  type SandboxKind,
  type SandboxQuestion,
} from '../../src/sandbox/decide-sandbox.js';

const usable: Means = { isUsable: true };
const unusable = (what: string): Means => ({
  isUsable: false,
  reason: `${what} is not here`,
  remedy: `install ${what}`,
});
const bare = { confined: unusable('bubblewrap'), docker: unusable('docker') };

const decide = (question: Partial<SandboxQuestion>): SandboxKind =>
  decideSandbox({ wanted: undefined, machine: bare, hasLiveModels: true, ...question });
const mistakeOf = (question: Partial<SandboxQuestion>): UserMistake => {
  try {
    decide(question);
  } catch (error) {
    if (error instanceof UserMistake) return error;
    throw error;
  }
  throw new Error('no mistake');
};

describe('decideSandbox', () => {
  it('takes Docker for live models where an engine answers, else the confined sandbox', () => {
    expect(decide({ machine: { confined: usable, docker: usable } })).toBe('docker');
    expect(decide({ machine: { ...bare, confined: usable } })).toBe('confined');
  });

  it('refuses live models in one line where nothing confines, and says what mends it and what overrides it', () => {
    const line = mistakeOf({}).toLine();
    expect(line).not.toContain('\n');
    expect(line).toContain('bubblewrap is not here');
    expect(line).toContain('docker is not here');
    expect(line).toContain('install bubblewrap');
    expect(line).toContain('--sandbox unconfined');
  });

  it('lets scripted personas run plain, whatever the machine can do', () => {
    expect(decide({ hasLiveModels: false })).toBe('local');
    expect(decide({ hasLiveModels: false, machine: { confined: usable, docker: usable } })).toBe('local');
  });

  it('runs live models plain with the consent of the user alone', () => {
    expect(decide({ wanted: 'unconfined' })).toBe('local');
    expect(mistakeOf({ wanted: 'local', machine: { confined: usable, docker: usable } })).toMatchObject({
      code: 'cannot-confine',
      where: '--sandbox local',
    });
    expect(decide({ wanted: 'local', hasLiveModels: false })).toBe('local');
  });

  it.each(['confined', 'docker'] as const)('gives %s where it is asked for, or says why not', (wanted) => {
    for (const hasLiveModels of [true, false]) {
      expect(decide({ wanted, hasLiveModels, machine: { ...bare, [wanted]: usable } })).toBe(wanted);
      expect(mistakeOf({ wanted, hasLiveModels })).toMatchObject({
        code: `cannot-use-${wanted}`,
        where: `--sandbox ${wanted}`,
        remedy: expect.stringMatching(/^install/),
      });
    }
  });

  it('never runs what a live model writes in the open, unless the user said unconfined', () => {
    const means = fc.constantFrom(usable, unusable('it'));
    fc.assert(
      fc.property(
        fc.constantFrom(undefined, ...SANDBOX_WISHES.filter((wish) => wish !== 'unconfined')),
        means,
        means,
        (wanted, confined, docker) => {
          const machine = { confined, docker };
          let kind: SandboxKind | 'refused' = 'refused';
          try {
            kind = decideSandbox({ wanted, machine, hasLiveModels: true });
          } catch (error) {
            expect(error).toBeInstanceOf(UserMistake);
          }
          expect(kind).not.toBe('local');
          if (kind === 'docker' || kind === 'confined') expect(machine[kind].isUsable).toBe(true);
        },
      ),
    );
  });
});
