import { describe, expect, it } from 'vitest';

import { evaluationCommand } from '../../../src/sandbox/docker/evaluation-command.js';
import { BASE_IMAGE, isImageName, taskImage } from '../../../src/sandbox/docker/image-names.js';
import { DEFAULT_DOCKER_LIMITS, hostConfiguration } from '../../../src/sandbox/docker/limits.js';

describe('names of images', () => {
  it.each([
    ['pallets_jinja_task', 1621, 'akhatua/cooperbench-pallets-jinja:task1621'],
    ['llama_index_task', 17244, 'akhatua/cooperbench-llama-index:task17244'],
    ['react_hook_form_task', 153, 'akhatua/cooperbench-react-hook-form:task153'],
  ])('are those that CooperBench publishes: %s, %i', (repoName, taskId, image) => {
    expect(taskImage({ repoName, taskId })).toBe(image);
  });

  it('follow a template, with a registry and a port', () => {
    const task = { repoName: 'go_chi_task', taskId: 27 };
    expect(taskImage(task, 'localhost:5000/mine/{repo}-{task}:v1')).toBe('localhost:5000/mine/go-chi-27:v1');
    expect(taskImage(task, 'one-image')).toBe('one-image');
  });

  it.each([
    '',
    'Upper/{repo}',
    '{repo}:',
    'a b',
    '-x/{repo}',
    '{repo}:{task}:x',
    '../{repo}',
    '{name}',
    'x'.repeat(256),
  ])('are refused where the template %j gives none', (template) => {
    expect(() => taskImage({ repoName: 'go_chi_task', taskId: 27 }, template)).toThrow(
      expect.objectContaining({ name: 'UserMistake', code: 'invalid-image-name', where: '--image-template' }),
    );
  });

  it('know a digest and the base image', () => {
    expect(isImageName(`a/b@sha256:${'0'.repeat(64)}`)).toBe(true);
    expect(isImageName(BASE_IMAGE)).toBe(true);
  });
});

describe('how tests are run', () => {
  const inputs = { testScript: 'run_tests.sh', testsPatch: 'tests.patch' };
  const own = {
    layout: 'workspace',
    hasRunner: false,
    workspace: '/w/agent_workspace/r',
    inputs: '/w/inputs',
  } as const;
  const published = {
    layout: 'cooperbench',
    hasRunner: true,
    workspace: '/workspace/repo',
    inputs: '/patches',
  } as const;

  it('is by the runner of the image, by names of patches alone', () => {
    expect(evaluationCommand(published, { ...inputs, featurePatch: 'feature.patch' })).toEqual({
      by: 'runner',
      command: ['bash', '/usr/local/bin/runner.sh', 'tests.patch', 'feature.patch'],
    });
    expect(evaluationCommand(published, inputs)).toMatchObject({ command: { length: 3 } });
  });

  it('is by the task’s script where the image has no runner, or is not laid out for one', () => {
    expect(
      evaluationCommand({ ...published, hasRunner: false }, { ...inputs, featurePatch: 'f.patch' }),
    ).toEqual({
      by: 'script',
      command: [
        'bash',
        '/patches/run_tests.sh',
        '/workspace/repo',
        '/patches/tests.patch',
        '/patches/f.patch',
      ],
    });
    expect(evaluationCommand({ ...own, hasRunner: true }, inputs)).toEqual({
      by: 'script',
      command: ['bash', '/w/inputs/run_tests.sh', '/w/agent_workspace/r', '/w/inputs/tests.patch'],
    });
  });

  it('is told apart from having neither', () => {
    expect(evaluationCommand(own, { ...inputs, testScript: undefined })).toEqual({ by: 'nothing' });
  });
});

describe('the confinement of a container', () => {
  it('never asks for more processors than there are, and limits the disk where that is possible', () => {
    const many = { ...DEFAULT_DOCKER_LIMITS, cpus: 64, disk: 1000, file: 5000 };
    const host = hostConfiguration(many, { cpus: 4, limitsDisk: true }, []);
    expect(host).toMatchObject({ NanoCpus: 4e9, StorageOpt: { size: '1000' }, NetworkMode: 'none' });
    expect(host.Ulimits).toContainEqual({ Name: 'fsize', Soft: 1000, Hard: 1000 });
    expect(hostConfiguration(many, { cpus: 4, limitsDisk: false }, [])).not.toHaveProperty('StorageOpt');
  });

  it('opens the network on demand alone', () => {
    const engine = { cpus: 1, limitsDisk: false };
    expect(DEFAULT_DOCKER_LIMITS.network).toBe(false);
    expect(hostConfiguration({ ...DEFAULT_DOCKER_LIMITS, network: true }, engine, []).NetworkMode).toBe(
      'default',
    );
  });
});
