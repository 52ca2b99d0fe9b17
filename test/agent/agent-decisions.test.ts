import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mustAgreeNow, SILENT_STEPS, stopReason, type AgentState } from '../../src/agent/agent-decisions.js';
import type { PhaseBrief } from '../../src/agent/agent-effects.js';
import {
  afterSilentSteps,
  afterSteps,
  afterTime,
  agreed,
  allOf,
  anyOf,
  submitted,
  type AgentProgress,
} from '../../src/agent/stop-conditions.js';
import { stopReasonSchema } from '../../src/log/agent-events.js';

const fresh: AgentState = { steps: 0, silentSteps: 0, plan: undefined, forced: false, submitted: false };

function brief(phase: PhaseBrief['phase'], more: Partial<PhaseBrief> = {}): PhaseBrief {
  return { phase, system: '', task: '', limit: 5, pace: 'free', turnLength: 'one-step', ...more };
}

const state: fc.Arbitrary<AgentState> = fc.record({
  steps: fc.nat(8),
  silentSteps: fc.nat(4),
  plan: fc.option(fc.string(), { nil: undefined }),
  forced: fc.boolean(),
  submitted: fc.boolean(),
});

describe('an agent that works', () => {
  const work = brief('execution', { time: 1_000 });

  it.each<readonly [string, Partial<AgentState>, number, string | undefined]>([
    ['goes on', { steps: 4, silentSteps: SILENT_STEPS - 1 }, 999, undefined],
    ['stops when it submits', { submitted: true, steps: 5 }, 2_000, 'submitted'],
    ['stops after its last action', { steps: 5 }, 2_000, 'action-limit'],
    ['stops when its time is up', { steps: 1 }, 1_000, 'time-limit'],
    ['stops when it keeps silent', { steps: 3, silentSteps: SILENT_STEPS }, 0, 'silent'],
    ['does not stop for a plan', { plan: 'p' }, 0, undefined],
  ])('%s', (_what, change, elapsed, reason) => {
    expect(stopReason({ ...fresh, ...change }, work, elapsed)).toBe(reason);
  });

  it('is never asked for a plan', () => {
    fc.assert(fc.property(state, (any) => !mustAgreeNow(any, work)));
  });

  it('always stops within its limit of actions', () => {
    fc.assert(fc.property(state, (any) => stopReason({ ...any, steps: 5 }, work, 0) !== undefined));
  });
});

describe('an agent that plans', () => {
  const plan = brief('planning');

  it.each<readonly [string, Partial<AgentState>, string | undefined, boolean]>([
    ['goes on', { steps: 4 }, undefined, false],
    ['stops when it agrees', { steps: 5, plan: 'p' }, 'agreed', true],
    ['is asked for its plan at the limit', { steps: 5 }, undefined, true],
    ['is asked for its plan when it keeps silent', { steps: 3, silentSteps: SILENT_STEPS }, undefined, true],
    [
      'stops after the forced question at the limit',
      { steps: 6, forced: true, plan: 'p' },
      'iteration-limit',
      false,
    ],
    ['stops after the forced question without a plan', { steps: 6, forced: true }, 'iteration-limit', false],
    ['stops as silent where silence forced the question', { steps: 4, forced: true }, 'silent', false],
  ])('%s', (_what, change, reason, isAsked) => {
    const now = { ...fresh, ...change };
    expect(stopReason(now, plan, 0)).toBe(reason);
    expect(mustAgreeNow(now, plan)).toBe(isAsked);
  });

  it('is asked once, and never goes on beyond that', () => {
    fc.assert(
      fc.property(state, fc.nat(), (any, elapsed) => {
        const forced = { ...any, forced: true };
        expect(mustAgreeNow(forced, plan)).toBe(false);
        expect(stopReason(forced, plan, elapsed)).toMatch(/^(iteration-limit|silent)$/);
      }),
    );
  });

  it('keeps to a time where one is given', () => {
    expect(stopReason(fresh, brief('planning', { time: 10 }), 10)).toBe('time-limit');
    expect(stopReason(fresh, plan, Number.MAX_SAFE_INTEGER)).toBeUndefined();
  });
});

describe('stop conditions', () => {
  const progress: fc.Arbitrary<AgentProgress> = fc.record({
    steps: fc.nat(10),
    silentSteps: fc.nat(10),
    agreed: fc.boolean(),
    submitted: fc.boolean(),
    elapsed: fc.nat(100),
  });
  const conditions = [agreed, submitted, afterSteps(5, 'action-limit'), afterTime(50), afterSilentSteps(3)];

  it('joined by "any" give the first reason that holds', () => {
    fc.assert(
      fc.property(progress, fc.shuffledSubarray(conditions), (now, some) => {
        expect(anyOf(...some)(now)).toBe(
          some.map((condition) => condition(now)).find((reason) => reason !== undefined),
        );
      }),
    );
  });

  it('joined by "all" give a reason only where each holds', () => {
    fc.assert(
      fc.property(progress, fc.shuffledSubarray(conditions, { minLength: 1 }), (now, some) => {
        const reasons = some.map((condition) => condition(now));
        expect(allOf(...some)(now)).toBe(
          reasons.every((reason) => reason !== undefined) ? reasons[0] : undefined,
        );
      }),
    );
  });

  it('give no reason that the log does not know', () => {
    fc.assert(
      fc.property(progress, (now) => {
        const reason = anyOf(...conditions)(now);
        if (reason !== undefined) expect(stopReasonSchema.options).toContain(reason);
      }),
    );
  });
});
