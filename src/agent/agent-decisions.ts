import type { StopReason } from '../log/agent-events.js';
import type { PhaseBrief } from './agent-effects.js';
import {
  afterSilentSteps,
  afterSteps,
  afterTime,
  agreed,
  anyOf,
  submitted,
  type StopCondition,
} from './stop-conditions.js';

/** Answers in a row without a tool call after which an agent is taken to have ended. */
export const SILENT_STEPS = 3;

/** Shown to an agent whose last answer called no tool. */
export const SILENT_REMINDER =
  'Your last answer called no tool. Use your tools to go on, or end with agreement_reached (when planning) or submit (when working).';

/** What the decisions look at. */
export interface AgentState {
  readonly steps: number;
  readonly silentSteps: number;
  readonly plan: string | undefined;
  readonly forced: boolean;
  readonly submitted: boolean;
}

/**
 * Whether a planning agent is now asked for its plan and nothing else: it has used up its steps, or keeps
 * answering without a tool call and would use them up in vain.
 */
export function mustAgreeNow(state: AgentState, brief: PhaseBrief): boolean {
  if (brief.phase !== 'planning' || state.forced) return false;
  return state.steps >= brief.limit || state.silentSteps >= SILENT_STEPS;
}

/**
 * Why the agent stops now, or nothing.
 *
 * @param elapsed milliseconds since the phase began.
 */
export function stopReason(state: AgentState, brief: PhaseBrief, elapsed: number): StopReason | undefined {
  const progress = {
    steps: state.steps,
    silentSteps: state.silentSteps,
    agreed: state.plan !== undefined && !state.forced,
    submitted: state.submitted,
    elapsed,
  };
  if (brief.phase === 'planning') {
    // The forced agreement is one more step; after it planning is over whatever came of it.
    const forced: StopCondition = () =>
      state.forced ? (state.steps > brief.limit ? 'iteration-limit' : 'silent') : undefined;
    return anyOf(agreed, forced, afterTime(brief.time ?? Infinity))(progress);
  }
  return anyOf(
    submitted,
    afterSteps(brief.limit, 'action-limit'),
    afterTime(brief.time ?? Infinity),
    afterSilentSteps(SILENT_STEPS),
  )(progress);
}
