import { assign, enqueueActions, fromPromise, setup } from 'xstate';
import type { AgentEffects } from '../agent/agent-effects.js';
import { agentMachine, type AgentReport } from '../agent/agent-machine.js';
import type { Verdict } from '../log/referee-events.js';
import type { Phase } from '../log/run-events.js';
import { refereeMachine } from '../referee/referee-machine.js';
import type { SimulationEffects } from './simulation-effects.js';
import { nextTurn } from './turns.js';

export interface SimulationInput {
  readonly agents: readonly string[];
  /** Phases to go through, in order. */
  readonly phases: readonly Phase[];
  readonly effects: SimulationEffects;
}

interface SimulationContext extends SimulationInput {
  /** Phases still to come; the first is the current one. */
  readonly remaining: readonly Phase[];
  readonly stopped: readonly string[];
  readonly turn: string | undefined;
  readonly verdict: Verdict | undefined;
}

/**
 * The root of a run: opens the stage, leads the agents through planning and execution, has the referee
 * evaluate, and closes the stage whatever happened. Agents and referee are its children, addressed by name.
 */
export const simulationMachine = setup({
  types: {
    context: {} as SimulationContext,
    events: {} as AgentReport,
    input: {} as SimulationInput,
    output: {} as { readonly verdict: Verdict | undefined },
  },
  actors: {
    agent: agentMachine,
    referee: refereeMachine,
    openStage: fromPromise<ReadonlyMap<string, AgentEffects>, SimulationEffects>(({ input }) => input.open()),
    takePatches: fromPromise<void, SimulationEffects>(({ input }) => input.takePatches()),
    closeStage: fromPromise<void, SimulationEffects>(({ input }) => input.close()),
  },
  actions: {
    phaseStarted: ({ context }) => context.effects.phaseStarted(currentPhase(context)),
    phaseEnded: ({ context }) => context.effects.phaseEnded(currentPhase(context)),
    beginAll: enqueueActions(({ context, enqueue, self }) => {
      const phase = currentPhase(context);
      if (phase === 'evaluation') return;
      for (const agent of context.agents) {
        enqueue(() =>
          self.system.get(agent)?.send({ type: 'begin', brief: context.effects.brief(agent, phase) }),
        );
      }
    }),
    grantTurn: enqueueActions(({ context, enqueue, self }) => {
      if (!context.effects.inTurns(currentPhase(context))) return;
      const agent = nextTurn(context.agents, new Set(context.stopped), context.turn);
      if (agent === undefined) return;
      enqueue.assign({ turn: agent });
      enqueue(() => self.system.get(agent)?.send({ type: 'turn-granted' }));
    }),
    recordFault: ({ context, event }) =>
      context.effects.fault('simulation', (event as { error?: unknown }).error),
  },
  guards: {
    nextIs: ({ context }, phase: Phase) => context.remaining[0] === phase,
    wasInterrupted: ({ context }) => context.effects.isInterrupted(),
    isLastOfAll: ({ context, event }) =>
      event.type === 'agent-stopped' &&
      new Set([...context.stopped, event.agent]).size === context.agents.length,
  },
}).createMachine({
  id: 'simulation',
  context: ({ input }) => ({
    ...input,
    remaining: input.phases,
    stopped: [],
    turn: undefined,
    verdict: undefined,
  }),
  initial: 'opening',
  states: {
    opening: {
      invoke: {
        src: 'openStage',
        input: ({ context }) => context.effects,
        onDone: {
          target: 'choosing',
          actions: enqueueActions(({ event, enqueue }) => {
            for (const [id, effects] of event.output) {
              enqueue.spawnChild('agent', { id, systemId: id, input: { id, effects } });
            }
          }),
        },
        onError: { target: 'closing', actions: 'recordFault' },
      },
    },
    choosing: {
      always: [
        { guard: 'wasInterrupted', target: 'closing' },
        { guard: { type: 'nextIs', params: 'planning' }, target: 'planning' },
        { guard: { type: 'nextIs', params: 'execution' }, target: 'execution' },
        { guard: { type: 'nextIs', params: 'evaluation' }, target: 'evaluation' },
        { target: 'closing' },
      ],
    },
    planning: {
      entry: [assign({ stopped: [], turn: undefined }), 'phaseStarted', 'beginAll', 'grantTurn'],
      on: {
        'turn-ended': { actions: 'grantTurn' },
        'agent-stopped': [
          { guard: 'isLastOfAll', target: 'leaving' },
          {
            actions: [
              assign({ stopped: ({ context, event }) => [...context.stopped, event.agent] }),
              'grantTurn',
            ],
          },
        ],
      },
    },
    execution: {
      entry: [assign({ stopped: [], turn: undefined }), 'phaseStarted', 'beginAll', 'grantTurn'],
      on: {
        'turn-ended': { actions: 'grantTurn' },
        'agent-stopped': [
          { guard: 'isLastOfAll', target: 'collecting' },
          {
            actions: [
              assign({ stopped: ({ context, event }) => [...context.stopped, event.agent] }),
              'grantTurn',
            ],
          },
        ],
      },
    },
    collecting: {
      invoke: {
        src: 'takePatches',
        input: ({ context }) => context.effects,
        onDone: 'leaving',
        onError: { target: 'leaving', actions: 'recordFault' },
      },
    },
    evaluation: {
      entry: 'phaseStarted',
      invoke: {
        src: 'referee',
        systemId: 'referee',
        input: ({ context }) => context.effects.refereeInput(),
        onDone: [
          // A verdict on half of the tests is none.
          { guard: 'wasInterrupted', target: 'leaving' },
          { target: 'leaving', actions: assign({ verdict: ({ event }) => event.output }) },
        ],
        onError: { target: 'leaving', actions: 'recordFault' },
      },
    },
    leaving: {
      entry: 'phaseEnded',
      always: {
        target: 'choosing',
        actions: assign({ remaining: ({ context }) => context.remaining.slice(1) }),
      },
    },
    closing: {
      invoke: {
        src: 'closeStage',
        input: ({ context }) => context.effects,
        onDone: 'ended',
        onError: { target: 'ended', actions: 'recordFault' },
      },
    },
    ended: { type: 'final', entry: ({ context }) => context.effects.concluded(context.verdict) },
  },
  output: ({ context }) => ({ verdict: context.verdict }),
});

function currentPhase(context: SimulationContext): Phase {
  const phase = context.remaining[0];
  if (phase === undefined) throw new Error('the simulation acts after its last phase');
  return phase;
}
