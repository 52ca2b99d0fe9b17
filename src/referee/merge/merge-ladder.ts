import type { MergeStrategy } from '../../log/referee-events.js';

/** One rung that was climbed. */
export interface MergeRecord {
  readonly strategy: MergeStrategy;
  /** `missing_input`: some patch did not apply, so there was nothing to merge. */
  readonly status: 'clean' | 'conflicts' | 'missing_input' | 'not-tried' | 'failed';
  /** Whether every feature's tests passed on the merged tree; absent where they did not run. */
  readonly testsPassed?: boolean;
}

export type MergeStep = MergeStrategy | 'done';

/**
 * Which merge to try next: naive first; union where naive conflicts; a model where the union conflicts
 * still or its tests fail (domain: evaluate). A clean naive merge is final whatever its tests say, because
 * then the text merged and the meaning did not. Missing input ends the ladder: it is no conflict.
 */
export function nextMergeStep(history: readonly MergeRecord[]): MergeStep {
  const last = history.at(-1);
  if (last === undefined) return 'naive';
  if (last.status === 'missing_input') return 'done';
  if (last.strategy === 'naive') return last.status === 'conflicts' ? 'union' : 'done';
  if (last.strategy === 'union') return last.testsPassed === true ? 'done' : 'llm';
  return 'done';
}
