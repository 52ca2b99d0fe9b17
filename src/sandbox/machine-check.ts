import type { Means, SandboxMeans } from './decide-sandbox.js';
import type { BubblewrapFinding } from './bubblewrap/find-bubblewrap.js';
import type { WorkRootFacts } from './work-root.js';

/** What was found out about a machine; see `inspectMachine`. */
export interface MachineFacts {
  readonly platform: NodeJS.Platform;
  /** Id of the distribution and of those it is like, e.g. `ubuntu debian`; empty where unknown. */
  readonly distribution: string;
  readonly isRoot: boolean;
  /** Versions of programs by name; `undefined` for those that are not there. */
  readonly programs: Readonly<Record<'node' | 'git' | 'python3', string | undefined>>;
  /** Why the git that was found does not do; `undefined` where it does. */
  readonly gitComplaint: string | undefined;
  readonly bubblewrap: BubblewrapFinding;
  /** Kernel settings that keep users from confining, by name, where they are set so. */
  readonly obstacles: readonly Obstacle[];
  readonly limits: ConfinedMeansOfLimits;
  readonly docker: DockerFinding;
  readonly sharedMemory: WorkRootFacts | undefined;
  /** The folder under which sandboxes are made. */
  readonly workRoot: { readonly folder: string; readonly free: number };
}

export type Obstacle = 'apparmor-userns' | 'userns-clone' | 'no-user-namespaces' | 'in-container';

/** With what the confined sandbox can limit what a command uses. */
export interface ConfinedMeansOfLimits {
  /** Whether this user may have the kernel count memory and processes of a sandbox together. */
  readonly controlGroups: boolean;
  readonly prlimit: boolean;
  readonly seccomp: boolean;
}

export type DockerFinding =
  | { readonly state: 'works'; readonly detail: string }
  | { readonly state: 'missing'; readonly reason: string; readonly remedy: string };

/** One line of `troupe doctor`. */
export interface MachineCheck {
  readonly name: string;
  /** `limited` is usable with less; `missing` is not usable. */
  readonly state: 'ok' | 'limited' | 'missing';
  /** What was found, or what is missing and what that means. */
  readonly detail: string;
  /** The command that mends it. */
  readonly remedy?: string;
  /** Whether nothing at all runs without it. */
  readonly isRequired: boolean;
}

const GIBIBYTE = 1024 ** 3;
/** Bytes below which runs are likely to fail for want of space. */
const LITTLE_SPACE = GIBIBYTE;

/** Whether and why each confining sandbox can be used here. */
export function sandboxMeans(facts: MachineFacts): SandboxMeans {
  return { confined: confinedMeans(facts), docker: dockerMeans(facts.docker) };
}

function confinedMeans(facts: MachineFacts): Means {
  const { bubblewrap, platform } = facts;
  if (bubblewrap.state === 'works') return { isUsable: true };
  if (platform !== 'linux') {
    return {
      isUsable: false,
      reason: 'commands can be confined without a container on Linux alone',
      remedy: 'start Docker',
    };
  }
  return bubblewrap.state === 'missing'
    ? {
        isUsable: false,
        reason: 'bubblewrap is not installed',
        remedy: installCommand('bubblewrap', facts),
      }
    : {
        isUsable: false,
        reason: `bubblewrap cannot confine here (${bubblewrap.reason.replace(/\s+/g, ' ')})`,
        remedy: obstacleRemedy(facts),
      };
}

function dockerMeans(docker: DockerFinding): Means {
  return docker.state === 'works'
    ? { isUsable: true }
    : { isUsable: false, reason: docker.reason, remedy: docker.remedy };
}

/** What `troupe doctor` says of a machine. */
export function describeMachine(facts: MachineFacts): MachineCheck[] {
  return [
    check('Node', 'ok', facts.programs.node ?? 'unknown', undefined, true),
    gitCheck(facts),
    facts.programs.python3 === undefined
      ? check(
          'Python',
          'limited',
          'python3 is not there; tasks in Python cannot be set up or tested outside Docker',
          installCommand('python3', facts),
        )
      : check('Python', 'ok', facts.programs.python3),
    meansCheck('confined sandbox', confinedMeans(facts), confinedDetail(facts)),
    ...(facts.bubblewrap.state === 'works' ? [limitsCheck(facts)] : []),
    meansCheck(
      'Docker',
      dockerMeans(facts.docker),
      facts.docker.state === 'works' ? facts.docker.detail : '',
    ),
    sharedMemoryCheck(facts),
    spaceCheck(facts),
  ];
}

function check(
  name: string,
  state: MachineCheck['state'],
  detail: string,
  remedy?: string,
  isRequired = false,
): MachineCheck {
  return { name, state, detail, isRequired, ...(remedy === undefined ? {} : { remedy }) };
}

function gitCheck(facts: MachineFacts): MachineCheck {
  if (facts.programs.git === undefined) {
    return check('git', 'missing', 'nothing runs without it', installCommand('git', facts), true);
  }
  if (facts.gitComplaint === undefined) return check('git', 'ok', facts.programs.git, undefined, true);
  return check('git', 'missing', facts.gitComplaint, installCommand('git', facts), true);
}

function meansCheck(name: string, means: Means, detail: string): MachineCheck {
  return means.isUsable ? check(name, 'ok', detail) : check(name, 'missing', means.reason, means.remedy);
}

function confinedDetail({ bubblewrap, isRoot }: MachineFacts): string {
  if (bubblewrap.state !== 'works') return '';
  return `bubblewrap ${bubblewrap.version}${isRoot ? ', as root' : ''}`;
}

function limitsCheck({ limits, isRoot }: MachineFacts): MachineCheck {
  const missing = [
    ...(limits.prlimit ? [] : ['no limit on single processes (prlimit is not there)']),
    ...(limits.seccomp ? [] : ['no filter of system calls for this processor']),
    ...(limits.controlGroups
      ? []
      : [
          isRoot
            ? 'memory and processes are watched, not limited: a fork bomb can hold the machine up'
            : 'memory of a whole sandbox is watched, not limited',
        ]),
  ];
  if (missing.length === 0) return check('limits', 'ok', 'memory, processes, files and system calls');
  return check('limits', 'limited', missing.join('; '));
}

function sharedMemoryCheck({ sharedMemory, workRoot, platform }: MachineFacts): MachineCheck {
  if (workRoot.folder.startsWith('/dev/shm') && sharedMemory !== undefined) {
    return check('/dev/shm', 'ok', `${inGibibytes(sharedMemory.free)} free; sandboxes lie there`);
  }
  const why =
    sharedMemory === undefined
      ? 'is not there'
      : !sharedMemory.writable
        ? 'cannot be written'
        : !sharedMemory.executable
          ? 'does not let programs be executed'
          : `has ${inGibibytes(sharedMemory.free)} free, of which 1 GiB is needed`;
  const remedy = platform === 'linux' ? 'sudo mount -o remount,exec,size=50% /dev/shm' : undefined;
  return check('/dev/shm', 'limited', `${why}; work trees on a disk are up to twenty times slower`, remedy);
}

function spaceCheck({ workRoot }: MachineFacts): MachineCheck {
  const detail = `${inGibibytes(workRoot.free)} free in ${workRoot.folder}`;
  return workRoot.free >= LITTLE_SPACE
    ? check('disk', 'ok', detail)
    : check('disk', 'limited', `only ${detail}`, 'troupe doctor --clean');
}

const inGibibytes = (bytes: number): string => `${(bytes / GIBIBYTE).toFixed(1)} GiB`;

const INSTALLERS: readonly (readonly [RegExp, string])[] = [
  [/debian|ubuntu/, 'sudo apt-get install -y'],
  [/fedora|rhel|centos/, 'sudo dnf install -y'],
  [/suse/, 'sudo zypper install -y'],
  [/arch/, 'sudo pacman -S --noconfirm'],
  [/alpine/, 'sudo apk add'],
];

/** The command that installs a package here. */
export function installCommand(
  name: string,
  { platform, distribution, isRoot }: Pick<MachineFacts, 'platform' | 'distribution' | 'isRoot'>,
): string {
  if (platform === 'darwin') return `brew install ${name}`;
  const installer = INSTALLERS.find(([pattern]) => pattern.test(distribution))?.[1];
  if (installer === undefined) return `install ${name}`;
  return `${isRoot ? installer.replace('sudo ', '') : installer} ${name}`;
}

function obstacleRemedy({ obstacles, isRoot }: MachineFacts): string {
  const sudo = isRoot ? '' : 'sudo ';
  if (obstacles.includes('userns-clone')) return `${sudo}sysctl -w kernel.unprivileged_userns_clone=1`;
  if (obstacles.includes('apparmor-userns')) {
    return `${sudo}sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`;
  }
  if (obstacles.includes('no-user-namespaces')) return `${sudo}sysctl -w user.max_user_namespaces=15000`;
  if (obstacles.includes('in-container')) {
    return 'start the container around Troupe with --security-opt seccomp=unconfined --security-opt systempaths=unconfined';
  }
  return 'let this user make user namespaces, or start Docker';
}
