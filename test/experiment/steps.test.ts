import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FileInterface } from '../../src/experiment/file-interface.js';
import type { StepOptions } from '../../src/experiment/perform-run.js';
import { createExecution, createPlan, evaluate, runAll } from '../../src/experiment/steps.js';
import { summarizeRun } from '../../src/experiment/run-summary.js';
import { eventsOf } from '../../src/log/event.js';
import { readLog } from '../../src/log/read-log.js';
import { ODDMENTS, writeOddments } from '../simulation/oddments-task.js';
import { simpleAgent } from '../cli/simple-agent.js';
import { startProviderServer, type ProviderServer } from '../support/provider-server/index.js';

type Json = Record<string, unknown>;

const root = mkdtempSync(path.join(tmpdir(), 'troupe-experiment-'));
let dataset: string;
let server: ProviderServer;
let logsFolder: string;
const former = process.env['TROUPE_CACHE_DIR'];

beforeAll(async () => {
  process.env['TROUPE_CACHE_DIR'] = path.join(root, 'cache');
  dataset = writeOddments(root);
  server = await startProviderServer();
});
afterAll(async () => {
  if (former === undefined) delete process.env['TROUPE_CACHE_DIR'];
  else process.env['TROUPE_CACHE_DIR'] = former;
  await server.close();
  rmSync(root, { recursive: true, force: true });
});
beforeEach(() => {
  logsFolder = mkdtempSync(path.join(root, 'logs-'));
});

function filesOf(
  setting: string,
  features: readonly [number, number?],
  model = 'scripted/gold',
  more: object = {},
) {
  const [feature1Id, feature2Id] = features;
  return new FileInterface({
    setting,
    repoName: ODDMENTS,
    taskId: 1,
    feature1Id,
    ...(feature2Id === undefined ? {} : { feature2Id }),
    model1: model,
    datasetFolder: dataset,
    logsFolder,
    ...more,
  });
}

const textOf = (files: FileInterface, name: string): string =>
  readFileSync(path.join(files.folder, name), 'utf8');
const jsonOf = (files: FileInterface, name: string): Json => JSON.parse(textOf(files, name)) as Json;
const aggregateOf = (files: FileInterface): Json =>
  JSON.parse(
    readFileSync(path.join(path.dirname(files.folder), files.names.aggregatedResults), 'utf8'),
  ) as Json;

describe('the planning trajectory', () => {
  it('of a team tells calls, tools and turns in the first Python release’s words', async () => {
    const files = filesOf('coop', [1, 2], 'scripted/gold-rebase');
    await createPlan(files);
    const { metadata, trajectory, final_plans } = jsonOf(files, files.names.planningTrajectory) as {
      metadata: Json;
      trajectory: { timestamp: string; agent_id: string; type: string; data: Json }[];
      final_plans: Json;
    };
    expect(metadata).toMatchObject({
      planning_mode: 'coop',
      agents: [
        { id: 'agent_1', model: 'scripted/gold-rebase', role: 'agent1' },
        { id: 'agent_2', model: 'scripted/gold-rebase', role: 'agent2' },
      ],
    });
    expect(Date.parse(String(metadata['end_time']))).toBeGreaterThan(
      Date.parse(String(metadata['start_time'])),
    );
    expect(Object.keys(final_plans)).toEqual(['plan1', 'plan2']);
    expect(`${String(final_plans['plan1']).trimEnd()}\n`).toBe(textOf(files, files.names.plan(0)));
    for (const event of trajectory) expect(event.timestamp).toBe(new Date(event.timestamp).toISOString());

    const calls = trajectory.filter((event) => event.type === 'llm_call');
    const [first, second] = calls
      .filter((event) => event.agent_id === 'agent_1')
      .map(
        (event) =>
          event.data as {
            input: { messages: { role: string; content: string }[]; tools: { name: string }[] };
            output: { content: string; tool_calls: { name: string; arguments: Json }[] };
          },
      );
    expect(first?.input.tools).toEqual(
      ['list_files', 'read_file', 'grep_search', 'communicate_with_agent', 'agreement_reached'].map(
        (name) => ({ name }),
      ),
    );
    // The whole prompt, each time.
    expect(first?.input.messages.map((message) => message.role)).toEqual(['system', 'user']);
    expect(second?.input.messages.slice(0, 2)).toEqual(first?.input.messages);
    expect(second?.input.messages.length).toBeGreaterThan(2);

    const spoken = trajectory.filter((event) => event.data['tool_name'] === 'communicate_with_agent');
    const [sent] = spoken.map((event) => event.data as { arguments: { message: string }; result: Json });
    expect(sent?.result).toMatchObject({ success: true, content: 'Delivered to agent2.', error: null });
    const turns = trajectory.filter((event) => event.type === 'coordination');
    expect(turns.every((event) => event.agent_id === 'coordinator')).toBe(true);
    expect(turns[0]?.data).toEqual({
      action: 'communication_received',
      from: 'agent_1',
      to: 'agent_2',
      message: sent?.arguments.message,
    });
    expect(turns[1]?.data).toEqual({ action: 'agent_switch', from: 'agent_1', to: 'agent_2' });
  });

  it('of one agent has one plan, no turns, and the tool name of its setting', async () => {
    for (const [setting, features, tool] of [
      ['single', [1], 'agreement_reached'],
      ['solo', [1, 2], 'dual_agreement_reached'],
    ] as const) {
      const files = filesOf(setting, features);
      await createPlan(files);
      const { trajectory, final_plans } = jsonOf(files, files.names.planningTrajectory) as {
        trajectory: { type: string; data: Json }[];
        final_plans: Json;
      };
      expect(Object.keys(final_plans)).toEqual(['plan']);
      expect(trajectory.filter((event) => event.type === 'coordination')).toEqual([]);
      expect(trajectory.at(-1)).toMatchObject({ type: 'tool_execution', data: { tool_name: tool } });
    }
  });
});

describe('the execution trajectory', () => {
  it('gives each tool the type and arguments of its counterpart', async () => {
    server.answerWith(
      simpleAgent(({ model }) => [
        { name: 'view', arguments: { path: 'lines.txt', first_line: 1, last_line: 3 } },
        {
          name: 'replace',
          arguments: { path: 'lines.txt', old_text: 'line 3\n', new_text: 'line 3 has one\n' },
        },
        { name: 'create', arguments: { path: 'new.txt', content: 'new\n' } },
        { name: 'insert', arguments: { path: 'new.txt', after_line: 1, text: 'more\n' } },
        { name: 'bash', arguments: { command: `echo ${model}` } },
        { name: 'communicate', arguments: { message: 'done with line 3' } },
        { name: 'fly', arguments: { to: 'the moon' } },
      ]),
    );
    const files = filesOf('coop', [1, 2], 'openai/one', { model2: 'openai/two' });
    await createPlan(files, { environment: server.environment });
    await createExecution(files, { environment: server.environment });
    const entries = JSON.parse(textOf(files, files.names.executionTrajectory(0))) as Json[];
    expect(entries.map(({ id }) => id)).toEqual(entries.map((_entry, index) => index + 1));
    for (const entry of entries) {
      expect(Object.keys(entry)).toEqual([
        'id',
        'timestampMs',
        'agentId',
        'toolType',
        'toolName',
        'details',
        'args',
      ]);
      expect(entry['agentId']).toBe('agent_1');
      expect(['bash', 'view', 'edit', 'think', 'message', 'communication']).toContain(entry['toolType']);
    }
    const editor = 'str_replace_editor';
    expect(entries).toMatchObject([
      { toolType: 'view', toolName: editor, args: { command: 'view', path: 'lines.txt' } },
      {
        toolType: 'edit',
        toolName: editor,
        args: { command: 'str_replace', path: 'lines.txt', old_str: 'line 3\n', new_str: 'line 3 has one\n' },
      },
      { toolType: 'edit', args: { command: 'create', path: 'new.txt', file_text: 'new\n' } },
      { toolType: 'edit', args: { command: 'insert', path: 'new.txt', insert_line: 1, new_str: 'more\n' } },
      { toolType: 'bash', args: { command: 'echo one' }, details: expect.stringContaining('one') },
      { toolType: 'communication', toolName: 'openhands_comm_send', details: 'done with line 3', args: null },
      { toolType: 'message', toolName: 'fly', args: { to: 'the moon' } },
      { toolType: 'message', toolName: 'finish', details: 'done', args: null },
    ]);
    const others = JSON.parse(textOf(files, files.names.executionTrajectory(1))) as Json[];
    expect(others.find((entry) => entry['toolType'] === 'bash')).toMatchObject({
      agentId: 'agent_2',
      details: expect.stringContaining('two'),
    });
  });

  it('pairs calls and results by agent and order where a provider repeats its ids', async () => {
    server.answerWith((request) => {
      const answer = simpleAgent(() => [
        { name: 'bash', arguments: { command: 'echo first' } },
        { name: 'bash', arguments: { command: 'echo second' } },
      ])(request);
      if (!('toolCalls' in answer) || answer.toolCalls === undefined) return answer;
      return { toolCalls: answer.toolCalls.map((call) => ({ ...call, id: 'call_0' })) };
    });
    const files = filesOf('single', [1], 'ollama/small');
    await runAll(files, { environment: server.environment });
    const entries = JSON.parse(textOf(files, files.names.executionTrajectory(0))) as Json[];
    const outputs = entries.filter(({ toolType }) => toolType === 'bash').map(({ details }) => details);
    expect(outputs).toEqual([expect.stringContaining('first'), expect.stringContaining('second')]);
  });
});

describe('the conversation', () => {
  interface Conversation {
    readonly messages: readonly Json[];
    readonly total_messages: number;
    readonly export_timestamp: string;
  }

  it('has every message in the bus’s order, with what became of it', async () => {
    const files = filesOf('coop_ablation', [1, 3]);
    await runAll(files);
    const { messages, total_messages, export_timestamp } = jsonOf(
      files,
      files.names.conversation,
    ) as unknown as Conversation;
    expect(total_messages).toBe(messages.length);
    expect(Date.parse(export_timestamp)).not.toBeNaN();
    expect(messages.map(({ id }) => id)).toEqual(messages.map((_message, index) => index + 1));
    const [first] = messages;
    expect(first).toMatchObject({
      sender_id: 'agent_1',
      recipient_id: 'agent_2',
      message_type: 'info',
      is_read: 1,
      phase: 'planning',
    });
    expect(first).not.toHaveProperty('withheld');
    const work = messages.filter(({ phase }) => phase === 'execution');
    expect(work.length).toBeGreaterThan(0);
    for (const message of work) {
      expect(message).toMatchObject({ is_read: 0, withheld: 'the channel is closed during execution' });
    }
  });

  it('keeps the planning’s messages once where the work is done again', async () => {
    const files = filesOf('coop', [1, 2]);
    await createPlan(files);
    const planned = (jsonOf(files, files.names.conversation) as unknown as Conversation).messages.length;
    await createExecution(files);
    const once = textOf(files, files.names.conversation);
    await createExecution(files);
    expect(textOf(files, files.names.conversation)).toBe(once);
    const { messages } = JSON.parse(once) as Conversation;
    expect(messages.filter(({ phase }) => phase === 'planning')).toHaveLength(planned);
    expect(messages.length).toBeGreaterThan(planned);
  });

  it('takes no harm from a file of that name that is none', async () => {
    const files = filesOf('coop', [1, 2]);
    await createPlan(files);
    for (const text of ['{', '[]', '{"messages": 3}', '{"messages": [null, 1, {"phase": "other"}]}']) {
      writeFileSync(path.join(files.folder, files.names.conversation), text);
      await createExecution(files);
      const { messages } = jsonOf(files, files.names.conversation) as unknown as Conversation;
      for (const message of messages) expect(message['phase']).toBe('execution');
    }
  });
});

describe('the merge report', () => {
  const reportOf = async (
    features: readonly [number, number],
    options: StepOptions = {},
    model = 'scripted/gold',
  ) => {
    const files = filesOf('coop', features, model);
    await evaluate(files, { ...options, patchLocation: 'gold' });
    return { files, report: jsonOf(files, files.names.mergeReport) };
  };
  const rungs = (report: Json, feature: 'feature1' | 'feature2'): unknown[] => {
    const fields = (report['features'] as Record<string, Json>)[feature] ?? {};
    return ['naive', 'union', 'llm'].map((rung) => fields[`${rung}_merge_test_passed`]);
  };

  it('of a clean merge repeats the result on the rungs that were not needed', async () => {
    const { files, report } = await reportOf([1, 2]);
    expect(report['merge_analysis']).toEqual({
      status: 'clean',
      conflict_score: 0,
      severity: 'none',
      conflict_details: { conflict_sections: 0, conflict_lines: 0, avg_lines_per_conflict: 0 },
      files: [],
    });
    expect(rungs(report, 'feature1')).toEqual([true, true, true]);
    expect(report['features']).toMatchObject({
      feature1: {
        number: 1,
        alone_test_passed: true,
        naive_merge_test_output: expect.stringContaining('passed'),
      },
      feature2: { number: 2, union_merge_test_output: expect.stringContaining('passed') },
    });
    expect(textOf(files, files.names.goldResult)).toBe('pass\n');
    expect(textOf(files, files.names.mergeDiff('naive'))).toContain('+line 15 has two');
    expect(readdirSync(files.folder).filter((name) => /_(?:union|llm)\.diff$/.test(name))).toEqual([]);
  });

  it('of a merge that the union solves says so from that rung on', async () => {
    const { files, report } = await reportOf([5, 6]);
    expect(report['merge_analysis']).toMatchObject({
      status: 'conflicts',
      conflict_details: { conflict_sections: 1 },
    });
    expect(rungs(report, 'feature1')).toEqual([false, true, true]);
    expect(rungs(report, 'feature2')).toEqual([false, true, true]);
    expect(textOf(files, files.names.mergeDiff('union'))).toContain('+six');
    expect(textOf(files, files.names.goldResult)).toBe('pass\n');
  });

  it('of a merge that nothing solves tells what was tried and what was not', async () => {
    const { files, report } = await reportOf([1, 3]);
    const analysis = report['merge_analysis'] as {
      conflict_score: number;
      conflict_details: Record<string, number>;
    };
    const { conflict_sections = 0, conflict_lines = 0 } = analysis.conflict_details;
    expect(analysis.conflict_score).toBe(20 * conflict_sections + 2 * conflict_lines);
    expect(analysis.conflict_details['avg_lines_per_conflict']).toBe(conflict_lines / conflict_sections);
    expect(report['strategies']).toMatchObject({ llm: { status: 'not-tried' } });
    expect(rungs(report, 'feature1').at(-1)).toBeNull();
    expect(rungs(report, 'feature1')[0]).toBe(false);
    expect(textOf(files, files.names.goldResult)).toBe('fail\n');
  });

  it('of a merge that a model solves has the model’s rung and diff', async () => {
    server.answerWith(() => ({ text: 'line 3 has one and three' }));
    const files = filesOf('coop', [1, 3]);
    await evaluate(files, {
      patchLocation: 'gold',
      mergeModel: 'openai/merger',
      environment: server.environment,
    });
    const report = jsonOf(files, files.names.mergeReport);
    expect(report['strategies']).toMatchObject({ llm: { status: expect.any(String) } });
    const { status } = (report['strategies'] as Record<string, Json>)['llm'] ?? {};
    if (status === 'clean') expect(textOf(files, files.names.mergeDiff('llm'))).toContain('one and three');
    expect(rungs(report, 'feature2').at(-1)).toBe(status === 'clean' ? true : null);
  });

  it('takes an earlier evaluation’s diffs away that are no longer true', async () => {
    const { files } = await reportOf([5, 6]);
    expect(readdirSync(files.folder)).toContain(files.names.mergeDiff('union'));
    for (const agent of [0, 1]) writeFileSync(path.join(files.folder, files.names.patch(agent)), '');
    await evaluate(files);
    expect(readdirSync(files.folder)).not.toContain(files.names.mergeDiff('union'));
    expect(textOf(files, files.names.result)).toBe('fail\n');
  });
});

describe('the tests of one agent’s patch', () => {
  it('of a single feature stand in a text file of JSON', async () => {
    const files = filesOf('single', [1]);
    await runAll(files);
    expect(jsonOf(files, files.names.testResult(0))).toMatchObject({
      task_name: ODDMENTS,
      task_id: 1,
      feature_num: 1,
      k: 1,
      test_passed: true,
      error_info: null,
      duration: expect.any(Number),
    });
    await runAll(filesOf('single', [1], 'scripted/idle'));
    const idle = filesOf('single', [1], 'scripted/idle');
    expect(jsonOf(idle, idle.names.testResult(0))).toMatchObject({
      test_passed: false,
      error_info: expect.any(String),
    });
  });

  it('of two features stand in one report', async () => {
    const files = filesOf('solo', [1, 2]);
    await runAll(files);
    expect(jsonOf(files, files.names.testResult(0))).toMatchObject({
      feature1_id: 1,
      feature2_id: 2,
      feature1_test_passed: true,
      feature1_test_output: expect.stringContaining('passed'),
      feature2_test_passed: true,
      both_tests_passed: true,
    });
  });
});

describe('aggregated results', () => {
  it('of pairs count each rung with the ones before it, over all pairs of the task', async () => {
    for (const features of [
      [1, 2],
      [5, 6],
      [1, 3],
    ] as const) {
      await evaluate(filesOf('coop', features), { patchLocation: 'gold' });
    }
    expect(aggregateOf(filesOf('coop', [1, 2]))).toMatchObject({
      setting: 'coop',
      repo_name: ODDMENTS,
      task_id: 1,
      k: 1,
      total_tasks: 3,
      naive_merge_success: 1,
      naive_merge_success_pct: expect.closeTo(33.333, 2),
      union_merge_success: 2,
      llm_merge_success: 2,
      detailed_results: [
        {
          feature1_id: 1,
          feature2_id: 2,
          has_naive_merge_conflict: false,
          feature1_naive_merge_test_passed: true,
        },
        {
          feature1_id: 1,
          feature2_id: 3,
          has_naive_merge_conflict: true,
          feature2_naive_merge_test_passed: false,
        },
        {
          feature1_id: 5,
          feature2_id: 6,
          has_naive_merge_conflict: true,
          feature1_union_merge_test_passed: true,
        },
      ],
    });
  });

  it('of single runs keep to their model and repeat', async () => {
    await evaluate(filesOf('single', [1]), { patchLocation: 'gold' });
    await evaluate(filesOf('single', [2]), { patchLocation: 'gold' });
    await runAll(filesOf('single', [2], 'scripted/idle'));
    await evaluate(filesOf('single', [2], 'scripted/gold', { k: 2 }), { patchLocation: 'gold' });
    expect(aggregateOf(filesOf('single', [1]))).toMatchObject({
      total_tasks: 2,
      success: 2,
      success_pct: 100,
      detailed_results: [
        { feature_id: 1, k: 1, test_passed: true },
        { feature_id: 2, k: 1, test_passed: true },
      ],
    });
    expect(aggregateOf(filesOf('single', [2], 'scripted/idle'))).toMatchObject({
      total_tasks: 1,
      success: 0,
    });
  });

  it('leave out a report that cannot be read', async () => {
    const files = filesOf('solo', [1, 2]);
    const broken = filesOf('solo', [1, 3]);
    mkdirSync(broken.folder, { recursive: true });
    writeFileSync(path.join(broken.folder, broken.names.testResult(0)), '{"both');
    await evaluate(files, { patchLocation: 'gold' });
    expect(aggregateOf(files)).toMatchObject({ total_tasks: 1, success: 1 });
  });
});

describe('files of a run', () => {
  it('are written as each phase ends, whole, with a copy in the cache', async () => {
    const files = filesOf('coop', [1, 2]);
    const seen: Record<string, string[]> = {};
    await runAll(files, {
      onEvent: (event) => {
        if (event.type === 'phase-started') seen[event.phase] = readdirSync(files.folder).sort();
      },
    });
    expect(seen['execution']).toContain(files.names.plan(0));
    expect(seen['evaluation']).toContain(files.names.patch(1));
    expect(seen['evaluation']).not.toContain(files.names.result);
    const written = readdirSync(files.folder).filter((name) =>
      statSync(path.join(files.folder, name)).isFile(),
    );
    // A file half written would have a temporary name.
    for (const name of written) expect(name).toMatch(/\.(?:md|json|jsonl|patch|diff|txt)$/);
    for (const name of written.filter((file) => !file.endsWith('.jsonl'))) {
      expect(readFileSync(path.join(files.cacheFolder, name))).toEqual(
        readFileSync(path.join(files.folder, name)),
      );
    }
  });

  it('hold what there is where a run was interrupted', async () => {
    const controller = new AbortController();
    const files = filesOf('coop', [1, 2]);
    const result = await runAll(files, {
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === 'patch-taken' || (event.type === 'tool-called' && event.tool === 'submit'))
          controller.abort();
      },
    });
    expect(result.status).toBe('interrupted');
    expect(result.verdict).toBeUndefined();
    const names = readdirSync(files.folder);
    expect(names).toEqual(
      expect.arrayContaining([files.names.plan(0), files.names.plan(1), files.names.conversation]),
    );
    expect(names).not.toContain(files.names.result);
    const events = [];
    for await (const event of readLog(result.log)) events.push(event);
    expect(events.at(-1)).toMatchObject({ type: 'run-ended', status: 'interrupted' });
    const resumed = await createExecution(files);
    expect(resumed.status).toBe('done');
    expect((await evaluate(files)).verdict?.success).toBe(true);
  });

  it('are none where a signal was given up before', async () => {
    const files = filesOf('coop', [1, 2]);
    await expect(runAll(files, { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(readdirSync(logsFolder)).toEqual([]);
  });

  it('keep the log and the test output of an earlier run that cost money', async () => {
    server.answerWith(simpleAgent(() => []));
    const files = filesOf('single', [1], 'openai/some');
    const first = await runAll(files, { environment: server.environment });
    const paid = readFileSync(first.log, 'utf8');
    const second = await runAll(files, { environment: server.environment });
    expect(second.runId).not.toBe(first.runId);
    const names = readdirSync(files.folder);
    const kept = names.filter((name) => name.startsWith('events_') && name.includes(first.runId));
    expect(kept).toHaveLength(1);
    expect(readFileSync(path.join(files.folder, kept[0] ?? ''), 'utf8')).toBe(paid);
    expect(names.filter((name) => name.startsWith('outputs_'))).toHaveLength(2);
  });

  it('take the log of a scripted run’s place, which repeats', async () => {
    const files = filesOf('single', [1]);
    await runAll(files);
    await runAll(files);
    expect(readdirSync(files.folder).filter((name) => name.startsWith('events_'))).toHaveLength(1);
  });
});

describe('the summary of a run', () => {
  it('adds up messages, merges, calls and dollars', async () => {
    server.answerWith((request) => ({
      ...simpleAgent(() => [{ name: 'communicate', arguments: { message: 'hello' } }])(request),
      usage: { input: 1000, output: 100, cacheRead: 500, cacheWrite: 0 },
    }));
    const files = filesOf('coop', [1, 2], 'openai/gpt-5', { model2: 'openai/no-price' });
    const { events } = await runAll(files, { environment: server.environment, schedule: 'lockstep' });
    const summary = summarizeRun(events);
    const charges = eventsOf(events, 'cost-charged');
    expect(summary).toMatchObject({
      setting: 'coop',
      repoName: ODDMENTS,
      taskId: 1,
      schedule: 'lockstep',
      status: 'done',
      merge: expect.any(String),
      lostAt: 'no-patch',
      messages: { sent: 2, delivered: 2, withheld: 0 },
      faults: [],
    });
    expect(summary.cost.calls).toBe(charges.length);
    expect(summary.cost.tokens).toEqual({
      input: 1000 * charges.length,
      output: 100 * charges.length,
      cacheRead: 500 * charges.length,
      cacheWrite: 0,
    });
    expect(summary.cost.unpriced).toEqual(['openai/no-price']);
    expect(summary.cost.dollars).toBeCloseTo(charges.reduce((sum, { dollars }) => sum + (dollars ?? 0), 0));
    expect(summary.stops).toHaveLength(4);
  });

  it('of nothing is an unfinished run', () => {
    expect(summarizeRun([])).toMatchObject({
      status: 'unfinished',
      merges: [],
      cost: { calls: 0, dollars: 0 },
    });
  });
});
