import type { Cause } from '../log/referee-events.js';
import { eventsOf, type EventOf, type RunEvent } from '../log/event.js';

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
 * success, a run that broke, and a run of one agent have no coordination cause.
 *
 * The rules, first match wins:
 * 1. a feature fails on its own agent's branch, or nobody's message was delivered → implementation;
 * 2. an agent said that it would change a file and its patch leaves that file alone → commitment;
 * 3. an agent read which file its partner changes, and both patches changed it → expectation;
 * 4. a question that its recipient never answered → communication;
 * 5. both patches changed a file that nobody named → communication;
 * 6. anything else leaves evidence in code alone → implementation.
 */
export function coarseCause(events: readonly RunEvent[]): CoarseCause | undefined {
  const verdict = eventsOf(events, 'verdict-reached').at(-1);
  const agents = eventsOf(events, 'run-started')[0]?.agents ?? [];
  if (verdict === undefined || verdict.verdict.success) return undefined;
  if (verdict.verdict.lostAt === 'infrastructure' || agents.length < 2) return undefined;
  return (
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

function withoutConversation(
  events: readonly RunEvent[],
  verdict: EventOf<'verdict-reached'>,
): CoarseCause | undefined {
  const alone = eventsOf(events, 'tests-finished').find((test) => test.stage === 'alone' && !test.passed);
  if (alone !== undefined) {
    const reason = `feature ${alone.feature} fails on its own agent's branch, before any merge`;
    return { cause: 'implementation', reason, evidence: [alone.seq] };
  }
  if (eventsOf(events, 'message-delivered').length > 0) return undefined;
  const withheld = eventsOf(events, 'message-withheld');
  const reason = withheld.length > 0 ? 'the channel kept every message back' : 'no message was ever sent';
  return { cause: 'implementation', reason, evidence: [...withheld.map((event) => event.seq), verdict.seq] };
}

/** Files of the run's patches, by agent. */
function patchedFiles(events: readonly RunEvent[]): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    eventsOf(events, 'patch-taken').map((patch) => [
      patch.agent,
      new Set(patch.files.map((file) => file.path)),
    ]),
  );
}

/** Files that a text names, of those that any patch or message could mean. */
export function namedFiles(text: string): string[] {
  const words = text.match(/[\w./-]*\w\.[a-zA-Z]{1,4}\b/g) ?? [];
  return [...new Set(words.map((word) => word.replace(/^\.\//, '')))].filter((word) => /[a-zA-Z]/.test(word));
}

const PROMISE = /\b(i will|i'll|i am going to|i'm going to|i change|i plan|i take|my plan)\b/i;

function sameFile(named: string, path: string): boolean {
  return path === named || path.endsWith(`/${named}`);
}

function brokenPromise(events: readonly RunEvent[]): CoarseCause | undefined {
  const patches = eventsOf(events, 'patch-taken');
  const known = patches.flatMap((patch) => patch.files.map((file) => file.path));
  for (const sent of eventsOf(events, 'message-sent')) {
    if (!PROMISE.test(sent.content)) continue;
    const patch = patches.find((taken) => taken.agent === sent.from);
    if (patch === undefined) continue;
    const promised = namedFiles(promiseClauses(sent.content)).filter(
      (named) => patch.files.length === 0 || known.some((path) => sameFile(named, path)),
    );
    const broken = promised.find((named) => !patch.files.some((file) => sameFile(named, file.path)));
    if (broken === undefined) continue;
    const reason = `${sent.from} said that it would change ${broken}, and its patch does not`;
    return { cause: 'commitment', reason, evidence: [sent.seq, patch.seq] };
  }
  return undefined;
}

/** The sentences of a message that promise something. */
function promiseClauses(text: string): string {
  return text
    .split(/(?<=[.!?])\s+|\n/)
    .filter((sentence) => PROMISE.test(sentence))
    .join('\n');
}

function readMessages(
  events: readonly RunEvent[],
): { sent: EventOf<'message-sent'>; read: EventOf<'message-read'> }[] {
  const sent = new Map(eventsOf(events, 'message-sent').map((event) => [event.message, event]));
  return eventsOf(events, 'message-read').flatMap((read) => {
    const message = sent.get(read.message);
    return message === undefined ? [] : [{ sent: message, read }];
  });
}

function ignoredClaim(events: readonly RunEvent[]): CoarseCause | undefined {
  const files = patchedFiles(events);
  for (const { sent, read } of readMessages(events)) {
    for (const named of namedFiles(sent.content)) {
      const both = [sent.from, read.by].every((agent) =>
        [...(files.get(agent) ?? [])].some((path) => sameFile(named, path)),
      );
      if (!both) continue;
      const reason = `${read.by} had read that ${sent.from} changes ${named}, and changed it as well`;
      return { cause: 'expectation', reason, evidence: [sent.seq, read.seq] };
    }
  }
  return undefined;
}

function unansweredQuestion(events: readonly RunEvent[]): CoarseCause | undefined {
  const all = eventsOf(events, 'message-sent');
  for (const question of all.filter((sent) => /\?(\s|$)/.test(sent.content))) {
    for (const to of question.to) {
      const answered = all.some(
        (sent) => sent.seq > question.seq && sent.from === to && sent.to.includes(question.from),
      );
      if (answered) continue;
      const reason = `${to} never answered the question of ${question.from}`;
      return { cause: 'communication', reason, evidence: [question.seq] };
    }
  }
  return undefined;
}

function unnamedFile(events: readonly RunEvent[]): CoarseCause | undefined {
  const patches = eventsOf(events, 'patch-taken');
  const named = eventsOf(events, 'message-sent').flatMap((sent) => namedFiles(sent.content));
  for (const [index, patch] of patches.entries()) {
    for (const { path } of patch.files) {
      const other = patches.slice(index + 1).find((later) => later.files.some((file) => file.path === path));
      if (other === undefined || named.some((word) => sameFile(word, path))) continue;
      const reason = `${patch.agent} and ${other.agent} both changed ${path}, and no message names it`;
      return { cause: 'communication', reason, evidence: [patch.seq, other.seq] };
    }
  }
  return undefined;
}
