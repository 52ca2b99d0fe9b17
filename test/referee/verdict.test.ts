import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lossSchema } from '../../src/log/referee-events.js';
import type { RefereeFindings } from '../../src/referee/referee-effects.js';
import { reachVerdict } from '../../src/referee/verdict.js';

const applied = [
  { agent: 'agent1', features: [1], status: 'applied', commit: 'a' },
  { agent: 'agent2', features: [2], status: 'applied', commit: 'b' },
] as const;
const passed = [
  { feature: 1, passed: true },
  { feature: 2, passed: true },
];
const second = (isPassed: boolean): typeof passed => [
  { feature: 1, passed: true },
  { feature: 2, passed: isPassed },
];

const base: RefereeFindings = {
  evaluation: 'merge',
  features: [1, 2],
  patches: applied,
  alone: passed,
  attempts: [{ strategy: 'naive', status: 'clean', tree: 't', tests: passed }],
  faults: [],
};

describe('a verdict', () => {
  it.each<readonly [string, Partial<RefereeFindings>, object]>([
    [
      'success on the naive merge',
      {},
      { success: true, strategy: 'naive', explanation: "every feature's tests pass on the naive merge" },
    ],
    [
      'success on the union, whatever the naive merge was',
      {
        attempts: [
          { strategy: 'naive', status: 'conflicts' },
          { strategy: 'union', status: 'clean', tree: 't', tests: passed },
        ],
      },
      { success: true, strategy: 'union' },
    ],
    ['success in spite of a fault', { faults: ['agent1: overloaded'] }, { success: true }],
    [
      'success of a team of which one did nothing',
      { patches: [{ ...applied[0] }, { agent: 'agent2', features: [2], status: 'skipped', commit: 'base' }] },
      { success: true },
    ],
    [
      'infrastructure before everything else',
      { faults: ['agent1: overloaded', 'more'], patches: [], alone: [], attempts: [] },
      {
        success: false,
        lostAt: 'infrastructure',
        explanation: 'agent1: overloaded',
        features: [
          { feature: 1, passed: false, passedAlone: null },
          { feature: 2, passed: false, passedAlone: null },
        ],
      },
    ],
    [
      'a missing patch before one that does not apply',
      {
        patches: [
          { agent: 'agent1', features: [1], status: 'failed' },
          { agent: 'agent2', features: [2], status: 'skipped', commit: 'base' },
        ],
        alone: second(false),
        attempts: [{ strategy: 'naive', status: 'missing_input' }],
      },
      { lostAt: 'no-patch', explanation: 'agent2 made no change' },
    ],
    [
      'a patch that does not apply',
      {
        patches: [{ agent: 'agent1', features: [1], status: 'failed' }, applied[1]],
        attempts: [{ strategy: 'naive', status: 'missing_input' }],
      },
      {
        lostAt: 'patch-does-not-apply',
        explanation: 'the patch of agent1 does not apply to the base commit',
      },
    ],
    [
      'a conflict that no rung solved',
      {
        attempts: [
          { strategy: 'naive', status: 'conflicts' },
          { strategy: 'union', status: 'clean', tree: 't', tests: second(false) },
          { strategy: 'llm', status: 'not-tried' },
        ],
      },
      {
        lostAt: 'conflict',
        strategy: 'union',
        features: [
          { feature: 1, passed: true, passedAlone: true },
          { feature: 2, passed: false, passedAlone: true },
        ],
      },
    ],
    [
      'a conflict, and who failed before it',
      { alone: second(false), attempts: [{ strategy: 'naive', status: 'conflicts' }] },
      {
        lostAt: 'conflict',
        explanation:
          'the branches conflict and no merge of them passes; feature 2 failed before the merge already',
      },
    ],
    [
      'tests that fail on a clean merge',
      { attempts: [{ strategy: 'naive', status: 'clean', tree: 't', tests: second(false) }] },
      { lostAt: 'test-failure', explanation: 'the tests of feature 2 fail on the merged tree' },
    ],
    [
      "tests that fail on an agent's own tree",
      { evaluation: 'test', alone: second(false), attempts: [] },
      { lostAt: 'test-failure', explanation: "the tests of feature 2 fail on the agent's own tree" },
    ],
  ])('tells %s', (_what, findings, expected) => {
    expect(reachVerdict({ ...base, ...findings })).toMatchObject(expected);
  });

  it('without a merge names no strategy', () => {
    expect(reachVerdict({ ...base, evaluation: 'test', attempts: [] })).not.toHaveProperty('strategy');
    expect(
      reachVerdict({ ...base, attempts: [{ strategy: 'naive', status: 'missing_input' }] }),
    ).not.toHaveProperty('strategy');
  });
});

/** Findings as a referee can have them, for any number of agents. */
const findings: fc.Arbitrary<RefereeFindings> = fc
  .record({
    evaluation: fc.constantFrom('merge' as const, 'test' as const),
    statuses: fc.array(fc.constantFrom('applied' as const, 'skipped' as const, 'failed' as const), {
      minLength: 1,
      maxLength: 4,
    }),
    alone: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    naive: fc.constantFrom('clean' as const, 'conflicts' as const),
    union: fc.constantFrom('clean' as const, 'conflicts' as const),
    llm: fc.constantFrom('clean' as const, 'failed' as const, 'not-tried' as const),
    merged: fc.array(fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), { minLength: 3, maxLength: 3 }),
    faults: fc.array(fc.string(), { maxLength: 2 }),
  })
  .map(({ evaluation, statuses, alone, naive, union, llm, merged, faults }) => {
    const features = statuses.map((_status, index) => index + 1);
    const tests = (rung: number): { tests: { feature: number; passed: boolean }[]; tree: string } => ({
      tree: `tree${rung}`,
      tests: features.map((feature, index) => ({ feature, passed: merged[rung]?.[index] ?? false })),
    });
    const all: RefereeFindings['attempts'] = statuses.includes('failed')
      ? [{ strategy: 'naive', status: 'missing_input' }]
      : [
          { strategy: 'naive', status: naive, ...(naive === 'clean' ? tests(0) : {}) },
          { strategy: 'union', status: union, ...(union === 'clean' ? tests(1) : {}) },
          { strategy: 'llm', status: llm, ...(llm === 'clean' ? tests(2) : {}) },
        ];
    return {
      evaluation,
      features,
      patches: statuses.map((status, index) => ({
        agent: `agent${index + 1}`,
        features: [index + 1],
        status,
      })),
      alone: features.flatMap((feature, index) =>
        statuses[index] === 'failed' ? [] : [{ feature, passed: alone[index] ?? false }],
      ),
      attempts: evaluation === 'test' ? [] : naive === 'clean' ? all.slice(0, 1) : all,
      faults,
    };
  });

describe('any verdict', () => {
  it('is a success exactly when every feature passed on the judged tree', () => {
    fc.assert(
      fc.property(findings, (found) => {
        const verdict = reachVerdict(found);
        expect(verdict.success).toBe(verdict.features.every((feature) => feature.passed));
        expect(verdict.success).toBe(verdict.lostAt === undefined);
        expect(verdict.features.map(({ feature }) => feature)).toEqual(found.features);
        expect(verdict.explanation).not.toBe(undefined);
      }),
    );
  });

  it('names the first place of the funnel where the run was lost', () => {
    fc.assert(
      fc.property(findings, (found) => {
        const verdict = reachVerdict(found);
        if (verdict.success) return;
        const statuses = new Set(found.patches.map(({ status }) => status));
        const isConflict = found.attempts[0]?.status === 'conflicts';
        const funnel = [
          [found.faults.length > 0, 'infrastructure'],
          [statuses.has('skipped'), 'no-patch'],
          [statuses.has('failed'), 'patch-does-not-apply'],
          [isConflict, 'conflict'],
          [true, 'test-failure'],
        ] as const;
        expect(verdict.lostAt).toBe(funnel.find(([isLost]) => isLost)?.[1]);
      }),
    );
  });

  it('can be any that the log knows', () => {
    const seen = new Set(fc.sample(findings, 2_000).map((found) => reachVerdict(found).lostAt));
    expect([...seen].sort()).toEqual([...lossSchema.options, undefined].sort());
  });
});
