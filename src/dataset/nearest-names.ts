/** At most this many names are suggested. */
const MOST = 3;

/** The names that a mistyped one most likely meant, best first; never empty where `names` is not. */
export function nearestNames(wanted: string, names: readonly string[]): string[] {
  const needle = wanted.toLowerCase();
  const scored = names.map((name) => ({ name, distance: distanceTo(needle, name.toLowerCase()) }));
  scored.sort((one, other) => one.distance - other.distance || (one.name < other.name ? -1 : 1));
  const best = scored[0]?.distance ?? 0;
  return scored
    .filter(({ distance }) => distance <= best + 2)
    .slice(0, MOST)
    .map(({ name }) => name);
}

/** Edits between two names; a name that holds the other is near, since people leave ends off. */
function distanceTo(needle: string, name: string): number {
  return needle !== '' && name.includes(needle) ? 1 : editDistance(needle, name);
}

/** Levenshtein distance. */
export function editDistance(one: string, other: string): number {
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const substitution = (previous[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1);
      const shorter = Math.min(previous[column] ?? 0, current[column - 1] ?? 0) + 1;
      current.push(Math.min(substitution, shorter));
    }
    previous = current;
  }
  return previous[other.length] ?? 0;
}
