import { constants, openSync, readdirSync, readFileSync } from 'node:fs';

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

let nothing: number | undefined;

/**
 * What to give a program as its descriptors after the first `3 + own`, so that it gets nothing in the place of what
 * this process was started with.
 */
export function withoutInherited(own: number): (number | 'ignore')[] {
  const inherited = inheritedDescriptors();
  nothing ??= openSync('/dev/null', constants.O_RDWR);
  const descriptors: (number | 'ignore')[] = [];
  for (let place = 3 + own; place <= Math.max(0, ...inherited); place += 1) {
    descriptors.push(inherited.has(place) ? nothing : 'ignore');
  }
  return descriptors;
}
