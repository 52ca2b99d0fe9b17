/** How much two branches conflict. */
export interface ConflictCount {
  /** Conflicting regions; a file that conflicts as a whole (deleted here, changed there; binary) is one. */
  readonly sections: number;
  /** Lines of both sides within the regions, markers left out. */
  readonly lines: number;
}

export type ConflictSeverity = 'none' | 'low' | 'medium' | 'high' | 'critical';

/** 20 × sections + 2 × lines (CooperBench's conflict score). */
export function conflictScore({ sections, lines }: ConflictCount): number {
  return 20 * sections + 2 * lines;
}

/** Lines a section; 0 where there is none. */
export function averageLines({ sections, lines }: ConflictCount): number {
  return sections === 0 ? 0 : lines / sections;
}

/** A score in words: 0 none, to 20 low, to 50 medium, to 100 high, above critical. */
export function conflictSeverity(score: number): ConflictSeverity {
  if (score <= 0) return 'none';
  if (score <= 20) return 'low';
  if (score <= 50) return 'medium';
  return score <= 100 ? 'high' : 'critical';
}

/** Sections and lines of several counts together. */
export function addCounts(counts: readonly ConflictCount[]): ConflictCount {
  return {
    sections: counts.reduce((sum, count) => sum + count.sections, 0),
    lines: counts.reduce((sum, count) => sum + count.lines, 0),
  };
}
