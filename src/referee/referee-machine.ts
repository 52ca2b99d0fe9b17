import { assign, fromPromise, setup } from 'xstate';
import { describeError } from '../base/errors.js';
import type { MergeStrategy, Verdict } from '../log/referee-events.js';
import { nextMergeStep, type MergeStep } from './merge/merge-ladder.js';
import type {
  AppliedPatch,
  EvaluationType,
  FeatureOutcome,
  MergeAttempt,
  RefereeEffects,
  RefereeFindings,
} from './referee-effects.js';
import { reachVerdict } from './verdict.js';

export interface RefereeInput {
  readonly evaluation: EvaluationType;
  readonly features: readonly number[];
  readonly effects: RefereeEffects;
  /** What broke before the referee began, one line each. */
  readonly faults: readonly string[];
}

export interface RefereeContext extends RefereeFindings {
  readonly effects: RefereeEffects;
  readonly strategy: MergeStrategy;
  readonly verdict: Verdict | undefined;
}

function lastAttempt(context: RefereeContext): MergeAttempt {
  const attempt = context.attempts.at(-1);
  if (attempt === undefined) throw new Error('the referee tests a merge before it made one');
  return attempt;
}

function nextStep(context: RefereeContext): MergeStep {
  return nextMergeStep(
    context.attempts.map((attempt) => ({
      strategy: attempt.strategy,
      status: attempt.status,
      ...(attempt.tests === undefined
        ? {}
        : { testsPassed: attempt.tests.every((outcome) => outcome.passed) }),
    })),
  );
}

/**
 * The referee: applies each patch, tests each feature alone, climbs the merge ladder
 * naive → union → llm as far as it must, tests what came out, and gives the verdict.
 */
export const refereeMachine = setup({
  types: {
    context: {} as RefereeContext,
    input: {} as RefereeInput,
    output: {} as Verdict,
  },
  actors: {
    applyPatches: fromPromise<readonly AppliedPatch[], RefereeContext>(({ input }) =>
      input.effects.applyPatches(),
    ),
    testAlone: fromPromise<readonly FeatureOutcome[], RefereeContext>(({ input }) =>
      input.effects.testAlone(input.patches),
    ),
    merge: fromPromise<MergeAttempt, RefereeContext>(({ input }) =>
      input.effects.merge(input.strategy, input.patches),
    ),
    testMerged: fromPromise<readonly FeatureOutcome[], RefereeContext>(({ input }) =>
      input.effects.testMerged(lastAttempt(input)),
    ),
  },
  actions: {
    /** A step that broke under the referee: the verdict says so. */
    recordFault: assign({
      faults: ({ context, event }) => {
        const { error } = event as { error?: unknown };
        context.effects.fault(error);
        return [...context.faults, describeError(error)];
      },
    }),
  },
  guards: {
    isTestOnly: ({ context }) => context.evaluation === 'test',
    isOver: ({ context }) => nextStep(context) === 'done',
    hasTree: ({ context }) => lastAttempt(context).tree !== undefined,
  },
}).createMachine({
  id: 'referee',
  context: ({ input }) => ({
    ...input,
    patches: [],
    alone: [],
    attempts: [],
    strategy: 'naive',
    verdict: undefined,
  }),
  initial: 'applying',
  states: {
    applying: {
      invoke: {
        src: 'applyPatches',
        input: ({ context }) => context,
        onDone: { target: 'testingAlone', actions: assign({ patches: ({ event }) => event.output }) },
        onError: { target: 'judging', actions: 'recordFault' },
      },
    },
    testingAlone: {
      invoke: {
        src: 'testAlone',
        input: ({ context }) => context,
        onDone: { target: 'choosing', actions: assign({ alone: ({ event }) => event.output }) },
        onError: { target: 'judging', actions: 'recordFault' },
      },
    },
    choosing: {
      always: [
        { guard: 'isTestOnly', target: 'judging' },
        { guard: 'isOver', target: 'judging' },
        {
          target: 'merging',
          actions: assign({ strategy: ({ context }) => nextStep(context) as MergeStrategy }),
        },
      ],
    },
    merging: {
      invoke: {
        src: 'merge',
        input: ({ context }) => context,
        onDone: {
          target: 'merged',
          actions: assign({ attempts: ({ context, event }) => [...context.attempts, event.output] }),
        },
        onError: { target: 'judging', actions: 'recordFault' },
      },
    },
    merged: { always: [{ guard: 'hasTree', target: 'testingMerged' }, { target: 'choosing' }] },
    testingMerged: {
      invoke: {
        src: 'testMerged',
        input: ({ context }) => context,
        onDone: {
          target: 'choosing',
          actions: assign({
            attempts: ({ context, event }) => [
              ...context.attempts.slice(0, -1),
              { ...lastAttempt(context), tests: event.output },
            ],
          }),
        },
        onError: { target: 'judging', actions: 'recordFault' },
      },
    },
    judging: {
      entry: assign({ verdict: ({ context }) => reachVerdict(context) }),
      always: {
        target: 'done',
        actions: ({ context }) => {
          if (context.verdict !== undefined) context.effects.conclude(context.verdict);
        },
      },
    },
    done: { type: 'final' },
  },
  output: ({ context }) => context.verdict ?? reachVerdict(context),
});
