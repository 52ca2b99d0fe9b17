import { readdirSync, readFileSync } from 'node:fs';

/** O_CLOEXEC on every architecture that Node runs on. */
const CLOSED_ON_EXECUTION = 0o2000000;

let found: ReadonlySet<number> | undefined;

/**
 * Descriptors above stderr that this process was started with, and that every program it starts would inherit: Node
 * marks only its own to be closed. Looked for once.
 */
export function inheritedDescriptors(): ReadonlySet<number> {
  found ??= new Set(readdirSync('/proc/self/fd').map(Number).filter(isInherited));
  return found;
}

function isInherited(descriptor: number): boolean {
  if (descriptor <= 2) return false;
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1'))?.[1];
    return flags !== undefined && (parseInt(flags, 8) & CLOSED_ON_EXECUTION) === 0;
  } catch {
    return false;
  }
}
