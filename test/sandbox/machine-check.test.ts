import { describe, expect, it } from 'vitest';

import {
  describeMachine,
  installCommand,
  sandboxMeans,
  type MachineCheck,
  type MachineFacts,
} from '../../src/sandbox/machine-check.js';
import { distributionOf, findObstacles, inspectMachine } from '../../src/sandbox/machine-check-probes.js';

const GIBIBYTE = 1024 ** 3;
const healthy: MachineFacts = {
  platform: 'linux',
  distribution: 'debian',
  isRoot: false,
  programs: { node: 'v20.20.2', git: 'git version 2.43.0', python3: 'Python 3.12.1' },
  gitComplaint: undefined,
  bubblewrap: { state: 'works', program: '/usr/bin/bwrap', version: '0.9.0' },
  obstacles: [],
  limits: { controlGroups: true, prlimit: true, seccomp: true },
  docker: { state: 'works', detail: '27.0 at unix:///var/run/docker.sock' },
  sharedMemory: { writable: true, executable: true, free: 4 * GIBIBYTE },
  workRoot: { folder: '/dev/shm', free: 4 * GIBIBYTE },
};
const find = (facts: Partial<MachineFacts>, name: string): MachineCheck => {
  const found = describeMachine({ ...healthy, ...facts }).find((check) => check.name === name);
  if (found === undefined) throw new Error(`${name} is not said`);
  return found;
};
const refused = {
  state: 'refused',
  program: '/usr/bin/bwrap',
  version: '0.9.0',
  reason: 'No permissions\n',
} as const;

describe('describeMachine', () => {
  it('has nothing to mend on a machine that has it all', () => {
    const checks = describeMachine(healthy);
    expect(checks.map(({ state }) => state)).toEqual(checks.map(() => 'ok'));
    expect(checks.filter(({ remedy }) => remedy !== undefined)).toEqual([]);
    expect(sandboxMeans(healthy)).toEqual({ confined: { isUsable: true }, docker: { isUsable: true } });
  });

  it('gives the command of the distribution for what is missing', () => {
    const bubblewrap = { state: 'missing' } as const;
    expect(find({ bubblewrap }, 'confined sandbox')).toMatchObject({
      state: 'missing',
      remedy: 'sudo apt-get install -y bubblewrap',
    });
    expect(find({ bubblewrap, isRoot: true }, 'confined sandbox').remedy).toBe(
      'apt-get install -y bubblewrap',
    );
    expect(find({ bubblewrap, distribution: 'rhel fedora' }, 'confined sandbox').remedy).toBe(
      'sudo dnf install -y bubblewrap',
    );
    expect(installCommand('git', { platform: 'darwin', distribution: '', isRoot: false })).toBe(
      'brew install git',
    );
    expect(installCommand('git', { platform: 'linux', distribution: 'own', isRoot: false })).toBe(
      'install git',
    );
  });

  it.each([
    ['userns-clone', 'sudo sysctl -w kernel.unprivileged_userns_clone=1'],
    ['apparmor-userns', 'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'],
    ['no-user-namespaces', 'sudo sysctl -w user.max_user_namespaces=15000'],
  ] as const)(
    'names the setting that mends a bubblewrap which is kept from working: %s',
    (obstacle, remedy) => {
      const check = find({ bubblewrap: refused, obstacles: [obstacle] }, 'confined sandbox');
      expect(check).toMatchObject({ state: 'missing', remedy });
      expect(check.detail).toContain('No permissions');
    },
  );

  it('tells of a container around Troupe, and of nothing known', () => {
    expect(find({ bubblewrap: refused, obstacles: ['in-container'] }, 'confined sandbox').remedy).toContain(
      '--security-opt',
    );
    expect(find({ bubblewrap: refused }, 'confined sandbox').remedy).toContain('Docker');
  });

  it('points to Docker where the system is not Linux', () => {
    const facts = { platform: 'darwin', bubblewrap: { state: 'missing' } } as const;
    expect(find(facts, 'confined sandbox')).toMatchObject({ state: 'missing', remedy: 'start Docker' });
  });

  it('says which limits do not hold, and worse for root', () => {
    const limits = { ...healthy.limits, controlGroups: false };
    expect(find({ limits }, 'limits')).toMatchObject({ state: 'limited' });
    expect(find({ limits }, 'limits').detail).not.toContain('fork bomb');
    expect(find({ limits, isRoot: true }, 'limits').detail).toContain('fork bomb');
  });

  it('requires git, of an age that can merge', () => {
    const programs = { ...healthy.programs, git: undefined };
    expect(find({ programs }, 'git')).toMatchObject({ state: 'missing', isRequired: true });
    expect(find({ gitComplaint: 'too old' }, 'git')).toMatchObject({ state: 'missing', detail: 'too old' });
  });

  it('says why shared memory is not used', () => {
    const workRoot = { folder: '/tmp', free: GIBIBYTE / 2 };
    const sharedMemory = { writable: true, executable: false, free: GIBIBYTE };
    expect(find({ workRoot, sharedMemory }, '/dev/shm')).toMatchObject({
      state: 'limited',
      detail: expect.stringContaining('executed'),
    });
    expect(find({ workRoot, sharedMemory: undefined }, '/dev/shm').detail).toContain('not there');
    expect(find({ workRoot }, 'disk')).toMatchObject({ state: 'limited', remedy: 'troupe doctor --clean' });
  });

  it('gives a remedy for whatever is missing', () => {
    const nothing: MachineFacts = {
      ...healthy,
      programs: { node: 'v20', git: undefined, python3: undefined },
      bubblewrap: { state: 'missing' },
      docker: { state: 'missing', reason: 'no engine answers', remedy: 'start Docker' },
    };
    const missing = describeMachine(nothing).filter(({ state }) => state === 'missing');
    expect(missing.map(({ name }) => name)).toEqual(['git', 'confined sandbox', 'Docker']);
    for (const { name, remedy } of missing) expect(remedy, name).toMatch(/\w/);
  });
});

describe('inspectMachine', () => {
  it('reads the distribution from os-release', () => {
    expect(distributionOf('NAME="Ubuntu"\nID=ubuntu\nID_LIKE="debian"\n')).toBe('ubuntu debian');
    expect(distributionOf('')).toBe('');
  });

  it('finds the settings that stand in the way', () => {
    const files: Record<string, string> = {
      '/proc/sys/kernel/unprivileged_userns_clone': '0\n',
      '/proc/sys/kernel/apparmor_restrict_unprivileged_userns': '1\n',
      '/proc/sys/user/max_user_namespaces': '0\n',
    };
    const read = (file: string): string => files[file] ?? '';
    expect(findObstacles(read, () => false)).toEqual([
      'userns-clone',
      'apparmor-userns',
      'no-user-namespaces',
    ]);
    expect(
      findObstacles(
        () => '1',
        (file) => file === '/.dockerenv',
      ),
    ).toEqual(['apparmor-userns', 'in-container']);
    expect(
      findObstacles(
        () => '',
        () => false,
      ),
    ).toEqual([]);
  });

  it('describes this machine without a gap', async () => {
    const facts = await inspectMachine({
      git: { version: 'git version 2.43.0', complaint: undefined },
      docker: { state: 'missing', reason: 'not asked', remedy: 'ask' },
    });
    expect(facts.programs.node).toBe(process.version);
    expect(facts.workRoot.free).toBeGreaterThan(0);
    for (const { name, detail } of describeMachine(facts)) expect(detail, name).toMatch(/\w/);
  });
});
