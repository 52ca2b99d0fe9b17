/** What a prompt is about. Never holds a word of a partner's feature. */
export interface PromptSubject {
  readonly agent: string;
  /** Ids of the other agents. */
  readonly partners: readonly string[];
  /** The agent's own features. */
  readonly features: readonly { readonly id: number; readonly description: string }[];
  /** Steps that the agent has in this phase. */
  readonly limit: number;
  /** The scenario's own instructions to this agent; may be empty. */
  readonly instructions: string;
}

/** What an agent is told of its team. */
export function teamSection(subject: PromptSubject): string {
  const partners = subject.partners.join(', ');
  const branches = subject.partners.length + 1;
  return [
    `You work beside ${partners}. Each of you implements a different feature of the same repository, starting from the same commit, each in a separate copy: nobody sees another's files or task. Text messages are the only way to know what a partner does.`,
    `When all have finished, your ${branches} branches are joined by a ${branches}-way git merge, and the tests of every feature run on the result. The team succeeds only if all of them pass, so lines that two of you change differently are a loss for both.`,
  ].join('\n');
}

/** The descriptions of the agent's features. */
export function featureSection(subject: PromptSubject): string {
  if (subject.features.length === 1) {
    return `Your feature:\n\n${subject.features[0]?.description.trim() ?? ''}`;
  }
  const parts = subject.features.map(
    (feature, index) =>
      `Feature ${index + 1} of ${subject.features.length}:\n\n${feature.description.trim()}`,
  );
  return `You implement these features together, as one change.\n\n${parts.join('\n\n---\n\n')}`;
}
