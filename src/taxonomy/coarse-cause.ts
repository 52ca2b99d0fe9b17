import type { Cause } from '../log/referee-events.js';
import { eventsOf, type EventOf, type RunEvent } from '../log/event.js';
import { isQuestion, namedFiles, promisedFiles, sameFile } from './message-text.js';

/** Name and version of these rules, as labels state it. */
export const COARSE_CODEBOOK = 'coarse-cause/1';

/** Why a team failed, with the events that show it. */
export interface CoarseCause {
  readonly cause: Cause;
  readonly reason: string;
  /** `seq` of the events that show it. */
  readonly evidence: readonly number[];
}

/**
 * A first answer to why a run failed, by simple rules over its log (domain: taxonomy, rules of labelling). A
 * success, a run that broke, and a run of one agent have no coordination cause; an evaluation by itself has only
 * that of a feature that fails alone.
 *
 * The rules, first match wins:
 * 1. a feature fails on its own agent's branch, or nobody's message was delivered → implementation;
 * 2. an agent said that it would change a file and its patch leaves that file alone → commitment;
 * 3. an agent read which file its partner changes, and both patches met there → expectation;
 * 4. a question that was read and never answered → communication;
 * 5. both patches met in a file that nobody named → communication;
 * 6. anything else leaves evidence in code alone → implementation.
 *
 * Patches meet in a file where both change it and, if the branches conflict, the conflict lies there.
 */
export function coarseCause(events: readonly RunEvent[]): CoarseCause | undefined {
  const verdict = eventsOf(events, 'verdict-reached').at(-1);
  const { agents = [], phases = [] } = eventsOf(events, 'run-started')[0] ?? {};
  if (verdict === undefined || verdict.verdict.success) return undefined;
  if (verdict.verdict.lostAt === 'infrastructure' || agents.length < 2) return undefined;
  // Patches evaluated by themselves may have had a conversation that this log does not hold.
  if (!phases.includes('execution')) return failedAlone(events);
  return (
    failedAlone(events) ??
    withoutConversation(events, verdict) ??
    brokenPromise(events) ??
    ignoredClaim(events) ??
    unansweredQuestion(events) ??
    unnamedFile(events) ?? {
      cause: 'implementation',
      reason: 'only the code shows the failure',
      evidence: [verdict.seq],
    }
  );
}

function failedAlone(events: readonly RunEvent[]): CoarseCause | undefined {
  const alone = eventsOf(events, 'tests-finished').find((test) => test.stage === 'alone' && !test.passed);
  if (alone === undefined) return undefined;
  const reason = `feature ${alone.feature} fails on its own agent's branch, before any merge`;
  return { cause: 'implementation', reason, evidence: [alone.seq] };
}

function withoutConversation(
  events: readonly RunEvent[],
  verdict: EventOf<'verdict-reached'>,
): CoarseCause | undefined {
  if (eventsOf(events, 'message-delivered').length > 0) return undefined;
  const withheld = eventsOf(events, 'message-withheld');
  const reason = withheld.length > 0 ? 'the channel kept every message back' : 'no message was ever sent';
  return { cause: 'implementation', reason, evidence: [...withheld.map((event) => event.seq), verdict.seq] };
}

function brokenPromise(events: readonly RunEvent[]): CoarseCause | undefined {
  const patches = eventsOf(events, 'patch-taken');
  const known = patches.flatMap((patch) => patch.files.map((file) => file.path));
  for (const sent of eventsOf(events, 'message-sent')) {
    const patch = patches.find((taken) => taken.agent === sent.from);
    if (patch === undefined) continue;
    const broken = promisedFiles(sent.content)
      // A word that names no file of any patch may be no file at all.
      .filter((named) => patch.files.length === 0 || known.some((path) => sameFile(named, path)))
      .find((named) => !patch.files.some((file) => sameFile(named, file.path)));
    if (broken === undefined) continue;
    const reason = `${sent.from} said that it would change ${broken}, and its patch does not`;
    return { cause: 'commitment', reason, evidence: [sent.seq, patch.seq] };
  }
  return undefined;
}

/** A file that two agents' patches both change, and where a conflict lies if there is one. */
interface Meeting {
  readonly path: string;
  readonly patches: readonly [EventOf<'patch-taken'>, EventOf<'patch-taken'>];
  /** `seq` of the events that show it. */
  readonly evidence: readonly number[];
}

function meetings(events: readonly RunEvent[]): Meeting[] {
  const patches = eventsOf(events, 'patch-taken');
  const conflict = eventsOf(events, 'merge-attempted').find(
    (attempt) => attempt.strategy === 'naive' && attempt.status === 'conflicts',
  );
  const conflicts = conflict?.conflicts.map(({ file }) => file);
  return patches.flatMap((one, index) =>
    patches.slice(index + 1).flatMap((other) =>
      one.files
        .filter(({ path }) => other.files.some((file) => file.path === path))
        .filter(({ path }) => conflicts === undefined || conflicts.includes(path))
        .map(({ path }) => ({
          path,
          patches: [one, other] as const,
          evidence: [one.seq, other.seq, ...(conflict === undefined ? [] : [conflict.seq])],
        })),
    ),
  );
}

function ignoredClaim(events: readonly RunEvent[]): CoarseCause | undefined {
  const sent = new Map(eventsOf(events, 'message-sent').map((event) => [event.message, event]));
  const met = meetings(events);
  for (const read of eventsOf(events, 'message-read')) {
    const claim = sent.get(read.message);
    if (claim === undefined) continue;
    const named = namedFiles(claim.content);
    const meeting = met.find(
      ({ path, patches }) =>
        patches.every(({ agent }) => agent === claim.from || agent === read.by) &&
        named.some((word) => sameFile(word, path)),
    );
    if (meeting === undefined) continue;
    const reason = `${read.by} had read that ${claim.from} changes ${meeting.path}, and changed it as well`;
    return { cause: 'expectation', reason, evidence: [claim.seq, read.seq, ...meeting.evidence] };
  }
  return undefined;
}

function unansweredQuestion(events: readonly RunEvent[]): CoarseCause | undefined {
  const all = eventsOf(events, 'message-sent');
  const questions = new Map(
    all.filter((sent) => isQuestion(sent.content)).map((sent) => [sent.message, sent]),
  );
  // One that was never delivered or never read is no failure of the one who was asked.
  for (const read of eventsOf(events, 'message-read')) {
    const question = questions.get(read.message);
    if (question === undefined) continue;
    const answered = all.some(
      (sent) => sent.seq > read.seq && sent.from === read.by && sent.to.includes(question.from),
    );
    if (answered) continue;
    const reason = `${read.by} read the question of ${question.from} and never answered`;
    return { cause: 'communication', reason, evidence: [question.seq, read.seq] };
  }
  return undefined;
}

function unnamedFile(events: readonly RunEvent[]): CoarseCause | undefined {
  const named = eventsOf(events, 'message-sent').flatMap((sent) => namedFiles(sent.content));
  const meeting = meetings(events).find(({ path }) => !named.some((word) => sameFile(word, path)));
  if (meeting === undefined) return undefined;
  const [one, other] = meeting.patches;
  const reason = `${one.agent} and ${other.agent} both changed ${meeting.path}, and no message names it`;
  return { cause: 'communication', reason, evidence: meeting.evidence };
}
