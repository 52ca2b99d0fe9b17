import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FileInterface } from '../../src/experiment/file-interface.js';
import { resultNames, runFolder, type RunKey } from '../../src/experiment/result-names.js';

const CLAUDE = 'anthropic/claude-sonnet-4-5-20250929';
const GPT = 'openai/gpt-5';

function keyOf(setting: string, features: number[], models: string[], k = 1): RunKey {
  const dealt = models.length === 1 ? [features] : features.map((id) => [id]);
  return { setting, repoName: 'pallets_jinja_task', taskId: 1621, features, models, dealt, k };
}

describe('names of result files', () => {
  it('of a single run are those of the first Python release', () => {
    const key = keyOf('single', [3], [CLAUDE], 2);
    const names = resultNames(key);
    expect(runFolder(key)).toBe('single/pallets_jinja_task/task1621/feature3');
    expect(names.plan(0)).toBe('plan_claude_k2_feature3.md');
    expect(names.planningTrajectory).toBe('planning_traj_claude_k2_feature3.json');
    expect(names.patch(0)).toBe('patch_claude_k2_feature3.patch');
    expect(names.executionTrajectory(0)).toBe('execution_traj_claude_k2_feature3.json');
    expect(names.testResult(0)).toBe('test_result_claude_pallets_jinja_task_task1621_f3_k2.txt');
    expect(names.aggregatedResults).toBe('aggregated_results_claude_k2.json');
  });

  it('of a solo run are those of the first Python release', () => {
    const key = keyOf('solo', [2, 5], [GPT]);
    const names = resultNames(key);
    expect(runFolder(key)).toBe('solo/pallets_jinja_task/task1621/feature2_feature5');
    expect(names.plan(0)).toBe('plan_gpt5_k1_feature2.md');
    expect(names.planningTrajectory).toBe('planning_traj_gpt5_k1_feature2_feature5.json');
    expect(names.patch(0)).toBe('patch_gpt5_k1_feature2_feature5.patch');
    expect(names.executionTrajectory(0)).toBe('execution_traj_gpt5_k1_feature2_feature5.json');
    expect(names.testResult(0)).toBe('solo_test_result_gpt5_pallets_jinja_task_task1621_f2_f5_k1.json');
  });

  it.each(['coop', 'coop_ablation'])('of a team are those of the first Python release: %s', (setting) => {
    const key = keyOf(setting, [5, 2], [CLAUDE, GPT]);
    const names = resultNames(key);
    expect(runFolder(key)).toBe(`${setting}/pallets_jinja_task/task1621/feature2_feature5`);
    expect([names.plan(0), names.plan(1)]).toEqual([
      'plan_claude_k1_feature5.md',
      'plan_gpt5_k1_feature2.md',
    ]);
    expect(names.planningTrajectory).toBe('planning_traj_model1claude_model2gpt5_k1_feature5_feature2.json');
    expect(names.patch(1)).toBe('patch_gpt5_k1_feature2.patch');
    expect(names.executionTrajectory(1)).toBe('execution_traj_gpt5_k1_feature2.json');
    const head = 'claude_pallets_jinja_task_task1621_merge';
    expect(names.mergeReport).toBe(`${head}_report_f5_into_f2_k1.json`);
    expect(names.mergeDiff('naive')).toBe(`${head}_diff_f5_into_f2_k1.diff`);
    expect(names.mergeDiff('union')).toBe(`${head}_diff_f5_into_f2_k1_union.diff`);
    expect(names.mergeDiff('llm')).toBe(`${head}_diff_f5_into_f2_k1_llm.diff`);
    expect(names.conversation).toBe('conversation_claude.json');
    expect(names.result).toBe('result.txt');
  });

  it('that the layout has no number for carry one from the second repeat on', () => {
    const names = resultNames(keyOf('coop', [1, 2], [CLAUDE, GPT], 2));
    expect(names.conversation).toBe('conversation_claude_k2.json');
    expect(names.result).toBe('result_k2.txt');
  });

  const model = fc.oneof(
    fc.constantFrom(CLAUDE, GPT, 'qwen/Qwen3-Coder-30B-A3B-Instruct', 'qwen/Qwen3-30B-A3B-Instruct-2507'),
    fc.stringMatching(/^[a-z]{1,4}\/[a-zA-Z0-9._/:+-]{1,12}$/),
  );
  const run = fc
    .record({
      setting: fc.constantFrom('single', 'solo', 'coop', 'coop_ablation', 'no_comm'),
      taskId: fc.nat(3),
      k: fc.integer({ min: 1, max: 12 }),
      features: fc.uniqueArray(fc.nat(12), { minLength: 2, maxLength: 2 }),
      models: fc.tuple(model, model),
    })
    .map(({ setting, features, models, ...rest }): RunKey => {
      const isTeam = !['single', 'solo'].includes(setting);
      const chosen = setting === 'single' ? features.slice(0, 1) : features;
      return { ...keyOf(setting, chosen, isTeam ? models : models.slice(0, 1)), ...rest };
    });
  const command = fc.constantFrom('run', 'plan', 'execute', 'evaluate');

  it('never give two different runs the same log or attachments', () => {
    const place = (key: RunKey, name: string, kind: 'events' | 'attachments'): string =>
      `${runFolder(key)}/${resultNames(key)[kind](name)}`;
    fc.assert(
      fc.property(run, run, command, command, (one, other, first, second) => {
        const isSame = JSON.stringify([one, first]) === JSON.stringify([other, second]);
        for (const kind of ['events', 'attachments'] as const) {
          expect(place(one, first, kind) === place(other, second, kind)).toBe(isSame);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('of a log are told apart where models and features have changed places', () => {
    const places = [
      keyOf('coop', [1, 2], [CLAUDE, GPT]),
      keyOf('coop', [2, 1], [CLAUDE, GPT]),
      keyOf('coop', [1, 2], [GPT, CLAUDE]),
      keyOf('coop', [2, 1], [GPT, CLAUDE]),
    ].map((key) => `${runFolder(key)}/${resultNames(key).events('run')}`);
    expect(new Set(places).size).toBe(4);
  });

  it('are names: nothing in them leads out of the folder', () => {
    fc.assert(
      fc.property(run, (key) => {
        const names = resultNames(key);
        const all = [
          names.plan(0),
          names.planningTrajectory,
          names.patch(0),
          names.conversation,
          names.mergeReport,
          names.testResult(0),
          names.events('run'),
        ];
        for (const name of all) expect(name).toMatch(/^[\w.+-]+$/);
      }),
    );
  });
});

describe('the interface to a run’s files', () => {
  const base = {
    setting: 'coop',
    repoName: 'a_task',
    taskId: 1,
    feature1Id: 1,
    feature2Id: 2,
    model1: 'scripted/gold',
  };

  it('completes what is left out', () => {
    const files = new FileInterface({ ...base, logsFolder: '/x/logs' });
    expect(files).toMatchObject({
      setting: 'coop',
      k: 1,
      features: [1, 2],
      models: ['scripted/gold', 'scripted/gold'],
    });
    expect(files.folder).toBe('/x/logs/coop/a_task/task1/feature1_feature2');
    expect(files.cacheFolder).toMatch(/results\/coop\/a_task\/task1\/feature1_feature2$/);
  });

  it.each([
    [{ k: 0 }, 'k-invalid'],
    [{ k: 1.5 }, 'k-invalid'],
    [{ setting: 'Coop' }, 'setting-unknown'],
    [{ setting: 'constructor' }, 'setting-unknown'],
    [{ setting: 'single' }, 'feature-count'],
    [{ saveToHf: true }, 'hf-not-available'],
    [{ model1: 'nonsense' }, 'model-name-invalid'],
    [{ model2: '/x' }, 'model-name-invalid'],
  ])('refuses %j', (change, code) => {
    expect(() => new FileInterface({ ...base, ...change })).toThrow(expect.objectContaining({ code }));
  });
});
