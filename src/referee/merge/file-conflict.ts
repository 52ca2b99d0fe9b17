import type { MergeConflict } from '../../git/merge-commits.js';
import { parseConflictRegions, type MarkerLabels } from './conflict-markers.js';
import type { ConflictCount } from './conflict-score.js';

/** One file on which branches conflict. */
export interface FileConflict extends ConflictCount {
  readonly file: string;
  /** What git calls it: `contents`, `modify/delete`, `binary`, … */
  readonly kinds: readonly string[];
}

/** Counts the conflicting regions of a file; one that conflicts without markers is one section. */
export function countFileConflict(conflict: MergeConflict, labels: MarkerLabels = {}): FileConflict {
  const regions = parseConflictRegions(conflict.marked?.toString('latin1') ?? '', labels);
  return {
    file: conflict.path,
    kinds: conflict.kinds,
    sections: Math.max(1, regions.length),
    lines: regions.reduce((sum, region) => sum + region.ours.length + region.theirs.length, 0),
  };
}
