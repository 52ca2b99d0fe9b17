/** Text is handled as latin1, one character a byte, so that files of any encoding survive unchanged. */

/** One conflicting region of a file with merge markers. Lines keep their line ends. */
export interface ConflictRegion {
  /** Number of the line with the `<<<<<<<` marker, from 1. */
  readonly startLine: number;
  /** Number of the line with the `>>>>>>>` marker. */
  readonly endLine: number;
  readonly ours: readonly string[];
  /** Lines of the common ancestor, where the markers tell them (`|||||||`). */
  readonly base: readonly string[] | undefined;
  readonly theirs: readonly string[];
}

/** What `<<<<<<<` and `>>>>>>>` are followed by; any text where absent. */
export interface MarkerLabels {
  readonly ours?: string;
  readonly theirs?: string;
}

interface Draft {
  readonly startLine: number;
  readonly ours: string[];
  base: string[] | undefined;
  readonly theirs: string[];
  side: 'ours' | 'base' | 'theirs';
}

/** A text's lines with their line ends; together they are the text. */
export function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/**
 * The conflicting regions of a text with merge markers. A region that is never closed is none. Labels make the
 * reading exact where a file holds lines of its own that look like markers.
 */
export function parseConflictRegions(text: string, labels: MarkerLabels = {}): ConflictRegion[] {
  const regions: ConflictRegion[] = [];
  let draft: Draft | undefined;
  splitLines(text).forEach((line, index) => {
    if (isMarker(line, '<', labels.ours)) {
      draft = { startLine: index + 1, ours: [], base: undefined, theirs: [], side: 'ours' };
    } else if (draft === undefined) {
      return;
    } else if (draft.side === 'ours' && isMarker(line, '|')) {
      draft.base = [];
      draft.side = 'base';
    } else if (draft.side !== 'theirs' && /^={7}\r?\n?$/.test(line)) {
      draft.side = 'theirs';
    } else if (draft.side === 'theirs' && isMarker(line, '>', labels.theirs)) {
      const { startLine, ours, base, theirs } = draft;
      regions.push({ startLine, endLine: index + 1, ours, base, theirs });
      draft = undefined;
    } else {
      (draft[draft.side] ?? []).push(line);
    }
  });
  return regions;
}

function isMarker(line: string, character: '<' | '|' | '>', label?: string): boolean {
  const marker = character.repeat(7);
  if (!line.startsWith(marker)) return false;
  const rest = line.slice(marker.length).replace(/\r?\n$/, '');
  if (label !== undefined) return rest === ` ${label}`;
  return rest === '' || rest.startsWith(' ');
}

/** Whether a text has any line that is a merge marker. */
export function holdsMarkers(text: string): boolean {
  return splitLines(text).some((line) => isMarker(line, '<') || isMarker(line, '>') || isMarker(line, '|'));
}
