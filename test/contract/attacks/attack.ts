import type { CommandOptions, CommandResult, ManagedSandbox } from '../../../src/sandbox/sandbox.js';
import type { SandboxRefusal } from '../../../src/sandbox/sandbox-refusal.js';
import type { World } from './world.js';

/** What the sandboxes under attack are limited to, whatever they would allow by default. */
export const ATTACK_LIMITS = {
  /** Bytes. */
  memory: 384 * 1024 * 1024,
  processes: 96,
  /** Bytes. */
  disk: 96 * 1024 * 1024,
} as const;

/** What differs between sandboxes without being a weakness that the suite would let pass. */
export interface AttackCapabilities {
  /** Whether the bytes of its files can be limited; where not, they are gone with the sandbox all the same. */
  readonly limitsDisk: boolean;
}

/** What a provider said to an attempt. */
export type Outcome = CommandResult | SandboxRefusal;

/** One attempt, and how it is refused. */
export interface Attack {
  readonly name: string;
  /** Text for bash. */
  readonly script?: (world: World) => string;
  /** Where it takes more than a script. */
  readonly attempt?: (sandbox: ManagedSandbox, world: World) => Promise<Outcome>;
  readonly options?: CommandOptions;
  /** Whether it gets a sandbox of its own, because it may spoil it for others. */
  readonly isAlone?: boolean;
  /** Throws where the attempt was not refused as it must be. */
  readonly refused: (outcome: Outcome, world: World, capabilities: AttackCapabilities) => void;
}

/** The result of a command; fails where the provider refused before. */
export function resultOf(outcome: Outcome): CommandResult {
  if (outcome instanceof Error) throw outcome;
  return outcome;
}
