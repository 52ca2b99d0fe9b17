import type { RandomSource } from '../../src/base/random.js';
import type { Script } from '../../src/model/scripted-model.js';
import type { KnownChange } from './known-change.js';

/**
 * How much a persona must know: its own gold patches; those of the whole team as well; or, beyond that, the text that
 * the team can agree on, which takes a few merges to find.
 */
export type KnowledgeNeed = 'own-gold' | 'team-gold' | 'agreed-text';

/** What a persona knows: its task's gold patches, as changes it could make. */
export interface PersonaKnowledge {
  readonly agent: string;
  /** Ids of the other agents. */
  readonly partners: readonly string[];
  /** Whether this agent comes first in the team's order. */
  readonly isFirst: boolean;
  /** Id of the agent that comes first. */
  readonly first: string;
  /** Title of the agent's own feature. */
  readonly title: string;
  /** The gold patches of the agent's own features. */
  readonly own: readonly KnownChange[];
  /** The same, but where a partner's gold patch meets them they hold the text that both can agree on, if needed. */
  readonly agreed: readonly KnownChange[];
  /** The gold patches of the whole team's features, joined, if needed. */
  readonly everything: readonly KnownChange[];
  /** Draws wordings; seeded by run and agent. */
  readonly random: RandomSource;
}

/** A scripted teammate: one way to behave, on any task. */
export interface Persona {
  /** Kebab-case; users write `scripted/<name>`. */
  readonly name: string;
  /** One line for lists. */
  readonly description: string;
  readonly needs: KnowledgeNeed;
  plan(knowledge: PersonaKnowledge): Script;
  work(knowledge: PersonaKnowledge): Script;
}
