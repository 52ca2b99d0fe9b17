import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandLine, filesBelow, linesOf, MAIN, PROJECT } from './command-line.js';

const line = commandLine();

describe('the demonstration', () => {
  it('runs every setting without key, home or network, and says where everything lies', async () => {
    const folder = line.emptyFolder();
    const { code, stdout, stderr } = await line.run(['demo'], { folder });
    expect(code, stderr).toBe(0);
    const rows = linesOf(stdout).map((text) => text.split('\t'));
    expect(rows.slice(0, 5)).toEqual([
      ['setting', 'merge', 'feature 1', 'feature 2', 'both', 'delivered / withheld', 'verdict'],
      ['single', '-', 'pass', '-', '-', '-', 'success'],
      ['solo', '-', 'pass', 'pass', 'pass', '-', 'success'],
      ['coop', 'clean', 'pass', 'pass', 'pass', expect.stringMatching(/^[1-9]\d* \/ 0$/), 'success'],
      [
        'coop_ablation',
        'conflicts',
        'fail',
        'fail',
        'fail',
        expect.stringMatching(/^[1-9]\d* \/ [1-9]\d*$/),
        expect.stringMatching(/^conflict/),
      ],
    ]);
    const written = [...stdout.matchAll(/^wrote \d+ files and the log (.*)$/gm)].map(
      ([, file]) => file ?? '',
    );
    expect(written).toHaveLength(4);
    const present = filesBelow(folder);
    for (const file of written) expect([...present.keys()]).toContain(file);
    line.expectNothingLeft();
  });

  it('prints one JSON document on stdout and everything else on stderr', async () => {
    const { code, stdout, stderr } = await line.run(['demo', '--json', '--logs-dir', 'elsewhere']);
    expect(code, stderr).toBe(0);
    const { runs } = JSON.parse(stdout) as { runs: { setting: string; status: string; log: string }[] };
    expect(runs.map(({ setting, status }) => [setting, status])).toEqual([
      ['single', 'done'],
      ['solo', 'done'],
      ['coop', 'done'],
      ['coop_ablation', 'done'],
    ]);
    for (const { log } of runs) expect(log).toContain(`${path.sep}elsewhere${path.sep}`);
    expect(stderr).toContain('coop_ablation');
  });
});

describe('help', () => {
  it('shows every command, and two-letter flags as users write them', async () => {
    const { code, stdout, stderr } = await line.run(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of ['demo', 'run', 'plan', 'execute', 'evaluate', 'dataset']) {
      expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    }
    const run = await line.run(['run', '--help']);
    expect(run.stdout).toContain('-m1, --model1 <name>');
    expect(run.stdout).toContain('-s, --setting <name>');
  });

  it('is shown on stderr, with the code of a mistake, where no command is given', async () => {
    const { code, stdout, stderr } = await line.run([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: troupe');
  });

  it('tells the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(path.join(PROJECT, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect((await line.run(['--version'])).stdout).toBe(`${version}\n`);
  });

  it('loads neither the simulation nor a schema, an SDK or a state machine', () => {
    const loader = `export async function load(url, context, next) {
      if (url.startsWith('file:')) (await import('node:fs')).appendFileSync(process.env.LOADED, url + '\\n');
      return next(url, context);
    }`;
    const list = path.join(line.root, 'loaded.txt');
    const inline = (code: string): string =>
      `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;
    const register = `import { register } from 'node:module'; register('${inline(loader)}');`;
    execFileSync(process.execPath, ['--import', inline(register), MAIN, '--help'], {
      env: { ...process.env, LOADED: list },
      stdio: 'pipe',
    });
    const loaded = linesOf(readFileSync(list, 'utf8'));
    expect(loaded.some((url) => url.includes('/src/cli/program.js'))).toBe(true);
    expect(loaded.filter((url) => /node_modules/.test(url) && !/commander/.test(url))).toEqual([]);
    expect(loaded.filter((url) => /\/dist\//.test(url) && !/\/src\/(?:cli|base)\//.test(url))).toEqual([]);
  });
});
