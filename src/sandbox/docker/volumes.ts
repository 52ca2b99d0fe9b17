import type Docker from 'dockerode';

import { engineFault, statusOf } from './engine.js';
import { packArchive, type ArchivePart } from './pack-archive.js';

export interface VolumeRequest {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Any image of the engine; nothing of it is run. */
  readonly image: string;
  /** What the volume holds; names begin with `volume`, which is its root. */
  readonly parts: readonly ArchivePart[];
}

const ROOT = '/volume';

/**
 * Makes a volume and fills it by way of a container that is never started, so that it works on engines of other
 * machines too, which have no folder of ours to mount.
 */
export async function createVolume(docker: Docker, request: VolumeRequest): Promise<void> {
  await docker.createVolume({ Name: request.name, Labels: { ...request.labels } });
  try {
    await withVolume(docker, request, async (container) => {
      await container.putArchive(packArchive(request.parts), { path: '/' });
    });
  } catch (error) {
    await removeVolume(docker, request.name);
    throw engineFault('a volume could not be filled', error);
  }
}

/** Gives `use` a tar stream of a volume's content, below one folder. */
export async function withVolumeArchive<Result>(
  docker: Docker,
  volume: Pick<VolumeRequest, 'name' | 'labels' | 'image'>,
  use: (archive: NodeJS.ReadableStream) => Promise<Result>,
): Promise<Result> {
  return withVolume(docker, volume, async (container) => use(await container.getArchive({ path: ROOT })));
}

async function withVolume<Result>(
  docker: Docker,
  volume: Pick<VolumeRequest, 'name' | 'labels' | 'image'>,
  use: (container: Docker.Container) => Promise<Result>,
): Promise<Result> {
  const container = await docker.createContainer({
    name: `${volume.name}-fill`,
    Image: volume.image,
    Labels: { ...volume.labels },
    Entrypoint: ['true'],
    Cmd: [],
    HostConfig: {
      NetworkMode: 'none',
      Mounts: [
        {
          Type: 'volume',
          Source: volume.name,
          Target: ROOT,
          ReadOnly: false,
          VolumeOptions: { NoCopy: true, Labels: {}, DriverConfig: { Name: '', Options: {} } },
        },
      ],
    },
  });
  try {
    return await use(container);
  } finally {
    await container.remove({ force: true });
  }
}

/** Removes a volume; one that is gone already is fine. */
export async function removeVolume(docker: Docker, name: string): Promise<void> {
  try {
    await docker.getVolume(name).remove({ force: true });
  } catch (error) {
    if (statusOf(error) !== 404)
      throw engineFault('a volume could not be removed', error, 'volume-not-removed');
  }
}
