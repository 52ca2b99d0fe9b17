import { eventsOf, type EventOf, type RunEvent } from '../log/event.js';
import type { MergeStrategy } from '../log/referee-events.js';
import { conflictSeverity } from '../referee/merge/conflict-score.js';
import type { RunKey } from './result-names.js';

/** Finds the text of an attachment by its name. */
export type OutputReader = (name: string) => string;

const RUNGS: readonly MergeStrategy[] = ['naive', 'union', 'llm'];

/** Seconds that the evaluation took, by the run's clock. */
function evaluationSeconds(events: readonly RunEvent[]): number {
  const started = eventsOf(events, 'phase-started').find((event) => event.phase === 'evaluation');
  const ended = eventsOf(events, 'phase-ended').find((event) => event.phase === 'evaluation');
  return started === undefined || ended === undefined ? 0 : (ended.at - started.at) / 1000;
}

/**
 * The evaluation of a team's run as `…_merge_report_….json` (format of the first Python release). A rung that was
 * not needed repeats the result of the one before it; one that was not reached is `null`.
 */
export function mergeReport(events: readonly RunEvent[], key: RunKey, output: OutputReader): object {
  const attempts = eventsOf(events, 'merge-attempted');
  const naive = attempts.find((attempt) => attempt.strategy === 'naive');
  const tests = eventsOf(events, 'tests-finished').filter((test) => test.stage === 'merged');
  const alone = eventsOf(events, 'tests-finished').filter((test) => test.stage === 'alone');
  const verdict = eventsOf(events, 'verdict-reached').at(-1)?.verdict;
  const cause = eventsOf(events, 'cause-assigned').at(-1);
  const feature = (number: number): object => {
    const rungs: Record<string, unknown> = {};
    let before: EventOf<'tests-finished'> | undefined;
    for (const rung of RUNGS) {
      const test =
        tests.find((candidate) => candidate.strategy === rung && candidate.feature === number) ?? before;
      rungs[`${rung}_merge_test_passed`] = test?.passed ?? (rung === 'naive' ? false : null);
      rungs[`${rung}_merge_test_output`] = test === undefined ? '' : output(test.output);
      before = test?.passed === true ? test : undefined;
    }
    return {
      number,
      ...rungs,
      alone_test_passed: alone.find((test) => test.feature === number)?.passed ?? null,
    };
  };
  const sections = naive?.sections ?? 0;
  const lines = naive?.lines ?? 0;
  return {
    setting: key.setting,
    repo_name: key.repoName,
    task_id: key.taskId,
    k: key.k,
    models: key.models,
    merge_analysis: {
      status: naive?.status ?? 'missing_input',
      conflict_score: naive?.score ?? 0,
      severity: conflictSeverity(naive?.score ?? 0),
      conflict_details: {
        conflict_sections: sections,
        conflict_lines: lines,
        avg_lines_per_conflict: sections === 0 ? 0 : lines / sections,
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

/** The evaluation of one agent's run, as `test_result_….txt` or `solo_test_result_….json` hold it. */
export function testReport(events: readonly RunEvent[], key: RunKey, output: OutputReader): object {
  const tests = eventsOf(events, 'tests-finished');
  const verdict = eventsOf(events, 'verdict-reached').at(-1)?.verdict;
  const find = (id: number | undefined): EventOf<'tests-finished'> | undefined =>
    tests.find((test) => test.feature === id);
  const shared = {
    task_name: key.repoName,
    task_id: key.taskId,
    k: key.k,
    duration: evaluationSeconds(events),
  };
  if (key.features.length === 1) {
    const test = find(key.features[0]);
    return {
      ...shared,
      feature_num: key.features[0] ?? null,
      test_passed: test?.passed ?? false,
      error_info: test?.passed === true ? null : (verdict?.explanation ?? null),
      test_output: test === undefined ? '' : output(test.output),
    };
  }
  const each = key.features.flatMap((id, index) => {
    const test = find(id);
    const name = `feature${index + 1}`;
    return [
      [`${name}_id`, id],
      [`${name}_test_passed`, test?.passed ?? false],
      [`${name}_test_output`, test === undefined ? '' : output(test.output)],
    ];
  });
  return {
    ...shared,
    ...(Object.fromEntries(each) as object),
    both_tests_passed: verdict?.success ?? false,
    error_info: verdict?.success === true ? null : (verdict?.explanation ?? null),
  };
}
