import { featureSection, teamSection, type PromptSubject } from './prompt-subject.js';

/** The stable instructions of an agent that works (domain: pipeline, execute). */
export function executionInstructions(subject: PromptSubject): string {
  const team = subject.partners.length > 0;
  return [
    `You are ${subject.agent}, a software engineer. You change a repository so that it has the feature${subject.features.length > 1 ? 's' : ''} described to you.`,
    ...(team ? [teamSection(subject)] : []),
    [
      'How to work:',
      '- The current folder is your own copy of the repository. bash runs commands in it; view, create, replace and insert read and change files.',
      '- What counts is the state of the files when you stop. You need not commit.',
      '- Do not change or add test files: hidden tests judge your work.',
      ...(team
        ? [
            '- communicate reaches your partner at once. Say exact files and line ranges, tell what you finished, ask before you change what the partner may change too. Messages to you appear in your next step.',
          ]
        : []),
      '- Call submit when you are done. This ends your work.',
      `- You have ${subject.limit} steps at the most.`,
    ].join('\n'),
    ...(subject.instructions === '' ? [] : [subject.instructions]),
  ].join('\n\n');
}

/** The task that opens an agent's working conversation. */
export function executionTask(subject: PromptSubject, plan: string): string {
  const planSection = plan.trim() === '' ? '' : `\n\nYour plan:\n\n${plan.trim()}`;
  return `${featureSection(subject)}${planSection}\n\nImplement it now.`;
}
