import { shortModelName } from '../model/short-model-name.js';

/** One run as its files are named after it. */
export interface RunKey {
  readonly setting: string;
  readonly repoName: string;
  readonly taskId: number;
  /** Feature ids in the run's order. */
  readonly features: readonly number[];
  /** Model of each agent, in order. */
  readonly models: readonly string[];
  /** Features of each agent, in the same order. */
  readonly dealt: readonly (readonly number[])[];
  /** Number of the repeat, from 1. */
  readonly k: number;
}

/** Folder of a task's runs, relative to the logs folder: `<setting>/<repo>/task<id>`. */
export function taskFolder({ setting, repoName, taskId }: RunKey): string {
  return `${setting}/${repoName}/task${taskId}`;
}

/**
 * Folder of a run's files, relative to the logs folder: `<setting>/<repo>/task<id>/feature<i>_feature<j>`, with
 * the feature ids in ascending order (format of the first Python release).
 */
export function runFolder(key: RunKey): string {
  return `${taskFolder(key)}/${ascending(key.features)
    .map((id) => `feature${id}`)
    .join('_')}`;
}

function ascending(features: readonly number[]): number[] {
  return [...features].sort((one, other) => one - other);
}

/** File names of a run, as the first Python release gives them; agents are counted from 0. */
export function resultNames(key: RunKey) {
  const { repoName, taskId, k, features, dealt } = key;
  const models = key.models.map(shortModelName);
  const model = (agent: number): string => models[agent] ?? 'model';
  const allFeatures = features.map((id) => `feature${id}`).join('_');
  const isTeam = models.length > 1;
  const ofAgent = (agent: number): string => (dealt[agent] ?? []).map((id) => `feature${id}`).join('_');
  const pair = `f${features.join('_into_f')}`;
  const team = models.map((name, agent) => `model${agent + 1}${name}`).join('_');
  const repeat = k === 1 ? '' : `_k${k}`;
  // The folder does not say who got which feature.
  const order = ascending(features).every((id, index) => id === features[index])
    ? ''
    : `_f${features.join('_f')}`;
  const own = `${models.join('_')}_k${k}${order}`;
  return {
    /** A plan carries its agent's first feature, also in solo. */
    plan: (agent: number) => `plan_${model(agent)}_k${k}_feature${dealt[agent]?.[0] ?? 0}.md`,
    planningTrajectory: isTeam
      ? `planning_traj_${team}_k${k}_${allFeatures}.json`
      : `planning_traj_${model(0)}_k${k}_${allFeatures}.json`,
    patch: (agent: number) => `patch_${model(agent)}_k${k}_${ofAgent(agent)}.patch`,
    executionTrajectory: (agent: number) => `execution_traj_${model(agent)}_k${k}_${ofAgent(agent)}.json`,
    /** The layout has no place for `k` in the next two; the first repeat keeps its names. */
    conversation: `conversation_${model(0)}${repeat}.json`,
    /** Of the dataset's own patches, which are no team's. */
    goldResult: `result_gold${repeat}.txt`,
    result: `result${repeat}.txt`,
    mergeReport: `${model(0)}_${repoName}_task${taskId}_merge_report_${pair}_k${k}.json`,
    mergeDiff: (rung: 'naive' | 'union' | 'llm') =>
      `${model(0)}_${repoName}_task${taskId}_merge_diff_${pair}_k${k}${rung === 'naive' ? '' : `_${rung}`}.diff`,
    /** Tests of one agent's patch by itself. */
    testResult: (agent: number) => {
      const [first = 0, ...others] = dealt[agent] ?? [];
      return others.length === 0
        ? `test_result_${model(agent)}_${repoName}_task${taskId}_f${first}_k${k}.txt`
        : `solo_test_result_${model(agent)}_${repoName}_task${taskId}_f${[first, ...others].join('_f')}_k${k}.json`;
    },
    /** In the task's folder, over all its runs. */
    aggregatedResults: `aggregated_results_${model(0)}_k${k}.json`,
    /** Our own: the log of one command's run, and the folder of its attachments. */
    events: (command: string) => `events_${own}_${command}.jsonl`,
    attachments: (command: string) => `outputs_${own}_${command}`,
  };
}

export type ResultNames = ReturnType<typeof resultNames>;
