/** A source of numbers in [0, 1); injected so that the same seed gives the same run. */
export type RandomSource = () => number;

/**
 * A small seeded generator (mulberry32): 32 bits of state, good enough to draw message fates and
 * wordings, never for secrets.
 *
 * @param seed any string or number; equal seeds give equal sequences.
 */
export function seededRandom(seed: string | number): RandomSource {
  let state = hashText(String(seed));
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** 32-bit FNV-1a over UTF-16 code units. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** One element of a non-empty list, drawn evenly. */
export function pick<Item>(random: RandomSource, items: readonly [Item, ...Item[]]): Item {
  return items[Math.floor(random() * items.length)] ?? items[0];
}
