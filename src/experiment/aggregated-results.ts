import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { RUNGS } from './evaluation-files.js';
import { resultNames, type RunKey } from './result-names.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * All evaluations of a task with the same setting, models and repeat as `aggregated_results_….json` (format
 * of the first Python release). Each rung counts what the one before it solved.
 *
 * @param read merge reports, or test results of one agent, as they were read.
 */
export function aggregatedResults(key: RunKey, read: readonly Fields[]): object {
  const { setting, repoName, taskId, k } = key;
  const reports = read.filter((report) => !brokeDown(report));
  const shared = {
    setting,
    repo_name: repoName,
    task_id: taskId,
    k,
    total_tasks: reports.length,
    // Left out of the total: what broke under a run says nothing of its agents.
    infrastructure_failures: read.length - reports.length,
  };
  const share = (name: string, count: number): Fields => ({
    [name]: count,
    [`${name}_pct`]: reports.length === 0 ? 0 : (100 * count) / reports.length,
  });
  if (key.models.length > 1) {
    const pairs = reports.map(pairResult);
    const solved = RUNGS.map((_, index) => {
      const rungs = RUNGS.slice(0, index + 1);
      return pairs.filter((pair) => rungs.some((rung) => allPass(pair, `${rung}_merge_test_passed`))).length;
    });
    const counts = RUNGS.map((rung, index) => share(`${rung}_merge_success`, solved[index] ?? 0));
    return { ...shared, ...Object.assign({}, ...counts), detailed_results: pairs };
  }
  const isSingle = key.features.length === 1;
  const results = reports.map((report) => (isSingle ? singleResult(report) : soloResult(report)));
  const passed = results.filter((result) => result[isSingle ? 'test_passed' : 'both_tests_passed'] === true);
  return { ...shared, ...share('success', passed.length), detailed_results: results };
}

function brokeDown(report: Fields): boolean {
  return fieldsOf(report['verdict'])['lostAt'] === 'infrastructure' || report['lost_at'] === 'infrastructure';
}

function allPass(pair: Fields, field: string): boolean {
  const passed = Object.keys(pair).filter((name) => name.endsWith(`_${field}`));
  return passed.length > 0 && passed.every((name) => pair[name] === true);
}

function pairResult(report: Fields): Fields {
  const analysis = fieldsOf(report['merge_analysis']);
  const features = fieldsOf(report['features']);
  const sides = Object.keys(features).map((name) => [name, fieldsOf(features[name])] as const);
  return {
    ...Object.fromEntries(sides.map(([name, side]) => [`${name}_id`, side['number'] ?? null])),
    has_naive_merge_conflict: analysis['status'] === 'conflicts',
    ...Object.fromEntries(
      RUNGS.flatMap((rung) =>
        sides.map(([name, side]) => {
          const field = `${rung}_merge_test_passed`;
          return [`${name}_${field}`, side[field] ?? null];
        }),
      ),
    ),
  };
}

function singleResult(report: Fields): Fields {
  return {
    feature_id: report['feature_num'] ?? null,
    k: report['k'] ?? null,
    test_passed: report['test_passed'] === true,
  };
}

function soloResult(report: Fields): Fields {
  const names = ['feature1_id', 'feature2_id', 'feature1_test_passed', 'feature2_test_passed'];
  return {
    ...Object.fromEntries(names.map((name) => [name, report[name] ?? null])),
    both_tests_passed: report['both_tests_passed'] === true,
  };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/**
 * Reads the evaluations that lie under a task's folder for the same setting, models and repeat, one a pair; what
 * cannot be read is left out.
 *
 * @param folder `<logs>/<setting>/<repo>/task<id>`.
 */
export async function readReports(folder: string, key: RunKey): Promise<Fields[]> {
  const names = resultNames(key);
  const example = key.models.length > 1 ? names.mergeReport : names.testResult(0);
  const pattern = reportPattern(example, key.features);
  const files: string[] = [];
  for (const run of (await readdir(folder)).filter((name) => /^feature\d/.test(name)).sort()) {
    const entries = await readdir(path.join(folder, run)).catch(() => []);
    files.push(...entries.filter((name) => pattern.test(name)).map((name) => path.join(folder, run, name)));
  }
  const reports = await Promise.all(
    files.map(async (file): Promise<Fields[]> => {
      try {
        return [fieldsOf(JSON.parse(await readFile(file, 'utf8')))];
      } catch {
        return [];
      }
    }),
  );
  const ofTeam = reports.flat().filter((report) => isSameTeam(report, key));
  const byPair = new Map(ofTeam.map((report) => [sortKey(report).split('/').sort().join('/'), report]));
  return [...byPair.values()].sort((one, other) => (sortKey(one) < sortKey(other) ? -1 : 1));
}

/** Whether a report is of the same models; file names tell the first one alone. */
function isSameTeam(report: Fields, key: RunKey): boolean {
  return report['models'] === undefined || JSON.stringify(report['models']) === JSON.stringify(key.models);
}

/** The names that differ from an example in the feature ids alone. */
function reportPattern(example: string, features: readonly number[]): RegExp {
  const isTeam = example.includes(`f${features.join('_into_f')}_k`);
  const separator = isTeam ? '_into_f' : '_f';
  const ids = `f${features.join(separator)}_k`;
  const at = example.lastIndexOf(ids);
  const any = `f${features.map(() => '\\d+').join(separator)}_k`;
  return new RegExp(`^${quoted(example.slice(0, at))}${any}${quoted(example.slice(at + ids.length))}$`);
}

function quoted(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function sortKey(report: Fields): string {
  const features = fieldsOf(report['features']);
  const ids = [report['feature_num'], report['feature1_id'], report['feature2_id']].concat(
    ['feature1', 'feature2'].map((name) => fieldsOf(features[name])['number']),
  );
  return ids.map((id) => (typeof id === 'number' ? String(id).padStart(9, '0') : '')).join('/');
}
