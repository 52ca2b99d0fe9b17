import { spawn, spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

const PROGRAM = `#!/usr/bin/env node
// @ts-nocheck: the types of Node would only make this slow
import { readFileSync } from 'node:fs';
const [mode] = process.argv.slice(2).filter((word) => word !== 'demo');
const prompt = readFileSync(new URL('../../agents/prompt.md', import.meta.url), 'utf8');
console.log(JSON.stringify([prompt, ...process.argv.slice(2)]));
if (mode === 'fail') process.exitCode = 7;
if (mode === 'wait') setTimeout(() => {}, 60_000);
`;

/** A small project around our own scripts; its packages are links to ours, so that npm needs no network. */
describe('bootstrap on a fresh clone', () => {
  let project: string;
  const write = async (name: string, text: string): Promise<void> => {
    await mkdir(path.dirname(path.join(project, name)), { recursive: true });
    await writeFile(path.join(project, name), text);
  };

  beforeAll(async () => {
    project = await mkdtemp(path.join(tmpdir(), 'troupe-test-'));
    await cp(path.join(REPOSITORY, 'scripts'), path.join(project, 'scripts'), { recursive: true });
    const linked = (name: string): string => `file:${path.join(REPOSITORY, 'node_modules', name)}`;
    const devDependencies = Object.fromEntries(['typescript', 'vitest'].map((name) => [name, linked(name)]));
    await write(
      'package.json',
      JSON.stringify({ name: 'small', version: '1.0.0', type: 'module', devDependencies }),
    );
    await write(
      'tsconfig.json',
      JSON.stringify({
        compilerOptions: {
          module: 'NodeNext',
          target: 'ES2023',
          types: [],
          rootDir: '.',
          skipLibCheck: true,
        },
        include: ['src', 'agents'],
      }),
    );
    await write('src/cli/main.ts', PROGRAM);
    await write('src/unused.ts', 'export const unused = 1;\n');
    await write('agents/prompt.md', 'be kind');
    await write('test/a.test.ts', `import { it } from 'vitest';\nit('works', () => {});\n`);
    const locked = spawnSync('npm', ['install', '--package-lock-only', '--offline', '--ignore-scripts'], {
      cwd: project,
      encoding: 'utf8',
    });
    expect(locked.status, locked.stderr).toBe(0);
  });
  afterAll(() => rm(project, { recursive: true, force: true }));

  const environment = async (): Promise<NodeJS.ProcessEnv> => {
    const home = path.join(project, 'home');
    await mkdir(home, { recursive: true });
    const kept = Object.entries(process.env).filter(
      ([name]) => !/^(?:npm_|NODE_OPTIONS|VITEST|NODE_ENV)/.test(name),
    );
    return { ...Object.fromEntries(kept), HOME: home, npm_config_offline: 'true' };
  };
  const bootstrap = async (
    ...parameters: string[]
  ): Promise<{ status: number | null; stdout: string; stderr: string }> =>
    spawnSync(process.execPath, ['scripts/bootstrap.mjs', ...parameters], {
      cwd: project,
      encoding: 'utf8',
      env: await environment(),
    });

  it('installs, compiles and runs, saying so on stderr alone', async () => {
    const { status, stdout, stderr } = await bootstrap('start', '--seed', '4 2');
    expect(stderr).toContain('troupe: installing packages, because they are missing');
    expect(stderr).toContain('troupe: compiling, because that was not done yet');
    expect(stdout).toBe('["be kind","demo","--seed","4 2"]\n');
    expect(status).toBe(0);
  });

  it('does neither a second time, and is quiet about it', async () => {
    const before = await stat(path.join(project, 'node_modules/.package-lock.json'));
    const { stdout, stderr } = await bootstrap('start');
    expect(stderr).toBe('');
    expect(stdout).toBe('["be kind","demo"]\n');
    expect((await stat(path.join(project, 'node_modules/.package-lock.json'))).mtimeMs).toBe(before.mtimeMs);
  });

  it('makes the program executable', async () => {
    const { mode } = await stat(path.join(project, 'dist/src/cli/main.js'));
    expect(mode & 0o111).toBe(0o111);
  });

  it('passes the exit code on', async () => {
    expect((await bootstrap('start', 'fail')).status).toBe(7);
  });

  it('compiles what has changed, and leaves nothing of removed sources', async () => {
    await write('agents/prompt.md', 'be brief');
    await rm(path.join(project, 'src/unused.ts'));
    const { stdout, stderr } = await bootstrap('start');
    expect(stderr).toBe('troupe: compiling, because sources have changed …\n');
    expect(stdout).toBe('["be brief","demo"]\n');
    await expect(stat(path.join(project, 'dist/src/unused.js'))).rejects.toThrow('ENOENT');
  });

  it('runs nothing when the sources do not compile, and keeps the last good build', async () => {
    await write('src/broken.ts', 'export const broken: number = "text";\n');
    const { status, stdout, stderr } = await bootstrap('start');
    expect(status).toBe(1);
    expect(stderr).toContain('src/broken.ts');
    expect(stderr).toContain('troupe: the sources do not compile; nothing was run');
    expect(stdout).toBe('');
    expect(await readFile(path.join(project, 'dist/agents/prompt.md'), 'utf8')).toBe('be brief');
    await rm(path.join(project, 'src/broken.ts'));
  });

  it('runs the tests, passing arguments on', async () => {
    const { status, stdout } = await bootstrap('test', '--reporter=json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ numPassedTests: 1, success: true });
    expect((await bootstrap('test', 'no-such-test-file')).status).not.toBe(0);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('passes %s on and ends with %i', async (signal, expected) => {
    const child = spawn(process.execPath, ['scripts/bootstrap.mjs', 'start', 'wait'], {
      cwd: project,
      env: await environment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill(signal);
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(expected);
  });

  it('installs anew when the lock file has changed', async () => {
    const text = await readFile(path.join(project, 'package-lock.json'), 'utf8');
    await write('package-lock.json', `${text}\n`);
    const { status, stderr } = await bootstrap('start');
    expect(stderr).toContain('troupe: installing packages, because package-lock.json has changed');
    expect(status).toBe(0);
  });

  it('tells of a failed install and runs nothing', async () => {
    const description = await readFile(path.join(project, 'package.json'), 'utf8');
    const lock = await readFile(path.join(project, 'package-lock.json'), 'utf8');
    const asked = { ...(JSON.parse(description) as object), dependencies: { absent: 'file:./nowhere' } };
    await write('package.json', JSON.stringify(asked));
    await write('package-lock.json', `${lock}\n`);
    const { status, stdout, stderr } = await bootstrap('start');
    expect(status).not.toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/troupe: npm ci ended with exit code \d+; nothing was run\n$/);
    await write('package.json', description);
    await write('package-lock.json', lock);
  });

  it('names the commands there are', async () => {
    const { status, stderr } = await bootstrap('begin');
    expect(status).toBe(2);
    expect(stderr).toBe('troupe: there is no "begin"; there are: start, test, bench\n');
    expect((await bootstrap('toString')).status).toBe(2);
  });
});
