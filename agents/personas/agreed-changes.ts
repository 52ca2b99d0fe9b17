import type { JoinedGold, GoldTrees } from './gold-trees.js';
import { textsOf, type KnownChange } from './known-change.js';
import { applyBlocks, blocksMeet, lineBlocks } from './line-blocks.js';

/** Rounds in which conflicts may still show files that must be shared whole. */
const ROUNDS = 4;

/**
 * What each agent must write so that the team's branches merge clean into the joined gold: its own changes, with
 * the joined text wherever they meet a partner's.
 *
 * @param own gold changes by agent, in the team's order.
 */
export async function agreeOnChanges(
  trees: GoldTrees,
  joined: JoinedGold,
  own: ReadonlyMap<string, readonly KnownChange[]>,
): Promise<ReadonlyMap<string, readonly KnownChange[]>> {
  const everything = await trees.changes(joined.tree);
  const last = [...own.keys()].at(-1);
  const shared = new Set<string>();
  // The combined patch holds more than the team's own lines; somebody has to write the rest of it.
  let lastWritesAll = joined.isCombined;
  for (let round = 1; ; round += 1) {
    const agreed = new Map(
      [...own].map(([agent, changes]): [string, readonly KnownChange[]] => [
        agent,
        agent === last && lastWritesAll ? everything : cutJoined(changes, everything, shared),
      ]),
    );
    const merged = await trees.mergeChanges([...agreed.values()]);
    // A merge without a conflict may still put lines elsewhere than the joined text has them.
    const wrong =
      merged.tree === undefined ? merged.conflicts : await trees.between(merged.tree, joined.tree);
    if (wrong.length === 0 || round === ROUNDS) return agreed;
    // Git pairs these lines otherwise than we do: whoever touches the file writes all of it.
    if (merged.tree !== undefined && wrong.every((path) => shared.has(path))) lastWritesAll = true;
    for (const path of wrong) shared.add(path);
  }
}

/**
 * The joined text, cut down to the blocks that an agent's own changes meet. Agents that each write their cut of the
 * same text agree wherever they meet.
 *
 * @param whole paths of files that are written as joined, without a cut.
 */
export function cutJoined(
  own: readonly KnownChange[],
  everything: readonly KnownChange[],
  whole: ReadonlySet<string> = new Set(),
): KnownChange[] {
  return own.map((change) => {
    const joined = everything.find((candidate) => candidate.path === change.path);
    if (joined === undefined) return change;
    const { before, after: mine } = textsOf(change);
    const team = textsOf(joined).after;
    if (whole.has(change.path) || before === undefined || mine === undefined || team === undefined) {
      return joined;
    }
    const ownBlocks = lineBlocks(before, mine);
    const cut = lineBlocks(before, team).filter((block) =>
      ownBlocks.some((other) => blocksMeet(block, other)),
    );
    return { ...change, afterMode: joined.afterMode, after: Buffer.from(applyBlocks(before, cut)) };
  });
}
