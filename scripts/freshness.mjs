/**
 * Decides what `npm start` and `npm test` have to do first. Pure functions of what was found on disk.
 */

/** The oldest Node that Troupe runs on. */
export const OLDEST_NODE = [20, 19];

/** Whether a version such as `v20.19.0` will do. */
export function nodeWillDo(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE;
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

/**
 * Why packages must be installed, as words for the user; `undefined` when they need not be.
 * An install by hand carries no stamp and is taken over where it holds what the lock file asks for.
 */
export function installReason({ lockHash, platform, stamp, lock, installed }) {
  if (installed === undefined) return 'they are missing';
  if (stamp !== undefined) {
    if (stamp.platform !== platform) return 'they were installed for another platform';
    return stamp.lockHash === lockHash ? undefined : 'package-lock.json has changed';
  }
  return holdsAll(lock, installed) ? undefined : 'they do not match package-lock.json';
}

/** Whether each package that a lock file asks for everywhere is there in its version. */
function holdsAll(lock, installed) {
  return Object.entries(lock.packages ?? {}).every(([name, entry]) => {
    if (name === '' || entry.optional || entry.devOptional || entry.peer || entry.link) return true;
    return installed.packages?.[name]?.version === entry.version;
  });
}

/** Why sources must be compiled, as words for the user; `undefined` when they need not be. */
export function buildReason({ sourceHash, stamp, withBenchmarks }) {
  if (stamp === undefined) return 'that was not done yet';
  if (stamp.sourceHash !== sourceHash) return 'sources have changed';
  return withBenchmarks && !stamp.withBenchmarks ? 'the benchmarks were left out last time' : undefined;
}

/** The exit code that a shell would report for a child's end. */
export function exitCodeOf(code, signal, signalNumbers) {
  return code ?? 128 + (signalNumbers[signal] ?? 0);
}
