import { eventsOf, type RunEvent } from '../log/event.js';
import type { Cause, Loss, Verdict } from '../log/referee-events.js';

/** A run in a few fields, for tables and `--json`. */
export interface RunSummary {
  readonly runId: string;
  readonly setting: string;
  readonly repoName: string;
  readonly taskId: number;
  readonly channel: string;
  readonly schedule: string;
  readonly agents: readonly {
    readonly id: string;
    readonly model: string;
    readonly features: readonly number[];
  }[];
  readonly status: 'done' | 'broke' | 'interrupted' | 'unfinished';
  /** How each agent's part of each phase ended. */
  readonly stops: readonly {
    readonly agent: string;
    readonly phase: string;
    readonly reason: string;
    readonly steps: number;
  }[];
  /** Status of the naive merge; absent where nothing was merged. */
  readonly merge?: string;
  readonly merges: readonly {
    readonly strategy: string;
    readonly status: string;
    readonly sections: number;
    readonly lines: number;
    readonly score: number;
  }[];
  readonly verdict?: Verdict;
  readonly lostAt?: Loss;
  readonly cause?: { readonly cause: Cause; readonly reason: string };
  readonly messages: {
    readonly sent: number;
    readonly delivered: number;
    readonly read: number;
    readonly withheld: number;
  };
  readonly cost: {
    readonly calls: number;
    readonly tokens: {
      readonly input: number;
      readonly output: number;
      readonly cacheRead: number;
      readonly cacheWrite: number;
    };
    /** Dollars of the calls with a known price. */
    readonly dollars: number;
    /** Models without a known price. */
    readonly unpriced: readonly string[];
  };
  readonly faults: readonly string[];
}

/** Sums a log up. */
export function summarizeRun(events: readonly RunEvent[]): RunSummary {
  const started = eventsOf(events, 'run-started')[0];
  const verdict = eventsOf(events, 'verdict-reached').at(-1)?.verdict;
  const attempts = eventsOf(events, 'merge-attempted');
  const cause = eventsOf(events, 'cause-assigned').at(-1);
  const charges = eventsOf(events, 'cost-charged');
  const sum = (part: 'input' | 'output' | 'cacheRead' | 'cacheWrite'): number =>
    charges.reduce((total, charge) => total + charge.usage[part], 0);
  const naive = attempts.find((attempt) => attempt.strategy === 'naive');
  return {
    runId: started?.runId ?? '',
    setting: started?.setting ?? '',
    repoName: started?.task.repoName ?? '',
    taskId: started?.task.taskId ?? 0,
    channel: started?.channel ?? '',
    schedule: started?.schedule ?? '',
    agents: started?.agents ?? [],
    status: eventsOf(events, 'run-ended').at(-1)?.status ?? 'unfinished',
    stops: eventsOf(events, 'agent-stopped').map(({ agent, phase, reason, steps }) => ({
      agent,
      phase,
      reason,
      steps,
    })),
    ...(naive === undefined ? {} : { merge: naive.status }),
    merges: attempts.map(({ strategy, status, sections, lines, score }) => ({
      strategy,
      status,
      sections,
      lines,
      score,
    })),
    ...(verdict === undefined ? {} : { verdict }),
    ...(verdict?.lostAt === undefined ? {} : { lostAt: verdict.lostAt }),
    ...(cause === undefined ? {} : { cause: { cause: cause.cause, reason: cause.reason } }),
    messages: {
      sent: eventsOf(events, 'message-sent').length,
      delivered: eventsOf(events, 'message-delivered').length,
      read: eventsOf(events, 'message-read').length,
      withheld: eventsOf(events, 'message-withheld').length,
    },
    cost: {
      calls: charges.length,
      tokens: {
        input: sum('input'),
        output: sum('output'),
        cacheRead: sum('cacheRead'),
        cacheWrite: sum('cacheWrite'),
      },
      dollars: charges.reduce((total, charge) => total + (charge.dollars ?? 0), 0),
      unpriced: [
        ...new Set(charges.filter((charge) => charge.dollars === null).map((charge) => charge.model)),
      ],
    },
    faults: eventsOf(events, 'fault-occurred').map((event) => `${event.where}: ${event.detail}`),
  };
}
