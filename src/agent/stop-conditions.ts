import type { StopReason } from '../log/agent-events.js';

/** How far an agent has come in its phase. */
export interface AgentProgress {
  /** Model calls made in this phase. */
  readonly steps: number;
  /** Answers in a row that called no tool. */
  readonly silentSteps: number;
  readonly agreed: boolean;
  readonly submitted: boolean;
  /** Milliseconds since the agent began the phase. */
  readonly elapsed: number;
}

/** A predicate over progress that names why the agent stops, or says nothing. */
export type StopCondition = (progress: AgentProgress) => StopReason | undefined;

export const agreed: StopCondition = (progress) => (progress.agreed ? 'agreed' : undefined);
export const submitted: StopCondition = (progress) => (progress.submitted ? 'submitted' : undefined);

/** Stops after `count` steps. */
export function afterSteps(count: number, reason: 'iteration-limit' | 'action-limit'): StopCondition {
  return (progress) => (progress.steps >= count ? reason : undefined);
}

/** Stops after `milliseconds` in the phase. */
export function afterTime(milliseconds: number): StopCondition {
  return (progress) => (progress.elapsed >= milliseconds ? 'time-limit' : undefined);
}

/** Stops an agent that keeps answering without calling a tool. */
export function afterSilentSteps(count: number): StopCondition {
  return (progress) => (progress.silentSteps >= count ? 'silent' : undefined);
}

/** The first reason that any condition gives. */
export function anyOf(...conditions: readonly StopCondition[]): StopCondition {
  return (progress) => {
    for (const condition of conditions) {
      const reason = condition(progress);
      if (reason !== undefined) return reason;
    }
    return undefined;
  };
}

/** The first condition's reason, once every condition gives one. */
export function allOf(...conditions: readonly StopCondition[]): StopCondition {
  return (progress) => {
    const reasons = conditions.map((condition) => condition(progress));
    return reasons.includes(undefined) ? undefined : reasons[0];
  };
}
