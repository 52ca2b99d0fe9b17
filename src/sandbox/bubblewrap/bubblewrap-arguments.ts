import path from 'node:path';

import type { SandboxPlaces } from '../enclosure.js';
import type { BubblewrapFeatures } from './find-bubblewrap.js';
import type { ConfinedLimits } from './limits.js';
import { INSIDE_HOST_NAME, INSIDE_ID } from './private-etc.js';
import type { SystemView } from './system-view.js';

/** Where things lie inside; the same in every sandbox, so that nothing random shows in logs. */
export const INSIDE = {
  workspaces: '/workspace/agent_workspace',
  inputs: '/workspace/inputs',
  home: '/home/agent',
  temporary: '/tmp',
} as const;

/** What a sandbox keeps on this machine beside the common places. */
export interface ConfinedPlaces extends SandboxPlaces {
  readonly etc: string;
  readonly sharedMemory: string;
}

export interface Confinement {
  readonly places: ConfinedPlaces;
  /** The clone, as seen inside. */
  readonly workspace: string;
  readonly view: SystemView;
  readonly features: BubblewrapFeatures;
}

/**
 * The part of bubblewrap's arguments that is the same for all commands of a sandbox: namespaces, and what lies
 * where. Order matters to bubblewrap.
 */
export function confiningArguments({ places, workspace, view, features }: Confinement): string[] {
  return [
    '--unshare-user',
    '--unshare-ipc',
    '--unshare-pid',
    '--unshare-net',
    '--unshare-uts',
    '--unshare-cgroup-try',
    ...(features.hasSeccomp || !features.canDisableNamespaces ? [] : ['--disable-userns']),
    '--die-with-parent',
    '--cap-drop',
    'ALL',
    '--uid',
    String(INSIDE_ID),
    '--gid',
    String(INSIDE_ID),
    '--hostname',
    INSIDE_HOST_NAME,
    ...readOnly(places.etc, '/etc'),
    ...view.shown.flatMap((folder) => readOnly(folder, folder)),
    ...Object.entries(view.links).flatMap(([name, target]) => ['--symlink', target, `/${name}`]),
    ...view.hidden.flatMap((folder) => ['--tmpfs', folder, '--remount-ro', folder]),
    '--proc',
    '/proc',
    // Where root runs Troupe, the kernel takes an agent without any capability for the owner of /proc/sys.
    '--remount-ro',
    '/proc',
    '--dev',
    '/dev',
    ...writable(places.sharedMemory, '/dev/shm'),
    // Its device nodes can be written all the same; what could be put beside them would be memory without limit.
    '--remount-ro',
    '/dev',
    ...writable(places.temporary, INSIDE.temporary),
    ...writable(places.home, INSIDE.home),
    ...readOnly(places.inputs, INSIDE.inputs),
    ...writable(places.workspace, workspace),
    '--remount-ro',
    '/',
    '--chdir',
    workspace,
  ];
}

const readOnly = (place: string, inside: string): string[] => ['--ro-bind', place, inside];
const writable = (place: string, inside: string): string[] => ['--bind', place, inside];

/** Programs that are found once, so that no search path of an agent's decides about them. */
export interface Helpers {
  readonly bubblewrap: string;
  /** util-linux's `prlimit`; the limits of single processes are left out without it. */
  readonly prlimit: string | undefined;
}

export interface ConfinedCommand {
  readonly helpers: Helpers;
  /** See {@link confiningArguments}. */
  readonly confining: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly limits: ConfinedLimits;
  /** Whether a limit on processes of the user holds for the sandbox alone. */
  readonly limitsProcesses: boolean;
  readonly command: readonly [string, ...string[]];
  readonly descriptors: { readonly status: number; readonly filter: number | undefined };
  /** Files of control groups that the command enters first. */
  readonly groups: readonly string[];
}

/** Everything from the program that is started to the last argument of the agent's command. */
export function confinedCommand(request: ConfinedCommand): [string, ...string[]] {
  const { helpers, descriptors, environment, groups, command } = request;
  return [
    ...entering(groups),
    helpers.bubblewrap,
    ...request.confining,
    '--clearenv',
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    '--json-status-fd',
    String(descriptors.status),
    ...(descriptors.filter === undefined ? [] : ['--seccomp', String(descriptors.filter)]),
    '--',
    ...limiting(request),
    ...command,
  ] as unknown as [string, ...string[]];
}

/** A process can only be put into a group from outside, where the groups' files are seen. */
function entering(groups: readonly string[]): string[] {
  if (groups.length === 0) return [];
  const script =
    'for group; do shift; [ "$group" = -- ] && break; echo 0 > "$group" || exit 1; done; exec "$@"';
  return ['/bin/sh', '-c', script, 'sh', ...groups, '--'];
}

function limiting({ helpers, limits, limitsProcesses }: ConfinedCommand): string[] {
  if (helpers.prlimit === undefined) return [];
  return [
    helpers.prlimit,
    '--core=0',
    // Not the address space, of which Node, Go and Java reserve far more than they use.
    `--data=${limits.memory}`,
    `--fsize=${limits.disk}`,
    ...(limitsProcesses ? [`--nproc=${limits.processes}`] : []),
    '--',
  ];
}

/** The places of a confined sandbox. */
export function confinedPlaces(places: SandboxPlaces): ConfinedPlaces {
  return {
    ...places,
    etc: path.join(places.root, 'etc'),
    sharedMemory: path.join(places.root, 'shm'),
  };
}
