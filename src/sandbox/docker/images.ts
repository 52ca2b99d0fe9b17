import path from 'node:path';

import type Docker from 'dockerode';

import { describeError, InfrastructureFault, UserMistake } from '../../base/errors.js';
import { engineFault, statusOf, unreachable } from './engine.js';
import { packArchive } from './pack-archive.js';

/** Whether images that are not there are fetched from their registry. */
export type PullPolicy = 'missing' | 'never';

/** What an engine says while it fetches or builds, a line at a time. */
export type ImageProgress = (line: string) => void;

/**
 * Sees to it that an image is there.
 *
 * @throws {UserMistake} `image-missing` or `image-not-pulled` when it cannot be had.
 */
export async function ensureImage(
  docker: Docker,
  image: string,
  policy: PullPolicy,
  progress: ImageProgress = () => {},
): Promise<void> {
  if (await hasImage(docker, image)) return;
  const isOurs = image.startsWith('troupe-');
  if (policy === 'never' || isOurs) {
    throw new UserMistake(`there is no image ${image}`, {
      code: 'image-missing',
      where: '--sandbox docker',
      remedy: isOurs ? 'build it: troupe images build' : `fetch it: docker pull ${image}`,
    });
  }
  try {
    await follow(docker, await docker.pull(image), progress);
  } catch (error) {
    throw new UserMistake(`the image ${image} could not be fetched: ${describeError(error)}`, {
      code: 'image-not-pulled',
      where: '--image-template',
      remedy: 'check the name and the network, or build it: troupe images build',
      cause: error,
    });
  }
}

/** Whether the engine has an image. */
export async function hasImage(docker: Docker, image: string): Promise<boolean> {
  try {
    await docker.getImage(image).inspect();
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw unreachable(error);
  }
}

export interface BuildRequest {
  /** Name that the image gets. */
  readonly image: string;
  /** Absolute path of the Dockerfile's folder, all of which is given to the engine. */
  readonly folder: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * Builds an image from a folder with a Dockerfile. Its steps run as the engine lets them, with a network: build
 * only what you trust.
 *
 * @throws {InfrastructureFault} `image-not-built`, with the engine's last lines.
 */
export async function buildImage(
  docker: Docker,
  request: BuildRequest,
  progress: ImageProgress = () => {},
): Promise<void> {
  const root = { user: 0, group: 0 };
  const context = packArchive([
    { kind: 'tree', name: '.', owner: root, folder: path.resolve(request.folder) },
  ]);
  const lines: string[] = [];
  try {
    const stream = await docker.buildImage(context, {
      t: request.image,
      labels: { ...request.labels },
      rm: true,
      forcerm: true,
    });
    await follow(docker, stream, (line) => {
      lines.push(line);
      if (lines.length > LINES_KEPT) lines.shift();
      progress(line);
    });
  } catch (error) {
    const said = lines.length === 0 ? '' : `; it last said: ${lines.join(' | ')}`;
    throw new InfrastructureFault(`${request.image} could not be built: ${describeError(error)}${said}`, {
      code: 'image-not-built',
      where: path.join(request.folder, 'Dockerfile'),
      cause: error,
    });
  }
  if (!(await hasImage(docker, request.image))) {
    throw engineFault(
      request.image,
      new Error('the engine built it and does not have it'),
      'image-not-built',
    );
  }
}

const LINES_KEPT = 10;

async function follow(docker: Docker, stream: NodeJS.ReadableStream, progress: ImageProgress): Promise<void> {
  let failure: string | undefined;
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(
      stream,
      (error: Error | null) => (error === null ? resolve() : reject(error)),
      (event: unknown) => {
        const { stream: text, status, id, error } = event as Record<string, unknown>;
        // A failure comes as one more event, after which the stream ends as always.
        if (typeof error === 'string') failure = error;
        const line = [id, status, text].filter((part) => typeof part === 'string').join(' ');
        for (const part of line.split('\n')) if (part.trim() !== '') progress(part.trimEnd());
      },
    );
  });
  if (failure !== undefined) throw new Error(failure);
}
