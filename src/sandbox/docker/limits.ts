import type { HostConfig } from 'dockerode';

/** What a sandbox may use. */
export interface DockerLimits {
  /** Bytes of memory, swap and temporary files included. Default 4 GiB. */
  readonly memory: number;
  /** Processors, parts allowed; never more than the engine has. Default 2. */
  readonly cpus: number;
  /** Processes and threads. Default 512. */
  readonly processes: number;
  /** Bytes that the container may add to its image, kept by storage drivers that can (see {@link EngineFacts.limitsDisk}). Default 10 GiB. */
  readonly disk: number;
  /** Bytes of the largest single file, kept by every engine. Default 2 GiB. */
  readonly file: number;
  /** Bytes in /tmp. Default 1 GiB. */
  readonly temporary: number;
  /** Whether there is a network: the engine's default one. Default false. */
  readonly network: boolean;
}

const GIBIBYTE = 1024 ** 3;
/** Bytes in /dev/shm, which count as memory too. */
const SHARED_MEMORY = 64 * 1024 ** 2;

export const DEFAULT_DOCKER_LIMITS: DockerLimits = {
  memory: 4 * GIBIBYTE,
  cpus: 2,
  processes: 512,
  disk: 10 * GIBIBYTE,
  file: 2 * GIBIBYTE,
  temporary: GIBIBYTE,
  network: false,
};

/** A volume and where it is seen. */
export interface VolumeMount {
  readonly volume: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** The engine's words for a sandbox's confinement. */
export function hostConfiguration(
  limits: DockerLimits,
  engine: { readonly cpus: number; readonly limitsDisk: boolean },
  mounts: readonly VolumeMount[],
): HostConfig {
  const file = Math.min(limits.file, limits.disk);
  return {
    AutoRemove: true,
    NetworkMode: limits.network ? 'default' : 'none',
    IpcMode: 'private',
    ShmSize: SHARED_MEMORY,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    Privileged: false,
    Memory: limits.memory,
    MemorySwap: limits.memory,
    NanoCpus: Math.round(Math.min(limits.cpus, engine.cpus) * 1e9),
    PidsLimit: limits.processes,
    Ulimits: [
      { Name: 'fsize', Soft: file, Hard: file },
      { Name: 'nofile', Soft: 8192, Hard: 8192 },
      { Name: 'core', Soft: 0, Hard: 0 },
    ],
    Tmpfs: { '/tmp': `rw,exec,nosuid,nodev,mode=1777,size=${limits.temporary}` },
    // The container's own output is the warden's, read as it comes; nothing is to pile up on the engine's disk.
    LogConfig: { Type: 'none', Config: {} },
    Mounts: mounts.map(({ volume, target, readOnly }) => ({
      Type: 'volume' as const,
      Source: volume,
      Target: target,
      ReadOnly: readOnly,
      VolumeOptions: { NoCopy: true, Labels: {}, DriverConfig: { Name: '', Options: {} } },
    })),
    ...(engine.limitsDisk ? { StorageOpt: { size: String(limits.disk) } } : {}),
  };
}
