import { createActor, toPromise } from 'xstate';
import { describe, expect, it } from 'vitest';
import type { MergeStrategy, Verdict } from '../../src/log/referee-events.js';
import type {
  AppliedPatch,
  FeatureOutcome,
  MergeAttempt,
  RefereeEffects,
} from '../../src/referee/referee-effects.js';
import { refereeMachine } from '../../src/referee/referee-machine.js';

interface World {
  readonly merges?: Partial<Record<MergeStrategy, MergeAttempt['status']>>;
  readonly passes?: (tree: string) => boolean;
  /** Step that breaks. */
  readonly breaks?: keyof RefereeEffects;
}

/** A world of plain answers, for a machine that only decides; it notes what was asked of it. */
function worldOf({
  merges = {},
  passes = () => true,
  breaks,
}: World): RefereeEffects & { readonly asked: string[] } {
  const asked: string[] = [];
  const ask = async <Answer>(step: keyof RefereeEffects, note: string, answer: Answer): Promise<Answer> => {
    asked.push(note);
    if (breaks === step) throw new Error(`${step} broke`);
    return answer;
  };
  const outcomes = (tree: string): FeatureOutcome[] => [{ feature: 1, passed: passes(tree) }];
  const patches: AppliedPatch[] = [{ agent: 'agent1', features: [1], status: 'applied', commit: 'c' }];
  return {
    asked,
    applyPatches: () => ask('applyPatches', 'apply', patches),
    testAlone: () => ask('testAlone', 'test alone', outcomes('alone')),
    merge: (strategy) => {
      const status = merges[strategy] ?? 'clean';
      const attempt = { strategy, status, ...(status === 'clean' ? { tree: strategy } : {}) };
      return ask('merge', `merge ${strategy}`, attempt);
    },
    testMerged: ({ tree }) => ask('testMerged', `test ${tree}`, outcomes(tree ?? '')),
    fault: (error) => void asked.push(`fault: ${(error as Error).message}`),
    conclude: (verdict) => void asked.push(verdict.success ? 'success' : `lost at ${verdict.lostAt}`),
  };
}

async function referee(
  world: World,
  evaluation: 'test' | 'merge' = 'merge',
): Promise<{ asked: string[]; verdict: Verdict }> {
  const effects = worldOf(world);
  const actor = createActor(refereeMachine, { input: { evaluation, features: [1], effects, faults: [] } });
  const verdict = await toPromise(actor.start());
  return { asked: effects.asked, verdict };
}

describe('the referee', () => {
  it.each<readonly [string, World, string[]]>([
    ['stops at a clean merge that passes', {}, ['merge naive', 'test naive', 'success']],
    [
      'stops at a clean merge that fails: the text merged and the meaning did not',
      { passes: (tree) => tree === 'alone' },
      ['merge naive', 'test naive', 'lost at test-failure'],
    ],
    [
      'climbs to the union where the naive merge conflicts',
      { merges: { naive: 'conflicts' } },
      ['merge naive', 'merge union', 'test union', 'success'],
    ],
    [
      'climbs to the model where the union fails its tests',
      { merges: { naive: 'conflicts' }, passes: (tree) => tree !== 'union' },
      ['merge naive', 'merge union', 'test union', 'merge llm', 'test llm', 'success'],
    ],
    [
      'climbs to the model where the union conflicts still',
      { merges: { naive: 'conflicts', union: 'conflicts' } },
      ['merge naive', 'merge union', 'merge llm', 'test llm', 'success'],
    ],
    [
      'gives up where the model cannot either',
      { merges: { naive: 'conflicts', union: 'conflicts', llm: 'failed' } },
      ['merge naive', 'merge union', 'merge llm', 'lost at conflict'],
    ],
    [
      'gives up where there is no model',
      { merges: { naive: 'conflicts', union: 'conflicts', llm: 'not-tried' } },
      ['merge naive', 'merge union', 'merge llm', 'lost at conflict'],
    ],
  ])('%s', async (_what, world, story) => {
    expect((await referee(world)).asked).toEqual(['apply', 'test alone', ...story]);
  });

  it('merges nothing where each patch is tested by itself', async () => {
    expect((await referee({}, 'test')).asked).toEqual(['apply', 'test alone', 'success']);
  });

  it.each(['applyPatches', 'testAlone', 'merge', 'testMerged'] as const)(
    'reaches a verdict that blames nobody where %s breaks',
    async (breaks) => {
      const { asked, verdict } = await referee({ breaks });
      expect(asked.slice(-2)).toEqual([`fault: ${breaks} broke`, 'lost at infrastructure']);
      expect(verdict).toMatchObject({
        success: false,
        lostAt: 'infrastructure',
        explanation: `${breaks} broke`,
      });
    },
  );
});
