import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { closedGitEnvironment, firstComplaint, GitError, runGit } from '../../src/git/git-process.js';
import { parseGitVersion, requireGit } from '../../src/git/git-version.js';
import { git, scratchFolder } from './scratch.js';

const scratch = scratchFolder();
const environment = { ...process.env };

afterEach(() => {
  process.env = { ...environment };
});

describe('running git', () => {
  it('ignores the git variables, home folder and configuration that surround it', async () => {
    const home = path.join(scratch, 'home');
    mkdirSync(path.join(home, '.config/git'), { recursive: true });
    writeFileSync(path.join(home, '.gitconfig'), '[user]\n\tname = Wrong\n');
    writeFileSync(path.join(home, '.config/git/ignore'), '*\n');
    process.env['HOME'] = home;
    process.env['GIT_DIR'] = '/nowhere';
    process.env['GIT_INDEX_FILE'] = '/nowhere/index';
    process.env['GIT_CONFIG_PARAMETERS'] = "'user.name'='Wrong'";
    const folder = path.join(scratch, 'repository');
    mkdirSync(folder);
    git(folder, 'init', '-q');
    writeFileSync(path.join(folder, 'a.txt'), 'a\n');
    const run = { gitDirectory: path.join(folder, '.git'), workTree: folder };
    await runGit(['add', '-A'], run);
    await runGit(['commit', '-q', '-m', 'one'], run);
    const { stdout } = await runGit(['log', '--format=%an %ad', '--date=unix'], run);
    expect(stdout.toString()).toBe('Troupe 1767225600\n');
    expect((await runGit(['ls-files'], run)).stdout.toString()).toBe('a.txt\n');
  });

  it('runs no hook on a commit of ours, even where the repository’s configuration names a folder of hooks', async () => {
    const folder = path.join(scratch, 'hooked');
    const canary = path.join(scratch, 'hook-ran');
    mkdirSync(path.join(folder, 'hooks'), { recursive: true });
    git(folder, 'init', '-q');
    writeFileSync(path.join(folder, 'hooks/pre-commit'), `#!/bin/sh\ntouch ${canary}\nexit 1\n`, {
      mode: 0o755,
    });
    git(folder, 'config', 'core.hooksPath', path.join(folder, 'hooks'));
    await runGit(['commit', '-q', '--allow-empty', '-m', 'one'], {
      gitDirectory: path.join(folder, '.git'),
      workTree: folder,
    });
    expect(existsSync(canary)).toBe(false);
  });

  it('reaches out to no other repository', async () => {
    const folder = path.join(scratch, 'far');
    mkdirSync(folder);
    git(folder, 'init', '-q');
    await expect(runGit(['fetch', `file://${scratch}/repository`], { folder })).rejects.toMatchObject({
      stderr: expect.stringContaining("'file' not allowed") as string,
    });
  });

  it('throws for an exit code that was not expected, with git’s own complaint', async () => {
    const failure = await runGit(['rev-parse', '--verify', 'nothing'], { folder: scratch }).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(GitError);
    expect((failure as GitError).exitCode).toBe(128);
    expect((failure as GitError).message).toMatch(/^git rev-parse failed with exit code 128: \S/);
  });

  it('gives an exit code that was expected as an answer', async () => {
    expect((await runGit(['rev-parse', 'nothing'], { folder: scratch, accept: [128] })).exitCode).toBe(128);
  });

  it('ends with the signal’s reason when it is aborted', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const waiting = runGit(['cat-file', '--batch'], {
      folder: path.join(scratch, 'repository'),
      signal: controller.signal,
    });
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(runGit(['version'], { signal: controller.signal })).rejects.toBe(reason);
  });

  it('says what to do where git is not installed', async () => {
    process.env['PATH'] = scratch;
    await expect(runGit(['version'])).rejects.toMatchObject({
      code: 'git-missing',
      remedy: expect.any(String) as string,
    });
  });
});

describe('git’s version', () => {
  it('is read from the words of several vendors', () => {
    expect(parseGitVersion('git version 2.39.5')).toEqual([2, 39]);
    expect(parseGitVersion('git version 2.50.1 (Apple Git-155)')).toEqual([2, 50]);
    expect(parseGitVersion('nonsense')).toBeUndefined();
  });

  it('of this machine is new enough', async () => {
    await expect(requireGit()).resolves.toBeUndefined();
  });

  it('is refused where it is too old to merge without a work tree', async () => {
    const folder = path.join(scratch, 'old-git');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'git'), '#!/bin/sh\necho git version 2.38.1\n', { mode: 0o755 });
    process.env['PATH'] = `${folder}:${environment['PATH']}`;
    await expect(requireGit()).rejects.toMatchObject({ code: 'git-too-old' });
  });
});

describe('helpers', () => {
  it('find the line of a complaint that says most', () => {
    expect(firstComplaint('warning: x\nerror: patch failed: a:1\nerror: a: patch does not apply\n')).toBe(
      'patch failed: a:1',
    );
    expect(firstComplaint('something else\n')).toBe('something else');
    expect(firstComplaint('')).toBe('');
  });

  it('close the environment by listing every setting', () => {
    const variables = closedGitEnvironment({ 'a.b': 'c' });
    expect(variables).toMatchObject({
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'a.b',
      GIT_CONFIG_VALUE_0: 'c',
    });
  });
});
