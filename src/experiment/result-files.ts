import { fromContent } from '../log/content.js';
import { eventsOf, type RunEvent } from '../log/event.js';
import { conversationFile, type ConversationMessage } from './conversation-file.js';
import { mergeReport, testReport, type OutputReader } from './evaluation-files.js';
import { executionTrajectory } from './execution-trajectory.js';
import { planningTrajectory } from './planning-trajectory.js';
import { resultNames, type RunKey } from './result-names.js';

export interface ResultFile {
  /** Relative to the run's folder. */
  readonly name: string;
  readonly content: string | Buffer;
}

export interface ResultContext {
  /** Finds the text of an attachment. */
  readonly output: OutputReader;
  /** Messages of a planning that was done by a command of its own. */
  readonly earlierMessages?: readonly ConversationMessage[];
  /** Whether the dataset's own patches are evaluated. */
  readonly isGold?: boolean;
}

/**
 * The files of the first Python release's layout that a log holds the material for: all of a finished run, what
 * there is of an interrupted one.
 */
export function resultFiles(
  events: readonly RunEvent[],
  key: RunKey,
  { output, earlierMessages = [], isGold = false }: ResultContext,
): ResultFile[] {
  const started = eventsOf(events, 'run-started')[0];
  if (started === undefined) return [];
  const names = resultNames(key);
  const agents = started.agents.map((agent) => agent.id);
  const begun = new Set(eventsOf(events, 'phase-started').map((event) => event.phase));
  const files: ResultFile[] = [];
  if (begun.has('planning')) {
    for (const { agent, plan } of eventsOf(events, 'plan-agreed')) {
      files.push({ name: names.plan(agents.indexOf(agent)), content: `${plan.trimEnd()}\n` });
    }
    files.push({ name: names.planningTrajectory, content: json(planningTrajectory(events)) });
  }
  if (begun.has('execution')) {
    for (const { agent, patch } of eventsOf(events, 'patch-taken')) {
      if (patch.text === '' && wasCutOff(events, agent)) continue;
      files.push({ name: names.patch(agents.indexOf(agent)), content: fromContent(patch) });
    }
    agents.forEach((agent, index) => {
      const entries = executionTrajectory(events, agent);
      files.push({ name: names.executionTrajectory(index), content: json(entries) });
    });
  }
  if (agents.length > 1 && (begun.has('planning') || begun.has('execution'))) {
    const earlier = begun.has('planning') ? [] : earlierMessages;
    files.push({ name: names.conversation, content: json(conversationFile(events, earlier)) });
  }
  if (eventsOf(events, 'verdict-reached').length > 0) {
    files.push(...evaluationFiles(events, key, output, isGold));
  }
  return files;
}

/** What the evaluation found: each patch's tests by themselves, or the merge's. */
function evaluationFiles(
  events: readonly RunEvent[],
  key: RunKey,
  output: OutputReader,
  isGold: boolean,
): ResultFile[] {
  const names = resultNames(key);
  const merges = eventsOf(events, 'merge-attempted');
  const broke = eventsOf(events, 'verdict-reached').at(-1)?.verdict.lostAt === 'infrastructure';
  // A team's patches were tested by themselves alone, as --eval-type test has it.
  if (key.models.length === 1 || (merges.length === 0 && !broke)) {
    return key.models.map((_, agent) => ({
      name: names.testResult(agent),
      content: json(testReport(events, key, agent, output)),
    }));
  }
  const success = eventsOf(events, 'verdict-reached').at(-1)?.verdict.success === true;
  const diffs = merges.flatMap((attempt): ResultFile[] =>
    attempt.diff === undefined
      ? []
      : [{ name: names.mergeDiff(attempt.strategy), content: fromContent(attempt.diff) }],
  );
  return [
    { name: names.mergeReport, content: json(mergeReport(events, key, output)) },
    ...diffs,
    // What broke under a run says nothing of the team.
    ...(broke
      ? []
      : [{ name: isGold ? names.goldResult : names.result, content: success ? 'pass\n' : 'fail\n' }]),
  ];
}

/** Whether the world or the user ended the agent's work, so that having no patch says nothing of the agent. */
function wasCutOff(events: readonly RunEvent[], agent: string): boolean {
  return eventsOf(events, 'agent-stopped').some(
    (stop) =>
      stop.agent === agent &&
      stop.phase === 'execution' &&
      (stop.reason === 'fault' || stop.reason === 'interrupted'),
  );
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
