import { describe, expect, it } from 'vitest';

import { confinedCommand } from '../../../src/sandbox/bubblewrap/bubblewrap-arguments.js';
import { controlGroupCandidates } from '../../../src/sandbox/bubblewrap/control-group.js';
import {
  findBubblewrap,
  findSystemProgram,
  isAtLeast,
  parseBubblewrapVersion,
} from '../../../src/sandbox/bubblewrap/find-bubblewrap.js';
import { inheritedDescriptors } from '../../../src/sandbox/bubblewrap/inherited-descriptors.js';
import { completeConfinedLimits } from '../../../src/sandbox/bubblewrap/limits.js';
import { excess, useOfDescendants } from '../../../src/sandbox/bubblewrap/resource-watch.js';
import { seccompFilter } from '../../../src/sandbox/bubblewrap/seccomp-filter.js';
import { inspectSystem, mayBeShown, visibleSearchPath } from '../../../src/sandbox/bubblewrap/system-view.js';
import { shownFolder } from './shown-folder.js';

const ALLOW = 0x7fff0000;
const EPERM = 0x00050001;
const ENOSYS = 0x00050026;
const EAFNOSUPPORT = 0x00050061;

/** Runs a filter as the kernel would: what it answers to a call. */
function judge(filter: Buffer, audit: number, call: number, argument = 0): number {
  const data = new Map([
    [0, call],
    [4, audit],
    [16, argument],
  ]);
  let accumulator = 0;
  for (let at = 0; at < filter.length / 8; at += 1) {
    const code = filter.readUInt16LE(at * 8);
    const [whereTrue, whereFalse] = [filter.readUInt8(at * 8 + 2), filter.readUInt8(at * 8 + 3)];
    const value = filter.readUInt32LE(at * 8 + 4);
    const jump = (holds: boolean): void => void (at += holds ? whereTrue : whereFalse);
    if (code === 0x20) accumulator = data.get(value) ?? 0;
    else if (code === 0x15) jump(accumulator === value);
    else if (code === 0x35) jump(accumulator >= value);
    else if (code === 0x45) jump((accumulator & value) !== 0);
    else if (code === 0x06) return value;
    else throw new Error(`unknown instruction ${code}`);
  }
  throw new Error('the filter ends without an answer');
}

describe('the filter of system calls', () => {
  const X64 = 0xc000003e;
  const filter = seccompFilter('x64') as Buffer;

  it.each([
    ['read', 0, 0, ALLOW],
    ['keyctl', 250, 0, EPERM],
    ['unshare', 272, 0, EPERM],
    ['io_uring_setup', 425, 0, EPERM],
    ['clone of a process', 56, 17, ALLOW],
    ['clone of a thread', 56, 0x3d0f00, ALLOW],
    ['clone into a user namespace', 56, 0x10000011, EPERM],
    ['clone into a mount namespace', 56, 0x00020000, EPERM],
    ['clone3', 435, 0, ENOSYS],
    ['a unix socket', 41, 1, ALLOW],
    ['an internet socket', 41, 2, ALLOW],
    ['a vsock socket', 41, 40, EAFNOSUPPORT],
    ['a socket of the kernel’s cryptography', 41, 38, EAFNOSUPPORT],
    ['a packet socket', 41, 17, EAFNOSUPPORT],
    ['a call by the second convention', 0x40000000 + 41, 1, ENOSYS],
  ])('answers %s', (_, call, argument, expected) => {
    expect(judge(filter, X64, call, argument)).toBe(expected);
  });

  it('refuses whatever a program of the other width asks for', () => {
    expect(judge(filter, 0x40000003, 1)).toBe(ENOSYS);
  });

  it('knows arm64 by its own numbers, and makes none for what it does not know', () => {
    const arm = seccompFilter('arm64') as Buffer;
    expect(judge(arm, 0xc00000b7, 97)).toBe(EPERM);
    expect(judge(arm, 0xc00000b7, 198, 40)).toBe(EAFNOSUPPORT);
    expect(judge(arm, X64, 97)).toBe(ENOSYS);
    expect(seccompFilter('mips')).toBeUndefined();
  });
});

describe('what a confined sandbox sees', () => {
  const request = { environment: {}, home: '/home/user', readable: [], hidden: [] };

  it('is programs, and never a home, a root or what the system keeps of its users', () => {
    for (const place of [
      '/',
      '/home',
      '/root',
      '/etc',
      '/tmp',
      '/var',
      '/proc',
      '/dev',
      '/sys/kernel',
      '/run',
    ]) {
      expect(mayBeShown(place, '/home/user'), place).toBe(false);
    }
    expect(mayBeShown('/home/user', '/home/user')).toBe(false);
    expect(mayBeShown('/home/user/.rustup', '/home/user')).toBe(true);
    const { shown, links } = inspectSystem(request);
    expect(shown).toContain('/usr');
    expect([...shown, ...Object.keys(links).map((name) => `/${name}`)]).toContain('/bin');
    expect(shown.filter((place) => /^\/(home|root|var|tmp|etc)$/.test(place))).toEqual([]);
  });

  it('does not grow by a variable that names a home, and grows by a folder that the user names', () => {
    const { folder } = shownFolder();
    const named = inspectSystem({
      ...request,
      home: '/usr/share/doc',
      environment: { GOROOT: '/usr/share', JAVA_HOME: '/root' },
      readable: [folder],
    });
    expect(named.shown).not.toContain('/root');
    expect(named.shown).toContain(folder);
  });

  it('hides folders that lie in what is shown, and need not hide others', () => {
    const { hidden } = inspectSystem({ ...request, hidden: ['/usr/share', '/nowhere', import.meta.dirname] });
    expect(hidden).toEqual(['/usr/share']);
  });

  it('leaves folders out of the search path that are not seen', () => {
    const view = { shown: ['/usr', '/home/user/.cargo/bin'], links: { bin: 'usr/bin' }, hidden: [] };
    const path = '/home/user/bin:/usr/local/bin:/bin:/home/user/.cargo/bin:/home/user/.cargo/binary';
    expect(visibleSearchPath(path, view)).toBe('/usr/local/bin:/bin:/home/user/.cargo/bin');
  });
});

describe('a confined command', () => {
  const request = {
    helpers: { bubblewrap: '/usr/bin/bwrap', prlimit: '/usr/bin/prlimit' },
    confining: ['--unshare-net'],
    environment: { HOME: '/home/agent', ODD: '--bind / /' },
    limits: completeConfinedLimits({ memory: 1000, processes: 7, disk: 2000 }),
    limitsProcesses: true,
    command: ['--bind', '/', '/'] as const,
    descriptors: { status: 3, filter: 4 },
    groups: [],
  };

  it('has what an agent chooses behind the end of the options, or as the value of one', () => {
    const words = confinedCommand(request);
    const ends = words.flatMap((word, index) => (word === '--' ? [index] : []));
    expect(words.slice((ends[1] ?? 0) + 1)).toEqual(['--bind', '/', '/']);
    expect(words.slice(0, ends[0])).not.toContain('--bind');
    expect(words).toContain('--clearenv');
    expect(words[words.indexOf('ODD') + 1]).toBe('--bind / /');
    expect(words).toEqual(expect.arrayContaining(['--data=1000', '--nproc=7', '--fsize=2000', '--core=0']));
  });

  it('counts processes of the sandbox alone or not at all', () => {
    expect(confinedCommand({ ...request, limitsProcesses: false }).join(' ')).not.toContain('--nproc');
  });

  it('enters control groups before anything else', () => {
    const words = confinedCommand({ ...request, groups: ['/a/cgroup.procs', '/b/cgroup.procs'] });
    expect(words.slice(0, 2)).toEqual(['/bin/sh', '-c']);
    expect(words.slice(3, 8)).toEqual(['sh', '/a/cgroup.procs', '/b/cgroup.procs', '--', '/usr/bin/bwrap']);
  });
});

describe('limits', () => {
  it('are half of a small machine’s memory, and 4 GiB of a large one’s', () => {
    expect(completeConfinedLimits({}, 4 * 1024 ** 3).memory).toBe(2 * 1024 ** 3);
    expect(completeConfinedLimits({}, 64 * 1024 ** 3).memory).toBe(4 * 1024 ** 3);
    expect(completeConfinedLimits({ processes: 5 }).processes).toBe(5);
  });

  it('are named where a command goes beyond them', () => {
    const limits = { memory: 2 ** 20, processes: 10, disk: 2 ** 21 };
    expect(excess({ memory: 2 ** 20, processes: 10, disk: 2 ** 21 }, limits)).toBeUndefined();
    expect(excess({ memory: 2 ** 20 + 1 }, limits)).toContain('1 MiB of memory');
    expect(excess({ processes: 100 }, limits)).toContain('10 processes');
    expect(excess({ disk: 2 ** 21 + 1 }, limits)).toContain('2 MiB');
  });

  it('are compared with what a process really holds', () => {
    const own = useOfDescendants(process.pid);
    expect(own.processes).toBeGreaterThan(1);
    expect(own.memory).toBeGreaterThan(10 * 1024 ** 2);
    expect(useOfDescendants(2 ** 30)).toEqual({ memory: 0, processes: 0 });
  });
});

describe('control groups', () => {
  it('are looked for at every level of version 2, the nearest first', () => {
    const own = '0::/user.slice/user-1000.slice\n';
    const mounts = 'cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n';
    expect(controlGroupCandidates(own, mounts)).toEqual([
      { version: 2, parents: ['/sys/fs/cgroup/user.slice/user-1000.slice'] },
      { version: 2, parents: ['/sys/fs/cgroup/user.slice'] },
      { version: 2, parents: ['/sys/fs/cgroup/'] },
    ]);
  });

  it('are looked for by controller in version 1', () => {
    const own = '8:pids:/\n4:memory:/mine\n0::/\n';
    const mounts =
      'cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\ncgroup /sys/fs/cgroup/pids cgroup rw,pids 0 0\n';
    expect(controlGroupCandidates(own, mounts)).toEqual([
      { version: 1, parents: ['/sys/fs/cgroup/memory/mine', '/sys/fs/cgroup/pids/'] },
    ]);
  });

  it('are nowhere on a machine without them', () => {
    expect(controlGroupCandidates('', '')).toEqual([]);
  });
});

describe('looking for bubblewrap', () => {
  it('reads versions, and takes an unknown one for old', () => {
    expect(parseBubblewrapVersion('bubblewrap 0.8.0\n')).toBe('0.8.0');
    expect(parseBubblewrapVersion('what?')).toBeUndefined();
    expect([isAtLeast('0.8.0', [0, 8]), isAtLeast('0.10', [0, 8]), isAtLeast('1.0', [0, 8])]).toEqual([
      true,
      true,
      true,
    ]);
    expect([isAtLeast('0.6.1', [0, 8]), isAtLeast('unknown', [0, 8])]).toEqual([false, false]);
  });

  it('says what is missing, and why one that is there does not do', async () => {
    expect(await findBubblewrap('/nowhere/bwrap')).toEqual({ state: 'missing' });
    expect(await findBubblewrap('/bin/false')).toMatchObject({ state: 'refused', program: '/bin/false' });
  });

  it('finds programs in the system’s folders alone', () => {
    expect(findSystemProgram('sh')).toMatch(/^\/.*\/sh$/);
    expect(findSystemProgram('no-such-program')).toBeUndefined();
  });
});

it('counts nothing of Node’s own among the descriptors that it was started with', () => {
  for (const standard of [0, 1, 2]) expect(inheritedDescriptors().has(standard)).toBe(false);
});
