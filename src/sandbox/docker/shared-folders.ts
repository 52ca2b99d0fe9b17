import type Docker from 'dockerode';

import { UserMistake } from '../../base/errors.js';
import type { SharedFolder } from './docker-options.js';
import { withArchiveContent, withHostFolder } from './host-copy.js';
import { harnessHere, labelsFor, resourceName } from './labels.js';
import type { ContainerPlaces } from './layout.js';
import type { VolumeMount } from './limits.js';
import { createVolume, removeVolume, withVolumeArchive } from './volumes.js';

interface Surroundings {
  readonly docker: Docker;
  readonly image: string;
  readonly run: string;
  readonly workRoot: string | undefined;
}

/** The folders that sandboxes of one provider share: one volume each, made by the first that asks for it. */
export class SharedFolders {
  readonly #surroundings: Surroundings;
  readonly #volumes = new Map<string, Promise<string>>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  async mount(folder: SharedFolder, places: ContainerPlaces): Promise<VolumeMount> {
    if (
      !/^\/[^/]/.test(folder.target) ||
      /[\0:]/.test(folder.target) ||
      isWithin(places.workspace, folder.target)
    ) {
      throw new UserMistake(`"${folder.target}" is no place for a shared folder`, {
        code: 'invalid-shared-folder',
        where: 'sharedFolder.target',
        remedy: 'use an absolute path outside the clone, e.g. /workspace/remote',
      });
    }
    let volume = this.#volumes.get(folder.name);
    if (volume === undefined) {
      volume = this.#make(folder, places);
      this.#volumes.set(folder.name, volume);
      volume.catch(() => this.#volumes.delete(folder.name));
    }
    return { volume: await volume, target: folder.target, readOnly: false };
  }

  async read<Result>(name: string, use: (folder: string) => Promise<Result>): Promise<Result> {
    const { docker, image, workRoot } = this.#surroundings;
    const volume = await this.#volumes.get(name);
    if (volume === undefined) {
      throw new UserMistake(`no sandbox has a shared folder "${name}"`, {
        code: 'shared-folder-not-found',
        where: 'sharedFolder.name',
      });
    }
    const labels = this.#labels(name);
    return withVolumeArchive(docker, { name: volume, labels, image }, (archive) =>
      withArchiveContent(workRoot, name, archive, use),
    );
  }

  async dispose(): Promise<void> {
    const volumes = [...this.#volumes.values()];
    this.#volumes.clear();
    for (const volume of volumes) {
      const name = await volume.catch(() => undefined);
      if (name !== undefined) await removeVolume(this.#surroundings.docker, name);
    }
  }

  async #make(folder: SharedFolder, places: ContainerPlaces): Promise<string> {
    const { docker, image, run, workRoot } = this.#surroundings;
    const name = resourceName(run, folder.name);
    const owner = places.owner ?? { user: 0, group: 0 };
    await withHostFolder(workRoot, folder.name, async (place) => {
      await folder.populate?.(place);
      await createVolume(docker, {
        name,
        labels: this.#labels(folder.name),
        image,
        parts: [
          { kind: 'folder', name: 'volume', mode: 0o755, owner },
          { kind: 'tree', name: 'volume', owner, folder: place },
        ],
      });
    });
    return name;
  }

  #labels(name: string): Record<string, string> {
    return labelsFor(this.#surroundings.run, name, harnessHere());
  }
}

function isWithin(folder: string, place: string): boolean {
  return `${place.replace(/\/+$/, '')}/`.startsWith(`${folder}/`);
}
