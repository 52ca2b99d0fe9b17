import { UserMistake } from '../base/errors.js';

/** Kinds of sandboxes that there are. */
export type SandboxKind = 'local' | 'confined' | 'docker';

/** What users may ask for: `unconfined` is `local` with their consent to run what models write in it. */
export const SANDBOX_WISHES = ['confined', 'docker', 'local', 'unconfined'] as const;
export type SandboxWish = (typeof SANDBOX_WISHES)[number];

/** What of a machine decides about sandboxes: each usable, or why not and what mends it. */
export interface SandboxMeans {
  readonly confined: Means;
  readonly docker: Means;
}

export type Means =
  | { readonly isUsable: true }
  | {
      readonly isUsable: false;
      /** E.g. `bubblewrap is not installed`. */
      readonly reason: string;
      /** The command or step that mends it. */
      readonly remedy: string;
    };

export interface SandboxQuestion {
  /** As given by `--sandbox`; `undefined` where the user left it to us. */
  readonly wanted: SandboxWish | undefined;
  readonly machine: SandboxMeans;
  /** Whether anything that a live model wrote may be executed: by its agents, or by tests of their patches. */
  readonly hasLiveModels: boolean;
}

/**
 * Where commands run. Left to us, what live models write runs in Docker where an engine answers, else confined by
 * bubblewrap; scripted personas, whose commands are ours, run plain.
 *
 * @throws {UserMistake} where the machine cannot do what was asked for, or cannot confine what live models write.
 */
export function decideSandbox({ wanted, machine, hasLiveModels }: SandboxQuestion): SandboxKind {
  switch (wanted) {
    case 'unconfined':
      return 'local';
    case 'local':
      if (hasLiveModels) throw notForLiveModels();
      return 'local';
    case 'confined':
    case 'docker': {
      const means = machine[wanted];
      if (means.isUsable) return wanted;
      throw new UserMistake(means.reason, {
        code: `cannot-use-${wanted}`,
        where: `--sandbox ${wanted}`,
        remedy: means.remedy,
      });
    }
    case undefined:
      if (!hasLiveModels) return 'local';
      if (machine.docker.isUsable) return 'docker';
      if (machine.confined.isUsable) return 'confined';
      throw new UserMistake(
        `this machine cannot confine what live models write: ${machine.confined.reason}; ${machine.docker.reason}`,
        {
          code: 'cannot-confine',
          where: '--sandbox',
          remedy: `${machine.confined.remedy}; or accept the risk with --sandbox unconfined; see \`troupe doctor\``,
        },
      );
  }
}

function notForLiveModels(): UserMistake {
  return new UserMistake('the local sandbox confines nothing, and live models are asked for', {
    code: 'cannot-confine',
    where: '--sandbox local',
    remedy: 'leave --sandbox out, or accept the risk with --sandbox unconfined',
  });
}
