import { totalmem } from 'node:os';

/** What one confined sandbox may use of the machine at most. */
export interface ConfinedLimits {
  /** Bytes of memory of all its processes together. Default: 4 GiB, at most half of the machine's. */
  readonly memory: number;
  /** Processes and threads at a time. Default 1,024. */
  readonly processes: number;
  /** Bytes of its files: clone, home, temporary folder and shared memory together. Default 4 GiB. */
  readonly disk: number;
}

const GIBIBYTE = 1024 ** 3;

/** Completes what was asked for. */
export function completeConfinedLimits(
  asked: Partial<ConfinedLimits> = {},
  machineMemory: number = totalmem(),
): ConfinedLimits {
  return {
    memory: asked.memory ?? Math.floor(Math.min(4 * GIBIBYTE, machineMemory / 2)),
    processes: asked.processes ?? 1024,
    disk: asked.disk ?? 4 * GIBIBYTE,
  };
}
