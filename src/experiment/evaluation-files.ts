import { eventsOf, type EventOf, type RunEvent } from '../log/event.js';
import type { MergeStrategy } from '../log/referee-events.js';
import { averageLines, conflictSeverity } from '../referee/merge/conflict-score.js';
import type { RunKey } from './result-names.js';

/** Finds the text of an attachment by its name. */
export type OutputReader = (name: string) => string;

export const RUNGS: readonly MergeStrategy[] = ['naive', 'union', 'llm'];

/** Seconds that the evaluation took, by the run's clock. */
function evaluationSeconds(events: readonly RunEvent[]): number {
  const started = eventsOf(events, 'phase-started').find((event) => event.phase === 'evaluation');
  const ended = eventsOf(events, 'phase-ended').find((event) => event.phase === 'evaluation');
  return started === undefined ? 0 : ((ended ?? events.at(-1) ?? started).at - started.at) / 1000;
}

/**
 * The evaluation of a team's run as `…_merge_report_….json` (format of the first Python release). Where a merge
 * was clean, later rungs would give the same tree and repeat its results; a rung that was not reached, or made
 * nothing to test, is `null`. What did not merge cleanly did not pass, unless the run broke.
 */
export function mergeReport(events: readonly RunEvent[], key: RunKey, output: OutputReader): object {
  const attempts = eventsOf(events, 'merge-attempted');
  const naive = attempts.find((attempt) => attempt.strategy === 'naive');
  const verdict = eventsOf(events, 'verdict-reached').at(-1)?.verdict;
  const cause = eventsOf(events, 'cause-assigned').at(-1);
  const alone = eventsOf(events, 'tests-finished').filter((test) => test.stage === 'alone');
  const rungs = testsByRung(events);
  const broke = verdict?.lostAt === 'infrastructure';
  const feature = (number: number): object => {
    const fields = RUNGS.flatMap((rung): [string, unknown][] => {
      const test = rungs.get(rung)?.find((candidate) => candidate.feature === number);
      const untested = rung === 'naive' && !broke ? false : null;
      return [
        [`${rung}_merge_test_passed`, test?.passed ?? untested],
        [`${rung}_merge_test_output`, test === undefined ? '' : output(test.output)],
      ];
    });
    const passedAlone = alone.find((test) => test.feature === number)?.passed ?? null;
    return { number, ...(Object.fromEntries(fields) as object), alone_test_passed: passedAlone };
  };
  const sections = naive?.sections ?? 0;
  const lines = naive?.lines ?? 0;
  return {
    setting: key.setting,
    repo_name: key.repoName,
    task_id: key.taskId,
    k: key.k,
    models: key.models,
    apply_status: Object.fromEntries(
      eventsOf(events, 'patch-applied').map(({ agent, status }) => [agent, status]),
    ),
    merge_analysis: {
      status: naive?.status ?? 'missing_input',
      conflict_score: naive?.score ?? 0,
      severity: conflictSeverity(naive?.score ?? 0),
      conflict_details: {
        conflict_sections: sections,
        conflict_lines: lines,
        avg_lines_per_conflict: averageLines({ sections, lines }),
      },
      files: naive?.conflicts ?? [],
    },
    strategies: Object.fromEntries(
      attempts.map((attempt) => [
        attempt.strategy,
        { status: attempt.status, detail: attempt.detail ?? null },
      ]),
    ),
    features: Object.fromEntries(key.features.map((id, index) => [`feature${index + 1}`, feature(id)])),
    verdict: verdict ?? null,
    cause:
      cause === undefined ? null : { cause: cause.cause, reason: cause.reason, codebook: cause.codebook },
    duration: evaluationSeconds(events),
  };
}

/** Tests of the merged tree by rung; after a clean merge that was final, its tests stand for the rungs after it. */
function testsByRung(
  events: readonly RunEvent[],
): ReadonlyMap<MergeStrategy, readonly EventOf<'tests-finished'>[]> {
  const merged = eventsOf(events, 'tests-finished').filter((test) => test.stage === 'merged');
  const tried = new Set(eventsOf(events, 'merge-attempted').map((attempt) => attempt.strategy));
  const rungs = new Map<MergeStrategy, readonly EventOf<'tests-finished'>[]>();
  let before: readonly EventOf<'tests-finished'>[] = [];
  for (const rung of RUNGS) {
    const own = merged.filter((test) => test.strategy === rung);
    const tests = tried.has(rung) ? own : before;
    rungs.set(rung, tests);
    before = tests;
  }
  return rungs;
}

/**
 * The tests of one agent's patch by itself, as `test_result_….txt` (one feature) or `solo_test_result_….json`
 * (several) hold them.
 *
 * @param agent index in the team.
 */
export function testReport(
  events: readonly RunEvent[],
  key: RunKey,
  agent: number,
  output: OutputReader,
): object {
  const features = key.dealt[agent] ?? [];
  const tests = eventsOf(events, 'tests-finished').filter((test) => test.stage === 'alone');
  const verdict = eventsOf(events, 'verdict-reached').at(-1)?.verdict;
  const find = (id: number): EventOf<'tests-finished'> | undefined =>
    tests.find((test) => test.feature === id);
  const passed = features.every((id) => find(id)?.passed === true);
  const problem = passed
    ? null
    : (features.map((id) => find(id)?.reason).find((reason) => reason !== undefined) ??
      verdict?.explanation ??
      null);
  const shared = {
    task_name: key.repoName,
    task_id: key.taskId,
    k: key.k,
    error_info: problem,
    duration: evaluationSeconds(events),
    ...(verdict?.lostAt === undefined ? {} : { lost_at: verdict.lostAt }),
  };
  const outputOf = (id: number): string => {
    const test = find(id);
    return test === undefined ? '' : output(test.output);
  };
  const [first = 0, ...others] = features;
  if (others.length === 0) {
    return { ...shared, feature_num: first, test_passed: passed, test_output: outputOf(first) };
  }
  const each = features.flatMap((id, index): [string, unknown][] => {
    const name = `feature${index + 1}`;
    return [
      [`${name}_id`, id],
      [`${name}_test_passed`, find(id)?.passed ?? false],
      [`${name}_test_output`, outputOf(id)],
    ];
  });
  return { ...shared, ...(Object.fromEntries(each) as object), both_tests_passed: passed };
}
