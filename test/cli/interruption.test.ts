import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ODDMENTS, writeOddments } from '../simulation/oddments-task.js';
import {
  startProviderServer,
  type ProgrammedAnswer,
  type ProviderServer,
} from '../support/provider-server/index.js';
import { commandLine, linesOf, type StartedCommand } from './command-line.js';
import { simpleAgent } from './simple-agent.js';

const line = commandLine();
/** While it is there, tests of the dataset do not end. */
const brake = path.join(line.root, 'brake');
let dataset: string;
let server: ProviderServer;
let folder: string;

beforeAll(async () => {
  dataset = path.join(line.root, 'dataset');
  cpSync(writeOddments(line.root), dataset, { recursive: true, verbatimSymlinks: true });
  const script = path.join(dataset, ODDMENTS, 'task1/run_tests.sh');
  const text = readFileSync(script, 'utf8');
  writeFileSync(script, text.replace('set -u\n', `set -u\nwhile [ -e '${brake}' ]; do sleep 0.05; done\n`));
  server = await startProviderServer();
});
afterAll(() => server.close());
beforeEach(() => {
  folder = line.emptyFolder();
  rmSync(brake, { force: true });
});

const words = (...more: readonly string[]): string[] =>
  [
    '-s',
    'coop',
    '--repo-name',
    ODDMENTS,
    '--task-id',
    '1',
    '--dataset-dir',
    dataset,
    '-i',
    '1',
    '-j',
    '2',
  ].concat(more);

const edits = simpleAgent(({ texts }) => {
  const isFirst = texts[0]?.text.includes('secret of feature 1') === true;
  const [number, text] = isFirst ? [3, 'line 3 has one'] : [15, 'line 15 has two'];
  return [
    {
      name: 'replace',
      arguments: { path: 'lines.txt', old_text: `line ${number}\n`, new_text: `${text}\n` },
    },
  ];
});

/** Names of the run's own files. */
function results(): string[] {
  const place = path.join(folder, `logs/coop/${ODDMENTS}/task1/feature1_feature2`);
  return existsSync(place) ? readdirSync(place) : [];
}

function logText(): string {
  const name = results().find((file) => file.startsWith('events_'));
  return name === undefined
    ? ''
    : readFileSync(path.join(folder, `logs/coop/${ODDMENTS}/task1/feature1_feature2`, name), 'utf8');
}

async function interrupted(command: StartedCommand): Promise<string> {
  command.child.kill('SIGINT');
  const { code, signal, stderr } = await command.end;
  expect({ code, signal }, stderr).toEqual({ code: 130, signal: null });
  line.expectNothingLeft();
  const goOn = linesOf(stderr).at(-1) ?? '';
  expect(goOn).toMatch(/^go on with: /);
  return goOn.slice('go on with: '.length);
}

/** Pastes a command line into a shell. */
const paste = (text: string, environment: Readonly<Record<string, string>> = {}) =>
  line.run([], { folder, environment, program: ['bash', '-c', text] });

describe('Ctrl-C', () => {
  it('while a model is asked for a plan ends the call, keeps the log, and says the same command again', async () => {
    let asked: () => void = () => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    server.answerWith((): ProgrammedAnswer => {
      asked();
      return { fail: 'hang' };
    });
    const environment = server.environment;
    const command = line.start(['run', ...words('-m1=openai/some')], { folder, environment });
    await isAsked;
    const goOn = await interrupted(command);
    expect(goOn).toMatch(/^node .* run -s coop .* -m1=openai\/some$/);
    expect(logText()).toContain('"status":"interrupted"');
    expect(results().some((file) => file.startsWith('planning_traj_'))).toBe(true);
    server.answerWith(edits);
    const again = await paste(goOn, environment);
    expect(again.code, again.stderr).toBe(0);
    expect(again.stdout).toContain('success');
    // What the first try cost is still on record.
    expect(results().filter((file) => file.startsWith('events_'))).toHaveLength(2);
  });

  it('while agents work ends their commands, keeps plans and patches, and goes on with the work', async () => {
    const hold = path.join(folder, 'working');
    const work = simpleAgent(() => [
      { name: 'bash', arguments: { command: 'echo changed > lines.txt' } },
      { name: 'bash', arguments: { command: `echo >> '${hold}'; sleep 300 & sleep 300` } },
    ]);
    server.answerWith(work);
    const environment = server.environment;
    const command = line.start(
      ['run', ...words('-m1', 'openai/some', '--max-iterations', '5', '--merge-model=openai/other')],
      { folder, environment },
    );
    // Each agent that has made its change adds a line.
    const arrived = (): number => (existsSync(hold) ? statSync(hold).size : 0);
    while (arrived() < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    const goOn = await interrupted(command);
    expect(goOn).toMatch(/ execute .* && node .* evaluate .* --merge-model=openai\/other$/);
    expect(goOn).not.toContain('--max-iterations');
    expect(results().filter((file) => file.startsWith('plan_'))).toHaveLength(2);
    expect(results().filter((file) => file.startsWith('patch_'))).toHaveLength(2);
    rmSync(hold);
    server.answerWith(edits);
    const again = await paste(goOn, environment);
    expect(again.code, again.stderr).toBe(0);
    expect(again.stdout).toContain('success');
  });

  it('while tests run ends them, keeps the patches, and goes on with the evaluation', async () => {
    writeFileSync(brake, '');
    const command = line.start(['run', ...words('-m1', 'scripted/gold', '--seed', "it's 2")], { folder });
    await command.saying('evaluation');
    // Until the test script is at the brake, or about to be.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const goOn = await interrupted(command);
    expect(goOn).toMatch(/^node \S+ evaluate -s coop .* --seed 'it'\\''s 2'$/);
    expect(results().filter((file) => file.startsWith('patch_'))).toHaveLength(2);
    expect(results()).not.toContain('result.txt');
    rmSync(brake);
    const again = await paste(goOn);
    expect(again.code, again.stderr).toBe(0);
    expect(results()).toContain('result.txt');
    expect(again.stdout).toContain('success');
  });

  it('prints what there is as one JSON document where JSON was asked for', async () => {
    writeFileSync(brake, '');
    const command = line.start(['run', ...words('-m1', 'scripted/gold', '--json')], { folder });
    await command.saying('evaluation');
    await interrupted(command);
    const { stdout } = await command.end;
    expect(JSON.parse(stdout)).toMatchObject({ status: 'interrupted', stops: expect.any(Array) });
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)('and %s are one', async (signal) => {
    writeFileSync(brake, '');
    const command = line.start(['run', ...words('-m1', 'scripted/gold')], { folder });
    await command.saying('evaluation');
    command.child.kill(signal);
    const { code, stderr } = await command.end;
    expect(code).toBe(130);
    expect(stderr).toContain('go on with: ');
    line.expectNothingLeft();
  });

  it('twice ends at once and leaves nothing either', async () => {
    writeFileSync(brake, '');
    const command = line.start(['run', ...words('-m1', 'scripted/gold')], { folder });
    await command.saying('evaluation');
    command.child.kill('SIGINT');
    await command.saying('again to stop at once');
    command.child.kill('SIGINT');
    const { code } = await command.end;
    expect(code).toBe(130);
    line.expectNothingLeft();
  });

  it('in the demonstration shows the settings that were done', async () => {
    const command = line.start(['demo', '--seed', '7'], { folder });
    await command.saying("success: the feature's tests pass");
    const goOn = await interrupted(command);
    const { stdout } = await command.end;
    expect(goOn).toMatch(/ demo --seed 7$/);
    expect(stdout).toMatch(/^single\t.*success$/m);
  });

  it('while gold patches are merged prints the pairs that are done', async () => {
    const slow = path.join(line.root, 'slow');
    cpSync(dataset, slow, { recursive: true, verbatimSymlinks: true });
    cpSync(path.join(slow, ODDMENTS), path.join(slow, 'zz_task'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    const held = path.join(folder, 'held');
    writeFileSync(path.join(slow, 'zz_task/task1/setup.sh'), `touch '${held}'\nsleep 300\n`);
    const command = line.start(['dataset', 'conflicts', '--dataset-dir', slow, '--json'], { folder });
    while (!existsSync(held)) await new Promise((resolve) => setTimeout(resolve, 20));
    await interrupted(command);
    const { stdout } = await command.end;
    const { pairs } = JSON.parse(stdout) as { pairs: { repoName: string }[] };
    for (const pair of pairs) expect(pair.repoName).toBe(ODDMENTS);
  });
});
