import { describe, expect, it } from 'vitest';

import { buildReason, exitCodeOf, installReason, nodeWillDo } from '../../scripts/freshness.mjs';

const lock = {
  packages: {
    '': { version: '0.1.0' },
    'node_modules/zod': { version: '4.6.7' },
    'node_modules/@oxlint/darwin-arm64': { version: '1.89.0', optional: true },
  },
};
const found = {
  lockHash: 'abc',
  platform: 'linux-x64',
  stamp: { lockHash: 'abc', platform: 'linux-x64' },
  lock,
  installed: { packages: { 'node_modules/zod': { version: '4.6.7' } } },
};

describe('what must be done before a start', () => {
  it.each([
    ['v20.19.0', true],
    ['v20.18.3', false],
    ['v18.20.0', false],
    ['v22.0.0', true],
    ['v24.21.0', true],
    ['v100.0.0', true],
  ])('Node %s: %s', (version, expected) => {
    expect(nodeWillDo(version)).toBe(expected);
  });

  it('nothing is installed twice', () => {
    expect(installReason(found)).toBeUndefined();
  });

  it('packages are installed when they are missing', () => {
    expect(installReason({ ...found, installed: undefined })).toBe('they are missing');
    expect(installReason({ ...found, installed: undefined, stamp: undefined })).toBe('they are missing');
  });

  it('packages are installed when the lock file has changed since, or the platform', () => {
    expect(installReason({ ...found, lockHash: 'def' })).toContain('package-lock.json');
    expect(installReason({ ...found, platform: 'darwin-arm64' })).toContain('platform');
  });

  it('an install by hand is taken over when it holds what the lock file asks for', () => {
    const byHand = { ...found, stamp: undefined };
    expect(installReason(byHand)).toBeUndefined();
    expect(installReason({ ...byHand, installed: { packages: {} } })).toContain('do not match');
    const older = { packages: { 'node_modules/zod': { version: '4.6.6' } } };
    expect(installReason({ ...byHand, installed: older })).toContain('do not match');
    expect(installReason({ ...byHand, installed: {} })).toContain('do not match');
  });

  it('sources are compiled once, and again when they change', () => {
    const stamp = { sourceHash: 'abc', withBenchmarks: false };
    expect(buildReason({ sourceHash: 'abc', stamp, withBenchmarks: false })).toBeUndefined();
    expect(buildReason({ sourceHash: 'def', stamp, withBenchmarks: false })).toContain('changed');
    expect(buildReason({ sourceHash: 'abc', stamp: undefined, withBenchmarks: false })).toBeDefined();
    expect(buildReason({ sourceHash: 'abc', stamp, withBenchmarks: true })).toContain('benchmarks');
  });

  it("a child's end is told as a shell tells it", () => {
    const numbers = { SIGINT: 2, SIGTERM: 15 };
    expect(exitCodeOf(3, null, numbers)).toBe(3);
    expect(exitCodeOf(0, null, numbers)).toBe(0);
    expect(exitCodeOf(null, 'SIGINT', numbers)).toBe(130);
    expect(exitCodeOf(null, 'SIGTERM', numbers)).toBe(143);
  });
});
