import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ODDMENTS, writeOddments } from '../simulation/oddments-task.js';
import {
  startProviderServer,
  type ProviderServer,
  type RecordedRequest,
} from '../support/provider-server/index.js';
import { commandLine, filesBelow, linesOf, type CommandEnd } from './command-line.js';
import { simpleAgent } from './simple-agent.js';

const line = commandLine();
let dataset: string;
let server: ProviderServer;

beforeAll(async () => {
  dataset = writeOddments(line.root);
  server = await startProviderServer();
});
afterAll(() => server.close());

interface Printed {
  readonly status: string;
  readonly merge?: string;
  readonly verdict?: { readonly success: boolean; readonly strategy?: string; readonly lostAt?: string };
  readonly agents: readonly { readonly model: string; readonly features: readonly number[] }[];
  readonly messages: { readonly delivered: number; readonly withheld: number };
  readonly cost: { readonly calls: number };
  readonly log: string;
  readonly files: readonly string[];
}

const here = (): string[] => ['--repo-name', ODDMENTS, '--task-id', '1', '--dataset-dir', dataset];

function printed(end: CommandEnd): Printed {
  expect(end.code, end.stderr).toBe(0);
  return JSON.parse(end.stdout) as Printed;
}

/** A file's text with times and ids of runs taken out. */
function lasting(content: Buffer): string {
  return (
    content
      .toString('utf8')
      .replace(/"(?:timestamp|export_timestamp|start_time|end_time|run_id)": "[^"]*"/g, '""')
      .replace(/"(?:timestampMs|duration)": [\d.]+/g, '""')
      // How a persona words its last message is drawn anew.
      .replace(/"(?:Done|Finished|My part is in place): I changed/g, '"I changed')
  );
}

describe('run, and plan, execute, evaluate one by one', () => {
  it.each([
    ['single', ['-i', '1']],
    ['solo', ['-i', '1', '-j', '2']],
    ['coop', ['-i', '5', '-j', '6']],
    ['coop_ablation', ['-i', '1', '-j', '3']],
  ])('leave the same files and verdict: %s', async (setting, features) => {
    const folder = line.emptyFolder();
    const words = [
      '-s',
      setting,
      ...here(),
      ...features,
      '-m1',
      'scripted/gold',
      '--json',
      '--not-save-to-hf',
    ];
    const whole = printed(await line.run(['run', ...words, '--logs-dir', 'whole'], { folder }));
    let last: Printed | undefined;
    for (const step of ['plan', 'execute', 'evaluate']) {
      last = printed(await line.run([step, ...words, '--logs-dir', 'steps'], { folder }));
      expect(last.status).toBe('done');
    }
    expect(last?.verdict).toEqual(whole.verdict);
    const results = (name: string): [string, string][] =>
      [...filesBelow(path.join(folder, name))]
        .filter(([file]) => !/(?:events|outputs)_/.test(file))
        // The cause rests on the whole log, which an evaluation by itself does not have.
        .map(([file, content]) => [file, lasting(content).replace(/"cause": (?:null|\{[^}]*\})/, '')]);
    expect(results('steps').map(([file]) => file)).toEqual(results('whole').map(([file]) => file));
    expect(results('steps')).toEqual(results('whole'));
    line.expectNothingLeft();
  });

  it('is repeatable byte for byte, and another seed is another run', async () => {
    const folder = line.emptyFolder();
    const logs: string[] = [];
    for (const [logsDir, seed] of [
      ['one', '1'],
      ['two', '1'],
      ['three', '2'],
    ] as const) {
      const words = ['-s', 'coop', ...here(), '-i', '1', '-j', '2', '-m1', 'scripted/gold', '--json'];
      const { log } = printed(
        await line.run(['run', ...words, '--seed', seed, '--logs-dir', logsDir], { folder }),
      );
      logs.push(readFileSync(log, 'utf8'));
    }
    expect(logs[1]).toBe(logs[0]);
    expect(logs[2]).not.toBe(logs[0]);
  });
});

describe('options', () => {
  it('of two letters are read in all spellings', async () => {
    const spellings = [
      ['-m1', 'scripted/silent', '-m2', 'scripted/idle'],
      ['-m1=scripted/silent', '-m2=scripted/idle'],
      ['--model1', 'scripted/silent', '--model2', 'scripted/idle'],
      ['--model1=scripted/silent', '--model2=scripted/idle'],
    ];
    const ends = await Promise.all(
      spellings.map((models) =>
        line.run(['plan', '-s', 'coop', ...here(), '-i', '1', '-j', '2', ...models, '--json']),
      ),
    );
    for (const end of ends) {
      expect(printed(end).agents.map((agent) => agent.model)).toEqual(['scripted/silent', 'scripted/idle']);
    }
  });

  it('of one letter and of many are the same, and model2 is model1 where it is left out', async () => {
    const long = [
      '--setting',
      'coop',
      '--feature1-id',
      '2',
      '--feature2-id',
      '1',
      '--model1',
      'scripted/silent',
    ];
    const { agents } = printed(await line.run(['plan', ...here(), ...long, '--json', '--task-id', 'task1']));
    expect(agents).toEqual([
      { id: 'agent1', model: 'scripted/silent', features: [2] },
      { id: 'agent2', model: 'scripted/silent', features: [1] },
    ]);
  });

  it('take gold patches without a model, and plans and patches from the cache where the logs are gone', async () => {
    const folder = line.emptyFolder();
    const words = ['-s', 'coop', ...here(), '-i', '2', '-j', '5', '--json'];
    const gold = printed(await line.run(['evaluate', ...words, '--patch-location', 'gold'], { folder }));
    expect(gold.verdict).toMatchObject({ success: true, strategy: 'naive' });
    const models = ['-m1', 'scripted/silent', '--k', '3'];
    const logs = path.join(folder, 'logs');
    printed(await line.run(['plan', ...words, ...models], { folder }));
    rmSync(logs, { recursive: true });
    printed(await line.run(['execute', ...words, ...models, '--plan-location', 'cache'], { folder }));
    rmSync(logs, { recursive: true });
    const last = printed(
      await line.run(['evaluate', ...words, ...models, '--patch-location', 'cache'], { folder }),
    );
    expect(last.verdict).toMatchObject({ success: true, strategy: 'naive' });
    const again = await line.run(['evaluate', ...words, ...models, '--patch-location', 'logs'], { folder });
    expect(again.code).toBe(2);
  });

  it('test the patches of a team by themselves where a test is asked for', async () => {
    const folder = line.emptyFolder();
    const words = ['-s', 'coop', ...here(), '-i', '1', '-j', '3', '--patch-location', 'gold', '--json'];
    const { verdict, merge, files } = printed(
      await line.run(['evaluate', ...words, '--eval-type', 'test'], { folder }),
    );
    expect(merge).toBeUndefined();
    expect(verdict?.success).toBe(true);
    const names = files.map((file) => path.basename(file));
    expect(names).toEqual([
      `test_result_scripted-gold_${ODDMENTS}_task1_f1_k1.txt`,
      `test_result_scripted-gold_${ODDMENTS}_task1_f3_k1.txt`,
    ]);
  });

  it('set limits that end a run with their reason', async () => {
    const words = ['-s', 'single', ...here(), '-i', '5', '-m1', 'scripted/gold', '--json'];
    const end = await line.run(['run', ...words, '--max-actions', '1']);
    const { stops, verdict } = JSON.parse(end.stdout) as {
      stops: { phase: string; reason: string; steps: number }[];
      verdict: { success: boolean };
    };
    expect(end.code).toBe(0);
    expect(stops.at(-1)).toMatchObject({ phase: 'execution', reason: 'action-limit', steps: 1 });
    expect(verdict.success).toBe(false);
  });
});

describe('what is printed', () => {
  it('is the result on stdout and the progress on stderr, plain where both are piped', async () => {
    const words = ['run', '-s', 'coop', ...here(), '-i', '1', '-j', '3', '-m1', 'scripted/gold'];
    const { stdout, stderr, code } = await line.run(words);
    expect(code).toBe(0);
    // oxlint-disable-next-line no-control-regex
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/);
    const [head, row] = linesOf(stdout).map((text) => text.split('\t'));
    expect(head).toEqual([
      'setting',
      'merge',
      'feature 1',
      'feature 2',
      'both',
      'delivered / withheld',
      'verdict',
    ]);
    expect(row?.slice(0, 5)).toEqual(['coop', 'conflicts', 'fail', 'fail', 'fail']);
    expect(stderr).toMatch(/agent1 → agent2: /);
    expect(stderr).toMatch(/naive merge conflicts \(score \d+\)/);
    for (const [, file] of stdout.matchAll(/^(?:wrote|log) (.*)$/gm)) expect(file).toMatch(/^logs\//);
  });

  it('is coloured and framed on a terminal, and neither with NO_COLOR', async () => {
    const command = `"${process.execPath}" "${line.root}/main.js" dataset list --dataset-dir "${dataset}"`;
    writeFileSync(path.join(line.root, 'main.js'), `import '${path.resolve('dist/src/cli/main.js')}';\n`);
    writeFileSync(path.join(line.root, 'package.json'), '{"type":"module"}\n');
    const onTerminal = (environment: Record<string, string>): Promise<CommandEnd> =>
      line.run([], {
        program: ['script', '-qec', command, '/dev/null'],
        environment: { TERM: 'xterm', ...environment },
      });
    const bright = await onTerminal({});
    expect(bright.stdout).toContain('\u001b[1m');
    expect(bright.stdout).toContain('┌');
    const plain = await onTerminal({ NO_COLOR: '1' });
    expect(plain.stdout).not.toContain('\u001b[1m');
    expect(plain.stdout).toContain('┌');
    const forced = await line.run(['dataset', 'conflicts', '--dataset-dir', dataset], {
      environment: { FORCE_COLOR: '1' },
    });
    expect(forced.stdout).toContain('\u001b[3');
    expect(forced.stdout).not.toContain('┌');
  });

  it('goes to a reader that has seen enough without a fault', async () => {
    const main = path.resolve('dist/src/cli/main.js');
    const command = `"${process.execPath}" "${main}" dataset conflicts --dataset-dir "${dataset}" --json | head -n 1`;
    const { code, stdout, stderr } = await line.run([], {
      program: ['bash', '-o', 'pipefail', '-c', command],
    });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '{\n', stderr: '' });
  });

  it('cannot be forged by what an agent says, calls or is called back with', async () => {
    const evil = '\u001b[2J\u001b]0;owned\u0007\r\nfeature 1 alone: pass\u202e';
    server.answerWith(
      simpleAgent(({ turns }) =>
        turns > 3
          ? []
          : [
              { name: 'communicate', arguments: { message: `hello ${evil}` } },
              { name: `nonsense${evil}`, arguments: { path: evil } },
              { name: 'bash', arguments: { command: `printf '${evil}'` } },
            ],
      ),
    );
    const words = [
      'run',
      '-s',
      'coop',
      ...here(),
      '-i',
      '1',
      '-j',
      '2',
      '-m1',
      'openai/some',
      '-m2',
      'scripted/idle',
    ];
    const { stdout, stderr, code } = await line.run(words, { environment: server.environment });
    expect(code, stderr).toBe(0);
    // oxlint-disable-next-line no-control-regex
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e]/);
    expect(linesOf(stderr)).not.toContain('feature 1 alone: pass');
    expect(stderr).toContain('hello');
  });
});

describe('the environment file', () => {
  const KEY = 'sk-ant-from-the-file-0123456789';
  const model = 'anthropic/claude-sonnet-4-5-20250929';
  const keyOf = ({ headers }: RecordedRequest): string =>
    String(headers['x-api-key'] ?? headers.authorization).replace(/^Bearer /, '');

  it('gives key and address, which reach the provider and nothing else', async () => {
    const folder = line.emptyFolder();
    writeFileSync(
      path.join(folder, '.env'),
      `ANTHROPIC_API_KEY=${KEY}\nANTHROPIC_BASE_URL="${server.url}"\n`,
    );
    server.answerWith(
      simpleAgent(() => [
        {
          name: 'bash',
          arguments: { command: 'env; cat ../../../../.env; sed -i "3s/.*/line 3 has one/" lines.txt' },
        },
      ]),
    );
    const before = server.requests.length;
    const end = await line.run(['run', '-s', 'single', ...here(), '-i', '1', '-m1', model, '--json'], {
      folder,
    });
    const { verdict, cost, log } = printed(end);
    expect(verdict?.success).toBe(true);
    expect(cost.calls).toBe(3);
    const requests = server.requests.slice(before);
    expect(requests.map(keyOf)).toEqual([KEY, KEY, KEY]);
    expect(path.basename(log)).toBe('events_claude_k1_run.jsonl');
    for (const text of [
      end.stdout,
      end.stderr,
      ...[...filesBelow(path.join(folder, 'logs')).values()].map(String),
    ]) {
      expect(text).not.toContain(KEY);
    }
  });

  it('gives way to the environment', async () => {
    const folder = line.emptyFolder();
    writeFileSync(
      path.join(folder, '.env'),
      'ANTHROPIC_API_KEY=sk-ant-not-this-one\nANTHROPIC_BASE_URL=http://127.0.0.1:1\n',
    );
    server.answerWith(simpleAgent(() => []));
    const environment = { ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: server.url };
    const words = ['plan', '-s', 'single', ...here(), '-i', '1', '-m1', model];
    const end = await line.run(words, { folder, environment });
    expect(end.code, end.stderr).toBe(0);
    expect(server.requests.map(keyOf).at(-1)).toBe(KEY);
  });

  it('keeps the key out of the error where the provider refuses it', async () => {
    server.answerWith([{ fail: 'unauthorized', message: `invalid x-api-key: ${KEY}` }]);
    const environment = { ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: server.url };
    const folder = line.emptyFolder();
    const words = ['run', '-s', 'single', ...here(), '-i', '1', '-m1', model, '--json'];
    const { code, stdout, stderr } = await line.run(words, { folder, environment });
    expect(code).toBe(1);
    for (const text of [stdout, stderr, ...[...filesBelow(folder).values()].map(String)]) {
      expect(text).not.toContain(KEY);
    }
    expect(stderr).toMatch(/fault|key/);
  });
});

describe('a dataset of the current folder', () => {
  it('goes before the bundled one where it has the repository', async () => {
    const folder = line.emptyFolder();
    mkdirSync(path.join(folder, 'dataset', ODDMENTS), { recursive: true });
    const { stderr, code } = await line.run(
      ['run', '-s', 'single', '--repo-name', ODDMENTS, '--task-id', '1', '-i', '1', '-m1', 'scripted/gold'],
      { folder },
    );
    expect(code).toBe(2);
    expect(stderr).toContain(path.join(folder, 'dataset', ODDMENTS));
  });
});
