import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { storageLimitsDisk, unreachable } from '../../../src/sandbox/docker/engine.js';
import { addressText, chooseEngine, type EngineAddress } from '../../../src/sandbox/docker/engine-address.js';

const id = (context: string): string => createHash('sha256').update(context).digest('hex');
const meta = (host: string): string => JSON.stringify({ Endpoints: { docker: { Host: host } } });

function choose(environment: Record<string, string>, files: Record<string, string> = {}): EngineAddress {
  return chooseEngine({
    environment,
    home: '/home/u',
    exists: (file) => file in files,
    read: (file) => files[file],
  });
}

describe('the engine that is used', () => {
  it('is the one of DOCKER_HOST before all others', () => {
    const files = { '/home/u/.docker/config.json': '{"currentContext":"far"}' };
    expect(choose({ DOCKER_HOST: 'tcp://10.0.0.5:2376', DOCKER_CONTEXT: 'far' }, files)).toEqual({
      kind: 'environment',
      host: 'tcp://10.0.0.5:2376',
    });
  });

  it('is that of the context in use, with its certificates', () => {
    const files = {
      '/home/u/.docker/config.json': '{"currentContext":"far"}',
      [`/home/u/.docker/contexts/meta/${id('far')}/meta.json`]: meta('tcp://far:2376'),
      [`/home/u/.docker/contexts/tls/${id('far')}/docker/cert.pem`]: '',
    };
    const far = {
      kind: 'context',
      name: 'far',
      host: 'tcp://far:2376',
      certificates: `/home/u/.docker/contexts/tls/${id('far')}/docker`,
    };
    expect(choose({}, files)).toEqual(far);
    expect(addressText(choose({}, files))).toBe('tcp://far:2376 (context far)');
    expect(choose({ DOCKER_CONTEXT: 'default' }, files)).toEqual({
      kind: 'socket',
      path: '/var/run/docker.sock',
    });
  });

  it('is that of DOCKER_CONTEXT and DOCKER_CONFIG', () => {
    const files = { [`/settings/contexts/meta/${id('near')}/meta.json`]: meta('ssh://u@near') };
    expect(choose({ DOCKER_CONTEXT: 'near', DOCKER_CONFIG: '/settings' }, files)).toEqual({
      kind: 'context',
      name: 'near',
      host: 'ssh://u@near',
    });
  });

  it('is the first socket that is there: the system’s, Docker Desktop’s, Podman’s', () => {
    const desktop = '/home/u/.docker/run/docker.sock';
    const podman = '/run/user/7/podman/podman.sock';
    const environment = { XDG_RUNTIME_DIR: '/run/user/7' };
    expect(choose(environment, { [podman]: '' })).toEqual({ kind: 'socket', path: podman });
    expect(choose(environment, { [podman]: '', [desktop]: '' })).toEqual({ kind: 'socket', path: desktop });
    expect(choose({}, { '/run/podman/podman.sock': '' })).toEqual({
      kind: 'socket',
      path: '/run/podman/podman.sock',
    });
    expect(choose({})).toEqual({ kind: 'socket', path: '/var/run/docker.sock' });
  });

  it.each(['', 'not json', '[]', '{"currentContext":7}', '{"currentContext":"gone"}'])(
    'is the usual one when the settings are %j',
    (text) => {
      expect(choose({}, { '/home/u/.docker/config.json': text })).toMatchObject({ kind: 'socket' });
    },
  );

  it('is said to be out of reach with the way out', () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    const address = { kind: 'socket', path: '/x.sock' } as const;
    expect(unreachable(refused, address)).toMatchObject({
      name: 'UserMistake',
      code: 'docker-unreachable',
      message: expect.stringContaining('unix:///x.sock'),
      remedy: expect.stringContaining('start Docker'),
    });
    const forbidden = Object.assign(new Error('connect'), { code: 'EACCES' });
    expect(unreachable(forbidden, address).remedy).toContain('group docker');
    expect(unreachable(new Error('odd'), address)).toMatchObject({
      name: 'InfrastructureFault',
      code: 'docker-failed',
    });
  });

  it.each([
    ['overlay2', [['Backing Filesystem', 'xfs']], true],
    ['overlay2', [['Backing Filesystem', 'extfs']], false],
    ['overlay2', undefined, false],
    ['btrfs', undefined, true],
    ['vfs', [['Backing Filesystem', 'xfs']], false],
  ])('limits the disk with %s over %j: %s', (driver, status, expected) => {
    expect(storageLimitsDisk(driver, status)).toBe(expected);
  });
});
