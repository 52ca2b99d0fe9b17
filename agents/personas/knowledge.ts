import { seededRandom } from '../../src/base/random.js';
import type { Task } from '../../src/dataset/task.js';
import type { GoldTrees } from './gold-trees.js';
import { textsOf, type KnownChange } from './known-change.js';
import { applyBlocks, blocksMeet, lineBlocks } from './line-blocks.js';
import type { PersonaKnowledge } from './persona.js';

export interface TeamMember {
  readonly id: string;
  readonly features: readonly number[];
}

/** Gathers what the persona that plays `agent` knows of the task's gold patches. */
export async function gatherKnowledge(
  trees: GoldTrees,
  task: Task,
  team: readonly TeamMember[],
  agent: TeamMember,
  seed: string,
): Promise<PersonaKnowledge> {
  const allFeatures = [...new Set(team.flatMap((member) => member.features))];
  const [ownGold, teamGold] = await Promise.all([trees.join(agent.features), trees.join(allFeatures)]);
  const [own, everything] = await Promise.all([trees.changes(ownGold.tree), trees.changes(teamGold.tree)]);
  const isLast = team.at(-1)?.id === agent.id;
  return {
    agent: agent.id,
    partners: team.filter((member) => member.id !== agent.id).map((member) => member.id),
    isFirst: team[0]?.id === agent.id,
    first: team[0]?.id ?? agent.id,
    title: await titleOf(task, agent.features),
    own,
    // The combined patch holds more than the team's own lines; somebody has to write the rest of it.
    agreed: teamGold.isCombined && isLast ? everything : agreedChanges(own, everything),
    everything,
    random: seededRandom(`${seed}/${agent.id}`),
  };
}

/**
 * The team's joined text, cut down to the blocks that the agent's own changes meet. Two agents that each write
 * their cut of the same joined text agree wherever they meet, so their branches merge clean.
 */
export function agreedChanges(
  own: readonly KnownChange[],
  everything: readonly KnownChange[],
): KnownChange[] {
  return own.map((change) => {
    const joined = everything.find((candidate) => candidate.path === change.path);
    if (joined === undefined) return change;
    const { before, after: mine } = textsOf(change);
    const team = textsOf(joined).after;
    if (before === undefined || mine === undefined || team === undefined) return joined;
    const ownBlocks = lineBlocks(before, mine);
    const cut = lineBlocks(before, team).filter((block) =>
      ownBlocks.some((other) => blocksMeet(block, other)),
    );
    return { ...change, afterMode: joined.afterMode, after: Buffer.from(applyBlocks(before, cut)) };
  });
}

async function titleOf(task: Task, features: readonly number[]): Promise<string> {
  const titles = await Promise.all(
    features.map(async (id) => {
      const text = (await task.features.find((feature) => feature.id === id)?.description()) ?? '';
      const title = /^\W*(?:feature\W+)?title\W*?:\W*(\S.*)$/im.exec(text)?.[1];
      return (title ?? text.split('\n').find((line) => line.trim() !== '') ?? `feature ${id}`)
        .replace(/^[#\s*]+|[\s*]+$/g, '')
        .trim();
    }),
  );
  return titles.join(' and ');
}
