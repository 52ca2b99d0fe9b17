import type Docker from 'dockerode';

import { harnessLives, LABELS } from './labels.js';
import { removeContainer } from './remove-container.js';
import { removeVolume } from './volumes.js';

/** Something on an engine that a run made and can no longer want. */
export interface Leftover {
  readonly kind: 'container' | 'volume';
  /** The container's id, the volume's name. */
  readonly id: string;
  readonly name: string;
  readonly run: string;
  readonly sandbox: string;
}

export interface LeftoverOptions {
  /** What runs of other machines made too, and of runs that still live. Default false. */
  readonly everything?: boolean;
}

/**
 * Containers and volumes of runs whose harness is dead, containers first. What another machine's harness made on a
 * shared engine is left alone, since it cannot be seen from here whether that one lives.
 */
export async function findLeftovers(docker: Docker, options: LeftoverOptions = {}): Promise<Leftover[]> {
  const filters = { label: [LABELS.run] };
  const [containers, volumes] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listVolumes({ filters }),
  ]);
  const found = [
    ...containers.map(({ Id, Names, Labels }) => ({
      kind: 'container' as const,
      id: Id,
      name: (Names[0] ?? Id).replace(/^\//, ''),
      labels: Labels,
    })),
    // Engines answer null for none.
    ...(volumes.Volumes ?? []).map(({ Name, Labels }) => ({
      kind: 'volume' as const,
      id: Name,
      name: Name,
      labels: Labels,
    })),
  ];
  return found.flatMap(({ labels, ...leftover }) => {
    const label = (name: string): string => labels[name] ?? '';
    const harness = { host: label(LABELS.host), process: label(LABELS.process) };
    if (options.everything !== true && harnessLives(harness)) return [];
    return [{ ...leftover, run: label(LABELS.run), sandbox: label(LABELS.sandbox) }];
  });
}

/** The containers among {@link findLeftovers}. */
export async function findLeftoverContainers(
  docker: Docker,
  options: LeftoverOptions = {},
): Promise<Leftover[]> {
  return (await findLeftovers(docker, options)).filter(({ kind }) => kind === 'container');
}

/** Removes what {@link findLeftovers} finds, and says what that was. */
export async function removeLeftovers(docker: Docker, options: LeftoverOptions = {}): Promise<Leftover[]> {
  const leftovers = await findLeftovers(docker, options);
  const of = (wanted: Leftover['kind']): Leftover[] => leftovers.filter(({ kind }) => kind === wanted);
  await Promise.all(of('container').map(({ id }) => removeContainer(docker.getContainer(id))));
  await Promise.all(of('volume').map(({ id }) => removeVolume(docker, id)));
  return leftovers;
}
