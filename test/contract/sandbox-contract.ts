import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { InfrastructureFault, UserMistake } from '../../src/base/errors.js';
import {
  MAXIMUM_FILE_BYTES,
  type ManagedSandbox,
  type SandboxProvider,
  type SandboxRequest,
} from '../../src/sandbox/sandbox.js';
import type { RefusalCode } from '../../src/sandbox/sandbox-refusal.js';

const bash = (text: string): [string, ...string[]] => ['bash', '-c', text];

/**
 * What every implementation of the Sandbox port must do. The sandbox needs bash, coreutils and git.
 *
 * @param makeProvider gives a fresh provider; the suite disposes of it.
 */
export function sandboxContract(
  name: string,
  makeProvider: () => SandboxProvider | Promise<SandboxProvider>,
): void {
  describe(`sandbox contract: ${name}`, () => {
    let provider: SandboxProvider;
    let sandbox: ManagedSandbox;
    const request = (more: Partial<SandboxRequest> = {}): SandboxRequest => ({
      name: 'agent1',
      folderName: 'waypost_repo',
      populate: async (folder) => {
        await mkdir(path.join(folder, 'src'));
        await writeFile(path.join(folder, 'src', 'main.js'), 'export const answer = 42;\n');
        await writeFile(path.join(folder, 'run.sh'), '#!/bin/sh\necho ran\n', { mode: 0o755 });
      },
      inputs: { 'tests.patch': 'the hidden tests\n' },
      ...more,
    });

    beforeAll(async () => {
      provider = await makeProvider();
    });
    afterAll(() => provider.disposeAll());

    const withSandbox = (): void => {
      beforeAll(async () => {
        sandbox = await provider.create(request());
      });
      afterAll(() => sandbox.dispose());
    };

    describe('commands', () => {
      withSandbox();

      it('runs in the clone, whose parent folder is called agent_workspace', async () => {
        const { stdout, exitCode } = await sandbox.run(bash('pwd; cat src/main.js'));
        expect(exitCode).toBe(0);
        expect(stdout).toBe(`${sandbox.workspace}\nexport const answer = 42;\n`);
        expect(sandbox.workspace.split('/').slice(-2)).toEqual(['agent_workspace', 'waypost_repo']);
      });

      it('hands arguments over as they are, with no shell between', async () => {
        const odd = ['$HOME', '`id`', "a'b", 'c"d', 'e f', '*', '', '\n', '-n', 'ü'];
        const { stdout } = await sandbox.run(['printf', '<%s>', ...odd]);
        expect(stdout).toBe(odd.map((text) => `<${text}>`).join(''));
      });

      it('keeps stdout and stderr apart', async () => {
        const { stdout, stderr } = await sandbox.run(bash('echo out; echo err >&2'));
        expect([stdout, stderr]).toEqual(['out\n', 'err\n']);
      });

      it('lets a command open its streams by name', async () => {
        const result = await sandbox.run(bash('echo one > /dev/stderr; echo two | tee /dev/stderr'));
        expect(result).toMatchObject({ exitCode: 0, stdout: 'two\n', stderr: 'one\ntwo\n' });
      });

      it.each([
        ['its own exit code', 'exit 7', 7],
        ['128 + 15 for a command that ends by SIGTERM', 'kill -TERM $$', 143],
        ['128 + 9 for a command that ends by SIGKILL', 'kill -KILL $$', 137],
      ])('reports %s', async (_, text, expected) => {
        const result = await sandbox.run(bash(text));
        expect(result).toMatchObject({ exitCode: expected, timedOut: false, truncated: false });
      });

      it('reports 127 for a program that does not exist, and says which', async () => {
        const result = await sandbox.run(['no-such-program-here', 'x']);
        expect(result.exitCode).toBe(127);
        expect(result.stdout + result.stderr).toContain('no-such-program-here');
      });

      it('reports 126 for a file that cannot be executed', async () => {
        const result = await sandbox.run(['./src/main.js']);
        expect(result.exitCode).toBe(126);
      });

      it('measures the duration in milliseconds', async () => {
        const { duration } = await sandbox.run(['sleep', '0.2']);
        expect(duration).toBeGreaterThanOrEqual(199);
      });

      it('closes stdin unless something is given', async () => {
        expect(await sandbox.run(['cat'])).toMatchObject({ exitCode: 0, stdout: '' });
      });

      it('feeds stdin, bytes and all', async () => {
        const bytes = new Uint8Array(300_000).fill(0x61);
        const { stdout } = await sandbox.run(['wc', '-c'], { stdin: bytes });
        expect(stdout.trim()).toBe('300000');
        expect((await sandbox.run(['cat'], { stdin: 'größer' })).stdout).toBe('größer');
      });

      it('does not mind a command that leaves its stdin unread', async () => {
        const result = await sandbox.run(['true'], { stdin: 'x'.repeat(1_000_000) });
        expect(result.exitCode).toBe(0);
      });

      it('runs several commands side by side without mixing their output', async () => {
        const results = await Promise.all(
          Array.from({ length: 8 }, (_, index) => sandbox.run(bash(`sleep 0.05; echo ${index}`))),
        );
        expect(results.map(({ stdout }) => stdout)).toEqual(
          Array.from({ length: 8 }, (_, index) => `${index}\n`),
        );
      });

      it('can commit with git, which knows an author and reads no configuration of the machine', async () => {
        const result = await sandbox.run(
          bash(
            'cd "$TMPDIR" && git init -q r && cd r && git commit -q --allow-empty -m x && git log --format=%an',
          ),
        );
        expect(result).toMatchObject({ exitCode: 0, stdout: 'agent1\n' });
      });
    });

    describe('output', () => {
      withSandbox();

      it('keeps head and tail of a long stream and says how many bytes were cut', async () => {
        const result = await sandbox.run(bash('echo start; yes | head -c 100000; echo end >&1'), {
          maximumOutput: 1000,
        });
        expect(result.truncated).toBe(true);
        expect(result.stdout).toMatch(/^start\ny\n/);
        expect(result.stdout).toMatch(/y\nend\n$/);
        const cut = Number(/\[\.\.\. (\d+) bytes cut \.\.\.\]/.exec(result.stdout)?.[1]);
        expect(cut).toBe('start\n'.length + 100_000 + 'end\n'.length - 1000);
      });

      it('caps each stream by itself, and 64 KiB by default', async () => {
        const result = await sandbox.run(bash('yes | head -c 300000; echo small >&2'));
        expect(result.truncated).toBe(true);
        expect(result.stderr).toBe('small\n');
        expect(Buffer.byteLength(result.stdout)).toBeLessThan(64 * 1024 + 100);
        expect(Buffer.byteLength(result.stdout)).toBeGreaterThan(64 * 1024);
      });

      it('never cuts a character in two', async () => {
        const { stdout } = await sandbox.run(bash('for i in {1..500}; do printf "ü€😀"; done'), {
          maximumOutput: 101,
        });
        expect(stdout).not.toContain('\uFFFD');
      });

      it('leaves output that just fits alone', async () => {
        const result = await sandbox.run(bash('yes | head -c 1000'), { maximumOutput: 1000 });
        expect(result.truncated).toBe(false);
        expect(result.stdout).toBe('y\n'.repeat(500));
      });
    });

    describe('environment', () => {
      withSandbox();

      it('holds nothing of the harness but what a command needs', async () => {
        process.env['TROUPE_TEST_API_KEY'] = 'sk-not-for-agents';
        try {
          const { stdout } = await sandbox.run(['env']);
          expect(stdout).not.toContain('sk-not-for-agents');
          expect(stdout).toMatch(/^PATH=/m);
          expect(stdout).toMatch(/^TERM=dumb$/m);
          expect(stdout).not.toMatch(/^(NODE_OPTIONS|VITEST.*|npm_.*|SSH_.*|.*_API_KEY)=/m);
        } finally {
          delete process.env['TROUPE_TEST_API_KEY'];
        }
      });

      it('has a home and a temporary folder that can be written and lie outside the clone', async () => {
        const { stdout, exitCode } = await sandbox.run(
          bash('touch "$HOME/a" "$TMPDIR/b" && echo "$HOME" && echo "$TMPDIR"'),
        );
        expect(exitCode).toBe(0);
        const [home, temporary] = stdout.split('\n') as [string, string];
        expect(home).not.toBe(process.env['HOME']);
        expect(`${home}/`.startsWith(`${sandbox.workspace}/`)).toBe(false);
        expect(`${temporary}/`.startsWith(`${sandbox.workspace}/`)).toBe(false);
      });

      it('takes what a command asks for, for that command alone', async () => {
        const environment = { COLOUR: 'blue', LANG: 'C' };
        const show = bash('echo "$COLOUR $LANG"');
        expect((await sandbox.run(show, { environment })).stdout).toBe('blue C\n');
        expect((await sandbox.run(show)).stdout).not.toContain('blue');
      });
    });

    describe('ends of commands', () => {
      withSandbox();

      /** Text of a heart that beats into a file until it is killed. */
      const heart = (file: string): string =>
        `bash -c 'trap "" TERM HUP; while :; do date +%s%N > ${file}; sleep 0.02; done'`;
      const untilBeating = (file: string): string => `until [ -s ${file} ]; do sleep 0.02; done`;
      const stillBeats = async (file: string): Promise<boolean> => {
        const before = await sandbox.readFile(file);
        await delay(300);
        return !before.equals(await sandbox.readFile(file));
      };

      it('sees a heart beat while it does', async () => {
        const running = sandbox.run(bash(`${heart('alive')} & ${untilBeating('alive')}; sleep 1`), {
          timeout: 1500,
        });
        await expect
          .poll(() => sandbox.readFile('alive').catch(() => ''), { timeout: 5000 })
          .not.toHaveLength(0);
        expect(await stillBeats('alive')).toBe(true);
        await running;
      });

      it('kills a command at its timeout and keeps what it had said', async () => {
        const result = await sandbox.run(bash('echo begun; echo so far >&2; exec sleep 1000'), {
          timeout: 400,
        });
        expect(result).toMatchObject({
          exitCode: 124,
          timedOut: true,
          stdout: 'begun\n',
          stderr: 'so far\n',
        });
      });

      it('kills children, those that ignore signals, and those in a session of their own', async () => {
        const text = `${heart('child')} & setsid ${heart('session')} & ${untilBeating('child')}; ${untilBeating('session')}; echo both; wait`;
        const result = await sandbox.run(bash(text), { timeout: 1500 });
        expect(result).toMatchObject({ timedOut: true, stdout: 'both\n' });
        expect(await stillBeats('child')).toBe(false);
        expect(await stillBeats('session')).toBe(false);
      });

      it('still works after a timeout', async () => {
        await sandbox.run(['sleep', '1000'], { timeout: 50 });
        expect((await sandbox.run(['echo', 'well'])).stdout).toBe('well\n');
      });

      it('does not wait for a background process that holds the output open', async () => {
        const result = await sandbox.run(bash('sleep 1000 & echo done'), { timeout: 20_000 });
        expect(result).toMatchObject({ exitCode: 0, timedOut: false, stdout: 'done\n' });
      });

      it('throws the reason of its signal once the whole tree is dead', async () => {
        const controller = new AbortController();
        const reason = new Error('enough');
        const running = sandbox.run(bash(`${heart('aborted')} & ${untilBeating('aborted')}; wait`), {
          signal: controller.signal,
        });
        await expect
          .poll(() => sandbox.readFile('aborted').catch(() => ''), { timeout: 5000 })
          .not.toHaveLength(0);
        controller.abort(reason);
        await expect(running).rejects.toBe(reason);
        expect(await stillBeats('aborted')).toBe(false);
      });

      it('starts nothing when its signal has aborted before', async () => {
        const reason = new Error('too late');
        const running = sandbox.run(['touch', 'started'], { signal: AbortSignal.abort(reason) });
        await expect(running).rejects.toBe(reason);
        await expect(sandbox.readFile('started')).rejects.toMatchObject({ code: 'file-not-found' });
      });
    });

    describe('files', () => {
      withSandbox();
      const refusal = (code: RefusalCode): object =>
        expect.objectContaining({ name: 'SandboxRefusal', code });

      it('reads by relative path, by absolute path, and through a link that stays inside', async () => {
        await sandbox.run(['ln', '-s', 'src', 'inner']);
        for (const file of [
          'src/main.js',
          './src/../src/main.js',
          `${sandbox.workspace}/src/main.js`,
          'inner/main.js',
        ]) {
          expect((await sandbox.readFile(file)).toString(), file).toBe('export const answer = 42;\n');
        }
      });

      it('writes bytes as they are, making folders', async () => {
        const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
        await sandbox.writeFile('deep/er/still/bytes.bin', bytes);
        expect(new Uint8Array(await sandbox.readFile('deep/er/still/bytes.bin'))).toEqual(bytes);
        expect((await sandbox.run(['wc', '-c', 'deep/er/still/bytes.bin'])).stdout).toContain('256');
      });

      it('leaves nothing of a longer file that it overwrites', async () => {
        await sandbox.writeFile('shrinks.txt', 'a long text');
        await sandbox.writeFile('shrinks.txt', 'short');
        expect((await sandbox.readFile('shrinks.txt')).toString()).toBe('short');
      });

      it('keeps a file executable', async () => {
        await sandbox.writeFile('run.sh', '#!/bin/sh\necho ran anew\n');
        expect((await sandbox.run(['./run.sh'])).stdout).toBe('ran anew\n');
      });

      it('writes through a link that stays inside, which stays a link', async () => {
        await sandbox.run(bash('echo old > target.txt; ln -s target.txt pointer.txt'));
        await sandbox.writeFile('pointer.txt', 'new');
        expect((await sandbox.run(bash('cat target.txt; readlink pointer.txt'))).stdout).toBe(
          'newtarget.txt\n',
        );
      });

      it('leaves the other names of a hard-linked file as they were', async () => {
        await sandbox.run(bash('echo kept > one.txt; chmod 750 one.txt; ln one.txt two.txt'));
        await sandbox.writeFile('two.txt', 'changed');
        const { stdout } = await sandbox.run(bash('cat one.txt two.txt; stat -c " %a" two.txt'));
        expect(stdout).toBe('kept\nchanged 750\n');
      });

      it.each(['..', '../..', '../waypost_repo_2/x', '/etc/passwd', '/', 'src/../../../x', 'a\0b'])(
        'refuses %j, which is outside',
        async (file) => {
          await expect(sandbox.readFile(file)).rejects.toEqual(refusal('outside-workspace'));
          await expect(sandbox.writeFile(file, 'x')).rejects.toEqual(refusal('outside-workspace'));
        },
      );

      it('refuses links that lead outside, for reading, overwriting and making files', async () => {
        await sandbox.run(
          bash(
            'echo s > "$TMPDIR/secret"; ln -s "$TMPDIR/secret" out-file; ln -s "$TMPDIR" out-folder; ln -s .. up',
          ),
        );
        for (const file of [
          'out-file',
          'out-folder/secret',
          'out-folder/new',
          'up/new',
          'out-folder/new/er',
        ]) {
          await expect(sandbox.writeFile(file, 'stolen'), file).rejects.toEqual(refusal('outside-workspace'));
          await expect(sandbox.readFile(file), file).rejects.toEqual(refusal('outside-workspace'));
        }
        expect((await sandbox.run(bash('ls "$TMPDIR"; cat "$TMPDIR/secret"'))).stdout).toMatch(
          /secret\ns\n$/,
        );
        expect((await sandbox.run(bash('ls .. "$TMPDIR"'))).stdout).not.toContain('new');
      });

      it('refuses broken links and loops rather than make what they point at', async () => {
        await sandbox.run(bash('ln -s "$TMPDIR/not-there" broken; ln -s loop loop'));
        for (const file of ['broken', 'broken/x', 'loop', 'loop/x']) {
          await expect(sandbox.writeFile(file, 'x'), file).rejects.toMatchObject({ name: 'SandboxRefusal' });
          await expect(sandbox.readFile(file), file).rejects.toMatchObject({ name: 'SandboxRefusal' });
        }
        expect((await sandbox.run(bash('ls "$TMPDIR"'))).stdout).not.toContain('not-there');
      });

      it('refuses folders, and files used as folders', async () => {
        await expect(sandbox.readFile('src')).rejects.toEqual(refusal('not-a-file'));
        await expect(sandbox.readFile('.')).rejects.toEqual(refusal('not-a-file'));
        await expect(sandbox.writeFile('src', 'x')).rejects.toEqual(refusal('not-a-file'));
        await expect(sandbox.writeFile('new-folder/', 'x')).rejects.toEqual(refusal('not-a-file'));
        await expect(sandbox.readFile('src/main.js/x')).rejects.toEqual(refusal('file-not-found'));
        await expect(sandbox.writeFile('src/main.js/x', 'x')).rejects.toEqual(refusal('file-not-writable'));
      });

      it('refuses a missing file, by name', async () => {
        await expect(sandbox.readFile('nowhere.txt')).rejects.toThrow(/nowhere\.txt/);
        await expect(sandbox.readFile('no/where.txt')).rejects.toEqual(refusal('file-not-found'));
      });

      it('refuses pipes and devices without waiting for them', async () => {
        await sandbox.run(bash('mkfifo pipe; ln -s /dev/zero zero'));
        await expect(sandbox.readFile('pipe')).rejects.toEqual(refusal('not-a-file'));
        await expect(sandbox.writeFile('pipe', 'x')).rejects.toEqual(refusal('not-a-file'));
        await expect(sandbox.readFile('zero')).rejects.toEqual(refusal('outside-workspace'));
      });

      it('refuses files beyond the documented size', async () => {
        await sandbox.run(['truncate', '-s', String(MAXIMUM_FILE_BYTES + 1), 'huge']);
        await expect(sandbox.readFile('huge')).rejects.toEqual(refusal('file-too-large'));
        await sandbox.run(['truncate', '-s', String(MAXIMUM_FILE_BYTES), 'huge']);
        expect((await sandbox.readFile('huge')).length).toBe(MAXIMUM_FILE_BYTES);
        const tooMuch = new Uint8Array(MAXIMUM_FILE_BYTES + 1);
        await expect(sandbox.writeFile('huge', tooMuch)).rejects.toEqual(refusal('file-too-large'));
        expect((await sandbox.readFile('huge')).length).toBe(MAXIMUM_FILE_BYTES);
      });
    });

    describe('life cycle', () => {
      const made: ManagedSandbox[] = [];
      const create = async (more: Partial<SandboxRequest> = {}): Promise<ManagedSandbox> => {
        const fresh = await provider.create(request(more));
        made.push(fresh);
        return fresh;
      };
      afterEach(async () => {
        for (const left of made.splice(0)) await left.dispose();
      });

      it('gives the files as the agent left them', async () => {
        const fresh = await create();
        await fresh.run(bash('echo added > new.txt; rm run.sh'));
        const seen = await fresh.withFiles(async (folder) => ({
          added: await readFile(path.join(folder, 'new.txt'), 'utf8'),
          removed: await stat(path.join(folder, 'run.sh')).catch(() => 'gone'),
          mode: (await stat(path.join(folder, 'src'))).isDirectory(),
        }));
        expect(seen).toEqual({ added: 'added\n', removed: 'gone', mode: true });
      });

      it('passes on what the user of the files throws', async () => {
        const fresh = await create();
        const error = new Error('mine');
        await expect(fresh.withFiles(() => Promise.reject(error))).rejects.toBe(error);
      });

      it('is not led elsewhere by an agent that puts a link in place of its clone', async () => {
        const fresh = await create();
        await fresh.run(
          bash('cd .. && mv waypost_repo gone && ln -s "$TMPDIR" waypost_repo; touch "$TMPDIR/bait"'),
        );
        const names = await fresh.withFiles((folder) => stat(path.join(folder, 'bait')).catch(() => 'none'));
        expect(names).toBe('none');
        expect((await fresh.run(['ls'])).stdout).not.toContain('bait');
      });

      it('goes on with an empty clone when the agent removes it', async () => {
        const fresh = await create();
        await fresh.run(bash('cd .. && rm -rf waypost_repo || rm -rf waypost_repo/* waypost_repo/.[a-z]*'));
        expect(await fresh.run(['ls', '-A'])).toMatchObject({ exitCode: 0, stdout: '' });
      });

      it('puts the inputs beside the clone', async () => {
        const fresh = await create();
        const { stdout } = await fresh.run(['cat', `${fresh.inputs}/tests.patch`]);
        expect(stdout).toBe('the hidden tests\n');
        expect(fresh.inputs.startsWith(fresh.workspace)).toBe(false);
        await expect(fresh.readFile(`${fresh.inputs}/tests.patch`)).rejects.toMatchObject({
          code: 'outside-workspace',
        });
      });

      it('keeps sandboxes of the same name apart', async () => {
        const [one, two] = await Promise.all([create(), create()]);
        await one.run(bash('echo mine > mine.txt; echo mine > "$HOME/mine.txt"'));
        const { stdout } = await two.run(bash('ls -A . "$HOME"'));
        expect(stdout).not.toContain('mine.txt');
      });

      it('refuses names that are no names', async () => {
        for (const folderName of ['', '.', '..', 'a/b', '../x', 'a\0b']) {
          await expect(create({ folderName }), folderName).rejects.toBeInstanceOf(UserMistake);
          await expect(create({ inputs: { [folderName]: '' } }), folderName).rejects.toBeInstanceOf(
            UserMistake,
          );
        }
      });

      it('throws what the filling of the clone throws', async () => {
        const error = new Error('no such commit');
        await expect(create({ populate: () => Promise.reject(error) })).rejects.toBe(error);
      });

      it('can be disposed of twice, and refuses all work afterwards', async () => {
        const fresh = await create();
        await fresh.dispose();
        await fresh.dispose();
        await expect(fresh.run(['true'])).rejects.toBeInstanceOf(InfrastructureFault);
        await expect(fresh.readFile('run.sh')).rejects.toBeInstanceOf(InfrastructureFault);
        await expect(fresh.writeFile('run.sh', '')).rejects.toBeInstanceOf(InfrastructureFault);
        await expect(fresh.withFiles(async () => 1)).rejects.toBeInstanceOf(InfrastructureFault);
      });

      it('ends a running command by a fault, which is not a result of the command', async () => {
        const fresh = await create();
        const running = fresh.run(bash('touch begun; exec sleep 1000'));
        const failure = running.catch((error: unknown) => error);
        await expect
          .poll(() => fresh.readFile('begun').catch(() => undefined), { timeout: 5000 })
          .toBeDefined();
        await fresh.dispose();
        expect(await failure).toMatchObject({ name: 'InfrastructureFault', code: 'sandbox-disposed' });
      });

      it('disposes of all that a provider has left', async () => {
        const own = await makeProvider();
        const sandboxes = await Promise.all([own.create(request()), own.create(request({ name: 'agent2' }))]);
        await sandboxes[0]?.dispose();
        await own.disposeAll();
        await own.disposeAll();
        for (const left of sandboxes) {
          await expect(left.run(['true'])).rejects.toMatchObject({ code: 'sandbox-disposed' });
        }
      });
    });
  });
}
