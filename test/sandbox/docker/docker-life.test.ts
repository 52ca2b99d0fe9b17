import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import type Docker from 'dockerode';
import ts from 'typescript';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import { connectEngine } from '../../../src/sandbox/docker/engine.js';
import type {
  DockerSandboxOptions,
  DockerSandboxProvider,
} from '../../../src/sandbox/docker/docker-options.js';
import { createDockerSandboxProvider } from '../../../src/sandbox/docker/docker-provider.js';
import { LABELS } from '../../../src/sandbox/docker/labels.js';
import {
  findLeftoverContainers,
  findLeftovers,
  removeLeftovers,
} from '../../../src/sandbox/docker/leftovers.js';
import { describeWithDocker, TEST_IMAGE } from './docker-engine.js';

const bash = (text: string): [string, ...string[]] => ['bash', '-c', text];
const RUN = `life-${process.pid}`;

describeWithDocker('Docker sandbox', () => {
  let docker: Docker;
  let workRoot: string;
  beforeAll(async () => {
    docker = connectEngine();
    workRoot = await realpath(await mkdtemp(path.join(tmpdir(), 'troupe-docker-')));
  });
  afterAll(() => rm(workRoot, { recursive: true, force: true }));

  const providers: DockerSandboxProvider[] = [];
  const provider = (options: DockerSandboxOptions = {}): DockerSandboxProvider => {
    const made = createDockerSandboxProvider({ image: TEST_IMAGE, run: RUN, workRoot, ...options });
    providers.push(made);
    return made;
  };
  const request = (name = 'agent1'): { name: string; folderName: string; populate: () => Promise<void> } => ({
    name,
    folderName: 'repo',
    populate: async () => {},
  });
  /** Names of what this suite has on the engine. */
  const ours = async (run = RUN): Promise<string[]> => {
    const filters = { label: [`${LABELS.run}=${run}`] };
    const [containers, volumes] = await Promise.all([
      docker.listContainers({ all: true, filters }),
      docker.listVolumes({ filters }),
    ]);
    return [
      ...containers.map(({ Names }) => Names[0] ?? ''),
      ...(volumes.Volumes ?? []).map(({ Name }) => Name),
    ];
  };
  afterEach(async () => {
    const left = await ours();
    // A test that failed half way is not to make the others fail.
    for (const made of providers.splice(0)) await made.disposeAll();
    expect(left).toEqual([]);
    expect(await readdir(workRoot)).toEqual([]);
  });

  it('shows in its name and labels whose it is, and is limited as the engine sees it', async () => {
    const own = provider({ limits: { memory: 256 * 1024 ** 2, processes: 50, cpus: 0.5 } });
    const sandbox = await own.create(request());
    const [name] = await ours();
    expect(name).toMatch(new RegExp(`^/troupe-${RUN}-agent1-[0-9a-f]{8}$`));
    const { HostConfig, Config } = await docker.getContainer((name as string).slice(1)).inspect();
    expect(HostConfig).toMatchObject({
      NetworkMode: 'none',
      Memory: 256 * 1024 ** 2,
      MemorySwap: 256 * 1024 ** 2,
      NanoCpus: 5e8,
      PidsLimit: 50,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Privileged: false,
    });
    expect(HostConfig.Binds ?? []).toEqual([]);
    expect(Config.Labels[LABELS.sandbox]).toBe('agent1');
    const { stdout } = await sandbox.run(
      bash('id -u; grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/self/status'),
    );
    expect(stdout.replaceAll('\t', '')).toBe(
      '1000\nCapEff:0000000000000000\nCapBnd:0000000000000000\nNoNewPrivs:1\n',
    );
    await own.disposeAll();
  });

  it('kills only the processes of the command that timed out', async () => {
    const sandbox = await provider().create(request());
    const server = (await sandbox.run(bash('sleep 1001 > /dev/null 2>&1 & echo $!'))).stdout.trim();
    const slow = sandbox.run(bash('sleep 1.5; echo unharmed'));
    const late = await sandbox.run(
      bash(
        'setsid sleep 1002 & env -i sleep 1003 & (env -i setsid bash -c "sleep 1004; :" &) ; sleep 0.3; wait',
      ),
      { timeout: 900 },
    );
    expect(late).toMatchObject({ timedOut: true, exitCode: 124 });
    expect((await slow).stdout).toBe('unharmed\n');
    const { stdout } = await sandbox.run(bash('ps -eo args | grep -o "^sleep 100[0-9]"'));
    expect(stdout).toBe('sleep 1001\n');
    expect((await sandbox.run(['kill', '-0', server])).exitCode).toBe(0);
    await sandbox.dispose();
  });

  it('lets a background process serve later commands, and is not held up by it, however much it says', async () => {
    const sandbox = await provider().create(request());
    const server = 'while :; do echo beat; echo beat >&2; date +%s%N > beat; sleep 0.01; done';
    const started = await sandbox.run(bash(`(${server}) & echo started; echo begun >&2`));
    expect(started).toMatchObject({ exitCode: 0 });
    expect(started.stdout).toMatch(/^(beat\n)*started\n(beat\n)*$/);
    const beat = async (): Promise<number> => Number((await sandbox.run(bash('cat beat'))).stdout);
    await expect.poll(beat, { timeout: 20_000 }).toBeGreaterThan(0);
    const first = await beat();
    await expect.poll(beat, { timeout: 20_000 }).toBeGreaterThan(first);
    await sandbox.dispose();
  });

  it('is usable again, files and all, when the agent has brought its first process to a stop', async () => {
    const own = provider();
    const sandbox = await own.create(request());
    await sandbox.writeFile('kept.txt', 'kept');
    const result = await sandbox.run(
      // A debugger's grip is the one thing by which an agent can hold the first process.
      [
        'python3',
        '-c',
        'import ctypes, time; print(ctypes.CDLL(None).ptrace(16, 1, 0, 0), flush=True); time.sleep(60)',
      ],
      { timeout: 500 },
    );
    expect(result).toMatchObject({ timedOut: true, stdout: '0\n' });
    expect((await sandbox.readFile('kept.txt')).toString()).toBe('kept');
    expect((await sandbox.run(['echo', 'well'])).stdout).toBe('well\n');
    await sandbox.dispose();
  }, 30_000);

  it('takes no name that is not UTF-8 out of a container, and says so before one goes in', async () => {
    const sandbox = await provider().create(request());
    await sandbox.run(
      bash(`touch "$(printf 'caf\\xe9')" plain; mkfifo pipe; ln -s /etc/passwd link; ln plain hard`),
    );
    const names = await sandbox.withFiles((folder) => readdir(folder));
    expect(names.sort()).toEqual(['hard', 'link', 'plain']);
    await sandbox.dispose();
    const populate = async (folder: string): Promise<void> =>
      writeFile(Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9])]), '');
    await expect(provider().create({ ...request(), populate })).rejects.toMatchObject({
      code: 'file-name-not-utf8',
    });
  });

  it('carries trees in and out as they are: contents, links, modes, long and odd names', async () => {
    const long = `${'d'.repeat(120)}/${'f'.repeat(200)}`;
    const sandbox = await provider().create({
      ...request(),
      populate: async (folder) => {
        await mkdir(path.join(folder, 'd'.repeat(120)));
        await writeFile(path.join(folder, long), 'deep');
        await writeFile(path.join(folder, ' größe\n$(x).txt'), 'odd');
        await writeFile(path.join(folder, 'big.bin'), Buffer.alloc(3_000_000, 7));
        await writeFile(path.join(folder, 'run.sh'), '', { mode: 0o755 });
      },
    });
    const seen = await sandbox.withFiles(async (folder) => ({
      deep: await readFile(path.join(folder, long), 'utf8'),
      odd: await readFile(path.join(folder, ' größe\n$(x).txt'), 'utf8'),
      big: (await readFile(path.join(folder, 'big.bin'))).equals(Buffer.alloc(3_000_000, 7)),
    }));
    expect(seen).toEqual({ deep: 'deep', odd: 'odd', big: true });
    expect((await sandbox.run(bash('stat -c "%a %u" run.sh big.bin'))).stdout).toBe('755 1000\n644 1000\n');
    await sandbox.dispose();
  });

  it('lets sandboxes share a bare repository, and the harness read it, without a network', async () => {
    const own = provider();
    const sharedFolder = {
      name: 'remote',
      target: '/workspace/remote',
      populate: async (folder: string): Promise<void> => writeFile(path.join(folder, 'README'), 'shared\n'),
    };
    const [one, two] = await Promise.all(
      ['agent1', 'agent2'].map((name) => own.create({ ...request(name), sharedFolder })),
    );
    const apart = await own.create(request('agent3'));
    const push =
      'git init -q --bare -b main /workspace/remote/r.git && git init -q -b main . && git commit -q --allow-empty -m first && git push -q /workspace/remote/r.git main';
    expect(await one?.run(bash(push))).toMatchObject({ exitCode: 0 });
    const pull =
      'cat /workspace/remote/README && git clone -q /workspace/remote/r.git c && git -C c log --format=%s';
    expect((await two?.run(bash(pull)))?.stdout).toBe('shared\nfirst\n');
    expect((await apart.run(['ls', '/workspace'])).stdout).not.toContain('remote');
    expect((await own.withSharedFolder('remote', (folder) => readdir(folder))).sort()).toEqual([
      'README',
      'r.git',
    ]);
    await own.disposeAll();
  });

  it('opens twenty sandboxes at once, and closes them', async () => {
    const own = provider();
    const sandboxes = await Promise.all(
      Array.from({ length: 20 }, (_, index) => own.create(request(`agent${index + 1}`))),
    );
    const results = await Promise.all(
      sandboxes.map((sandbox, index) => sandbox.run(['echo', String(index)])),
    );
    expect(results.map(({ stdout }) => stdout)).toEqual(sandboxes.map((_, index) => `${index}\n`));
    expect(await ours()).toHaveLength(20);
    await own.disposeAll();
  }, 60_000);

  it('says what to do when there is no such image, and when no engine answers', async () => {
    const absent = provider({ image: 'troupe-base:never-built' });
    await expect(absent.create(request())).rejects.toMatchObject({
      name: 'UserMistake',
      code: 'image-missing',
    });
    const nowhere = provider({
      docker: connectEngine({ kind: 'socket', path: path.join(workRoot, 'no.sock') }),
    });
    await expect(nowhere.create(request())).rejects.toMatchObject({
      name: 'UserMistake',
      code: 'docker-unreachable',
    });
  });

  it('leaves no container of a harness that was killed; what else is left is found by its labels', async () => {
    const run = `${RUN}-killed`;
    const modules = await mkdtemp(path.join(tmpdir(), 'troupe-modules-'));
    try {
      const harness = spawn(
        process.execPath,
        ['--input-type=module', '-e', await harnessText(modules, run)],
        { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TROUPE_WORK_DIR: modules } },
      );
      await once(harness.stdout, 'data');
      expect((await ours(run)).filter((name) => !name.endsWith('-inputs'))).toHaveLength(1);
      expect((await findLeftovers(docker)).filter((leftover) => leftover.run === run)).toEqual([]);
      harness.kill('SIGKILL');
      await once(harness, 'exit');
      await expect
        .poll(async () => (await ours(run)).filter((name) => !name.endsWith('-inputs')), { timeout: 10_000 })
        .toEqual([]);
      const left = (await findLeftovers(docker)).filter((leftover) => leftover.run === run);
      expect(left).toMatchObject([{ kind: 'volume', sandbox: 'agent1' }]);
      expect(await removeLeftovers(docker)).toEqual(expect.arrayContaining(left));
      expect(await ours(run)).toEqual([]);
      expect((await findLeftoverContainers(docker)).filter((leftover) => leftover.run === run)).toEqual([]);
    } finally {
      await rm(modules, { recursive: true, force: true });
    }
  }, 30_000);
});

/** A program that opens a sandbox and waits; compiled, because Node runs no TypeScript everywhere. */
async function harnessText(folder: string, run: string): Promise<string> {
  const source = fileURLToPath(new URL('../../../src/', import.meta.url));
  const names = (await readdir(source, { recursive: true })).filter((name) =>
    /^(?:base|sandbox)\/.*\.ts$/.test(name),
  );
  for (const name of names) {
    const target = path.join(folder, 'src', name.replace(/\.ts$/, '.js'));
    await mkdir(path.dirname(target), { recursive: true });
    const text = await readFile(path.join(source, name), 'utf8');
    const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
    await writeFile(target, ts.transpileModule(text, { compilerOptions: options }).outputText);
  }
  await symlink(
    fileURLToPath(new URL('../../../node_modules', import.meta.url)),
    path.join(folder, 'node_modules'),
  );
  await writeFile(path.join(folder, 'package.json'), '{"type":"module","version":"0.0.0"}');
  return `
    const { createDockerSandboxProvider } = await import(${JSON.stringify(path.join(folder, 'src/sandbox/docker/docker-provider.js'))});
    const provider = createDockerSandboxProvider({ image: ${JSON.stringify(TEST_IMAGE)}, run: ${JSON.stringify(run)} });
    const sandbox = await provider.create({ name: 'agent1', folderName: 'repo', populate: async () => {}, inputs: { 'a.patch': '' } });
    void sandbox.run(['sleep', '1000']);
    console.log('open');
    setInterval(() => {}, 1000);
  `;
}
