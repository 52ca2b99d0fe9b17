import { assign, fromPromise, sendParent, setup } from 'xstate';
import { describeError } from '../base/errors.js';
import type { StopReason } from '../log/agent-events.js';
import type { ChatMessage, ToolCallBlock, ToolResultBlock } from '../model/chat-model.js';
import type { AgentEffects, PhaseBrief, StepActions, StepAnswer, StepRequest } from './agent-effects.js';
import { mustAgreeNow, SILENT_REMINDER, stopReason } from './agent-decisions.js';

/** What the simulation tells an agent. */
export type AgentEvent =
  { readonly type: 'begin'; readonly brief: PhaseBrief } | { readonly type: 'turn-granted' };

/** What an agent tells the simulation. */
export type AgentReport =
  | { readonly type: 'turn-ended'; readonly agent: string }
  | { readonly type: 'agent-stopped'; readonly agent: string; readonly reason: StopReason };

export interface AgentInput {
  readonly id: string;
  readonly effects: AgentEffects;
}

export interface AgentContext extends AgentInput {
  readonly brief: PhaseBrief | undefined;
  readonly startedAt: number;
  readonly steps: number;
  readonly silentSteps: number;
  readonly conversation: readonly ChatMessage[];
  readonly calls: readonly ToolCallBlock[];
  readonly results: readonly ToolResultBlock[];
  readonly reminder: string | undefined;
  readonly messageSent: boolean;
  readonly plan: string | undefined;
  readonly forced: boolean;
  readonly submitted: boolean;
  readonly stop: { readonly reason: StopReason; readonly detail?: string } | undefined;
}

const freshPhase = {
  steps: 0,
  silentSteps: 0,
  conversation: [],
  calls: [],
  results: [],
  reminder: undefined,
  messageSent: false,
  plan: undefined,
  forced: false,
  submitted: false,
  stop: undefined,
} as const;

function briefOf(context: AgentContext): PhaseBrief {
  if (context.brief === undefined) throw new Error(`${context.id} acts outside a phase`);
  return context.brief;
}

/** The one tool that may be called in the forced agreement. */
function requiredTool(context: AgentContext): string | undefined {
  return context.forced ? 'agreement_reached' : undefined;
}

/**
 * One agent: waits for its turn, asks its model, calls the tools it chose, decides, and so on until a stop
 * condition holds. In planning a reached limit, or a model that calls no tool any more, leads to one last question
 * with the agreement tool alone.
 */
export const agentMachine = setup({
  types: {
    context: {} as AgentContext,
    events: {} as AgentEvent,
    input: {} as AgentInput,
  },
  actors: {
    askModel: fromPromise<StepAnswer, { effects: AgentEffects; request: StepRequest }>(({ input }) =>
      input.effects.ask(input.request),
    ),
    callTools: fromPromise<StepActions, AgentContext>(({ input }) =>
      input.effects.act(briefOf(input), input.steps, input.calls, requiredTool(input)),
    ),
  },
  actions: {
    reportTurnEnd: sendParent(({ context }): AgentReport => ({ type: 'turn-ended', agent: context.id })),
    reportStop: sendParent(({ context }): AgentReport => ({
      type: 'agent-stopped',
      agent: context.id,
      reason: context.stop?.reason ?? 'fault',
    })),
    recordStop: ({ context }) => {
      const brief = briefOf(context);
      if (context.plan !== undefined) context.effects.planAgreed(context.plan, context.forced);
      const reason = context.stop?.reason ?? 'fault';
      context.effects.stopped(brief, reason, context.steps, context.stop?.detail);
    },
    recordTurn: ({ context }) => context.effects.turnStarted(briefOf(context)),
    /** Effects report what goes wrong; one that throws all the same must not leave the agent hanging. */
    breakOff: assign(({ event }) => ({
      stop: {
        reason: 'fault' as const,
        detail: describeError((event as { readonly error?: unknown }).error),
      },
    })),
  },
  guards: {
    isFree: ({ context }) => context.brief?.pace === 'free',
    hasCalls: ({ context }) => context.calls.length > 0,
    hasStopped: ({ context }) => context.stop !== undefined,
    mustAgree: ({ context }) => mustAgreeNow(context, briefOf(context)),
    turnIsOver: ({ context }) => {
      const { pace, turnLength } = briefOf(context);
      return pace === 'turns' && (turnLength === 'one-step' || context.messageSent);
    },
  },
}).createMachine({
  id: 'agent',
  context: ({ input }) => ({ ...input, ...freshPhase, brief: undefined, startedAt: 0 }),
  initial: 'idle',
  states: {
    idle: {
      on: {
        begin: {
          target: 'beginning',
          actions: assign(({ context, event }) => ({
            ...freshPhase,
            brief: event.brief,
            startedAt: context.effects.now(),
          })),
        },
      },
    },
    beginning: {
      entry: ({ context }) => context.effects.begin(briefOf(context)),
      always: [{ guard: 'isFree', target: 'asking' }, { target: 'waiting' }],
    },
    waiting: {
      on: { 'turn-granted': { target: 'asking', actions: ['recordTurn', assign({ messageSent: false })] } },
    },
    asking: {
      invoke: {
        src: 'askModel',
        input: ({ context }) => ({
          effects: context.effects,
          request: {
            brief: briefOf(context),
            step: context.steps + 1,
            conversation: context.conversation,
            results: context.results,
            reminder: context.reminder,
            requiredTool: requiredTool(context),
          },
        }),
        onDone: {
          target: 'answered',
          actions: assign(({ context, event }) => {
            const answer = event.output;
            if (answer.type === 'stopped') return { stop: answer, calls: [] };
            const silent = answer.calls.length === 0;
            return {
              steps: context.steps + 1,
              conversation: answer.conversation,
              calls: answer.calls,
              results: [],
              reminder: silent ? SILENT_REMINDER : undefined,
              silentSteps: silent ? context.silentSteps + 1 : 0,
              // A model that was asked for nothing but its plan has given it, in whatever form.
              ...(context.forced && silent && answer.text !== '' ? { plan: answer.text } : {}),
            };
          }),
        },
        onError: { target: 'stopped', actions: 'breakOff' },
      },
    },
    answered: {
      always: [
        { guard: 'hasStopped', target: 'stopped' },
        { guard: 'hasCalls', target: 'acting' },
        'deciding',
      ],
    },
    acting: {
      invoke: {
        src: 'callTools',
        input: ({ context }) => context,
        onDone: {
          target: 'deciding',
          actions: assign(({ context, event }) => {
            const actions = event.output;
            if (actions.type === 'stopped') return { stop: actions };
            const signals = actions.signals;
            const plan = signals.findLast((signal) => signal.type === 'plan-agreed')?.plan;
            return {
              results: actions.results,
              messageSent: context.messageSent || signals.some((signal) => signal.type === 'message-sent'),
              submitted: signals.some((signal) => signal.type === 'submitted'),
              ...(plan === undefined ? {} : { plan }),
            };
          }),
        },
        onError: { target: 'stopped', actions: 'breakOff' },
      },
    },
    deciding: {
      entry: assign(({ context }) => {
        const reason = stopReason(context, briefOf(context), context.effects.now() - context.startedAt);
        return context.stop === undefined && reason !== undefined ? { stop: { reason } } : {};
      }),
      always: [
        { guard: 'hasStopped', target: 'stopped' },
        { guard: 'mustAgree', target: 'asking', actions: assign({ forced: true }) },
        { guard: 'turnIsOver', target: 'waiting', actions: 'reportTurnEnd' },
        { target: 'asking' },
      ],
    },
    stopped: {
      entry: ['recordStop', 'reportStop'],
      always: { target: 'idle' },
    },
  },
});
