import type { Task } from '../../src/dataset/task.js';
import type { GoldTrees } from './gold-trees.js';
import { agreeOnChanges } from './agreed-changes.js';
import type { KnownChange } from './known-change.js';
import type { KnowledgeNeed, PersonaKnowledge } from './persona.js';

export interface TeamMember {
  readonly id: string;
  readonly features: readonly number[];
}

/** Gathers what a persona that plays `agent` knows of the task's gold patches, as far as it needs to know. */
export async function gatherKnowledge(
  trees: GoldTrees,
  task: Task,
  team: readonly TeamMember[],
  agent: TeamMember,
  needs: KnowledgeNeed,
): Promise<Omit<PersonaKnowledge, 'random'>> {
  const ownChanges = async (features: readonly number[]): Promise<KnownChange[]> =>
    trees.changes((await trees.join(features)).tree);
  const allFeatures = [...new Set(team.flatMap((member) => member.features))];
  const own = await ownChanges(agent.features);
  let [agreed, everything]: (readonly KnownChange[])[] = [own, own];
  if (needs !== 'own-gold') {
    const joined = await trees.join(allFeatures);
    everything = await trees.changes(joined.tree);
    if (needs === 'agreed-text') {
      const golds = new Map<string, readonly KnownChange[]>();
      for (const member of team) golds.set(member.id, await ownChanges(member.features));
      agreed = (await agreeOnChanges(trees, joined, golds)).get(agent.id) ?? own;
    }
  }
  return {
    agent: agent.id,
    partners: team.filter((member) => member.id !== agent.id).map((member) => member.id),
    isFirst: team[0]?.id === agent.id,
    first: team[0]?.id ?? agent.id,
    title: await titleOf(task, agent.features),
    own,
    agreed: agreed ?? own,
    everything: everything ?? own,
  };
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
