import type { StopReason } from '../log/agent-events.js';
import type { ChatMessage, ToolCallBlock, ToolResultBlock } from '../model/chat-model.js';
import type { AgentSignal } from './channel-tools.js';

/** The phases in which agents act. */
export type AgentPhase = 'planning' | 'execution';

/** What an agent needs to begin a phase. */
export interface PhaseBrief {
  readonly phase: AgentPhase;
  readonly system: string;
  readonly task: string;
  /** Steps at the most. */
  readonly limit: number;
  /** Milliseconds at the most; no limit where absent. */
  readonly time?: number;
  /** `turns`: act only when a turn is granted; `free`: act until stopped. */
  readonly pace: 'turns' | 'free';
  /** Whether a turn goes on until a message is sent (planning) or is one step (lockstep execution). */
  readonly turnLength: 'until-message' | 'one-step';
}

/** What an agent asks its model in one step. */
export interface StepRequest {
  readonly brief: PhaseBrief;
  /** Number of the step in its phase, from 1. */
  readonly step: number;
  readonly conversation: readonly ChatMessage[];
  /** Results and reminder that open the step's message; partners' messages are added when it is asked. */
  readonly results: readonly ToolResultBlock[];
  readonly reminder: string | undefined;
  /** The only tool the model may call, in the forced agreement. */
  readonly requiredTool: string | undefined;
}

/** How asking the model went. */
export type StepAnswer =
  | {
      readonly type: 'answered';
      /** The whole conversation, this step's message and answer included. */
      readonly conversation: readonly ChatMessage[];
      readonly calls: readonly ToolCallBlock[];
      readonly text: string;
    }
  | { readonly type: 'stopped'; readonly reason: StopReason; readonly detail: string };

/** How calling the tools went. */
export type StepActions =
  | {
      readonly type: 'acted';
      readonly results: readonly ToolResultBlock[];
      readonly signals: readonly AgentSignal[];
    }
  | { readonly type: 'stopped'; readonly reason: StopReason; readonly detail: string };

/** Everything an agent does to the world; the machine only decides. None of these throws. */
export interface AgentEffects {
  begin(brief: PhaseBrief): void;
  ask(request: StepRequest): Promise<StepAnswer>;
  /** @param requiredTool as in {@link StepRequest}: a call of any other tool is answered, not carried out. */
  act(
    brief: PhaseBrief,
    step: number,
    calls: readonly ToolCallBlock[],
    requiredTool: string | undefined,
  ): Promise<StepActions>;
  turnStarted(brief: PhaseBrief): void;
  planAgreed(plan: string, forced: boolean): void;
  stopped(brief: PhaseBrief, reason: StopReason, steps: number, detail: string | undefined): void;
  /** Milliseconds since the epoch, by the run's clock. */
  now(): number;
}
