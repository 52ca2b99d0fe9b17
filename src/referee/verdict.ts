import type { Loss, Verdict } from '../log/referee-events.js';
import type { FeatureOutcome, RefereeFindings } from './referee-effects.js';

/**
 * The verdict on what the referee found: success when every feature's tests pass on the judged tree, else
 * the first place in the funnel submitted → applied → merged → passed where the run was lost. What broke
 * under the run is never an agent's failure.
 */
export function reachVerdict(findings: RefereeFindings): Verdict {
  const judged = judgedAttempt(findings);
  const outcomes = findings.evaluation === 'test' ? findings.alone : (judged?.tests ?? []);
  const features = findings.features.map((feature) => ({
    feature,
    passed: passedIn(outcomes, feature) ?? false,
    passedAlone: passedIn(findings.alone, feature) ?? null,
  }));
  const success = features.every((feature) => feature.passed);
  const strategy =
    findings.evaluation === 'merge' && judged?.tree !== undefined ? judged.strategy : undefined;
  const shared = { success, features, ...(strategy === undefined ? {} : { strategy }) };
  if (success) return { ...shared, explanation: successText(findings, strategy) };
  const [lostAt, explanation] = whereLost(findings, features);
  return { ...shared, lostAt, explanation };
}

/** The last attempt whose tree was tested; the ladder stops at the first that passes. */
function judgedAttempt(findings: RefereeFindings): RefereeFindings['attempts'][number] | undefined {
  const tested = findings.attempts.filter((attempt) => attempt.tests !== undefined);
  return tested.find((attempt) => attempt.tests?.every((outcome) => outcome.passed)) ?? tested.at(-1);
}

function passedIn(outcomes: readonly FeatureOutcome[], feature: number): boolean | undefined {
  return outcomes.find((outcome) => outcome.feature === feature)?.passed;
}

function whereLost(findings: RefereeFindings, features: Verdict['features']): [Loss, string] {
  const { faults, patches } = findings;
  if (faults.length > 0) return ['infrastructure', faults[0] ?? ''];
  const missing = patches.filter((patch) => patch.status === 'skipped');
  if (missing.length > 0) return ['no-patch', `${names(missing)} made no change`];
  const unapplied = patches.filter((patch) => patch.status === 'failed');
  if (unapplied.length > 0) {
    return ['patch-does-not-apply', `the patch of ${names(unapplied)} does not apply to the base commit`];
  }
  const failed = features.filter((feature) => !feature.passed).map((feature) => feature.feature);
  const naive = findings.attempts.find((attempt) => attempt.strategy === 'naive');
  if (naive?.status === 'conflicts') {
    const aloneFailed = features
      .filter((feature) => feature.passedAlone === false)
      .map((feature) => feature.feature);
    const alone =
      aloneFailed.length === 0 ? '' : `; ${featureText(aloneFailed)} failed before the merge already`;
    return ['conflict', `the branches conflict and no merge of them passes${alone}`];
  }
  const where = findings.evaluation === 'merge' ? 'on the merged tree' : "on the agent's own tree";
  return ['test-failure', `the tests of ${featureText(failed)} fail ${where}`];
}

function successText(findings: RefereeFindings, strategy: Verdict['strategy']): string {
  const all = findings.features.length === 1 ? "the feature's tests pass" : "every feature's tests pass";
  return strategy === undefined ? all : `${all} on the ${strategy} merge`;
}

function names(patches: RefereeFindings['patches']): string {
  return patches.map((patch) => patch.agent).join(' and ');
}

function featureText(features: readonly number[]): string {
  return `feature${features.length === 1 ? '' : 's'} ${features.join(' and ')}`;
}
