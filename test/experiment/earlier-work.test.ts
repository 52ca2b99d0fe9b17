import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FileInterface } from '../../src/experiment/file-interface.js';
import { evaluate, runAll } from '../../src/experiment/steps.js';
import { summarizeRun } from '../../src/experiment/run-summary.js';
import { ODDMENTS, writeOddments } from '../simulation/oddments-task.js';
import { simpleAgent } from '../cli/simple-agent.js';
import { startProviderServer, type ProviderServer } from '../support/provider-server/index.js';

const root = mkdtempSync(path.join(tmpdir(), 'troupe-earlier-'));
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

const filesOf = (model1: string, model2?: string): FileInterface =>
  new FileInterface({
    setting: 'coop',
    repoName: ODDMENTS,
    taskId: 1,
    feature1Id: 1,
    feature2Id: 2,
    model1,
    ...(model2 === undefined ? {} : { model2 }),
    datasetFolder: dataset,
    logsFolder,
  });
const has = (files: FileInterface, name: string): boolean => existsSync(path.join(files.folder, name));
const read = (files: FileInterface, name: string): string =>
  readFileSync(path.join(files.folder, name), 'utf8');
const aggregate = (files: FileInterface): Record<string, unknown> =>
  JSON.parse(read(files, path.join('..', files.names.aggregatedResults))) as Record<string, unknown>;

describe('a run that broke', () => {
  // Fails as no retry helps, so that the test need not wait for any.
  const broken = async () => {
    server.answerWith([{ fail: 'unauthorized' }]);
    const files = filesOf('anthropic/claude-sonnet-4-5-20250929');
    const options = { environment: server.environment };
    return { files, options, result: await runAll(files, options) };
  };

  it('leaves neither a patch nor a result that speaks of its agents, and is counted apart', async () => {
    const { files, result } = await broken();
    expect(result).toMatchObject({ status: 'broke', verdict: { lostAt: 'infrastructure' } });
    expect([0, 1].map((agent) => has(files, files.names.patch(agent)))).toEqual([false, false]);
    expect(has(files, files.names.result)).toBe(false);
    expect(aggregate(files)).toMatchObject({
      total_tasks: 0,
      infrastructure_failures: 1,
      naive_merge_success: 0,
      detailed_results: [],
    });
  });

  it('is no agent’s failure either when its patches are evaluated by themselves', async () => {
    const { files, options } = await broken();
    await expect(evaluate(files, options)).rejects.toMatchObject({ code: 'result-not-found' });
    for (const agent of [0, 1]) writeFileSync(path.join(files.folder, files.names.patch(agent)), '');
    const { status, verdict } = await evaluate(files, options);
    expect({ status, lostAt: verdict?.lostAt }).toEqual({ status: 'broke', lostAt: 'infrastructure' });
  });

  it('does not take the place of what an earlier run made', async () => {
    server.answerWith(
      simpleAgent(() => [{ name: 'create', arguments: { path: 'made.txt', content: 'made\n' } }]),
    );
    const files = filesOf('anthropic/claude-sonnet-4-5-20250929');
    await runAll(files, { environment: server.environment });
    const patch = read(files, files.names.patch(0));
    expect(patch).not.toBe('');
    await broken();
    expect(read(files, files.names.patch(0))).toBe(patch);
    await expect(evaluate(files)).rejects.toMatchObject({ code: 'patch-of-another-run' });
  });
});

describe('evaluating patches', () => {
  it('refuses one that another team wrote under the same name, and takes it where no log knows better', async () => {
    const team = filesOf('scripted/gold');
    const { log, verdict } = await runAll(team);
    const other = filesOf('scripted/idle', 'scripted/gold');
    await runAll(other);
    const again = await evaluate(team);
    expect(again.verdict?.success).toBe(verdict?.success);
    const file = path.join(team.folder, team.names.patch(1));
    writeFileSync(file, 'diff --git a/x b/x\n');
    await expect(evaluate(team)).rejects.toMatchObject({ code: 'patch-of-another-run', where: file });
    rmSync(log);
    expect((await evaluate(team)).verdict).toMatchObject({ success: false, lostAt: 'patch-does-not-apply' });
  });

  it('of the dataset’s own leaves a team’s result and names alone, whatever model is given', async () => {
    const team = filesOf('scripted/idle');
    await runAll(team);
    expect(read(team, team.names.result)).toBe('fail\n');
    const gold = await evaluate(team, { patchLocation: 'gold' });
    expect(gold.verdict?.success).toBe(true);
    expect(summarizeRun(gold.events).agents.map(({ model }) => model)).toEqual([
      'scripted/gold',
      'scripted/gold',
    ]);
    expect(read(team, team.names.result)).toBe('fail\n');
    expect(read(team, team.names.goldResult)).toBe('pass\n');
    expect(JSON.parse(read(team, team.names.mergeReport))).toMatchObject({ verdict: { success: false } });
  });

  it('by themselves gives no cause that only their conversation could show', async () => {
    const team = filesOf('scripted/idle');
    await runAll(team);
    const { events } = await evaluate(filesOf('scripted/gold'), { patchLocation: 'gold' });
    expect(summarizeRun(events).cause).toBeUndefined();
  });
});
