import type Docker from 'dockerode';

import { containerEnvironment } from './container-environment.js';
import type { ContainerPlaces } from './layout.js';
import { removeContainer } from './remove-container.js';
import { Warden } from './warden.js';
import { WARDEN_SCRIPT } from './warden-script.js';

export interface ContainerRequest {
  /** The container's. */
  readonly name: string;
  /** Who works in it. */
  readonly agent: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly places: ContainerPlaces;
  readonly host: Docker.HostConfig;
}

export interface StartedContainer {
  readonly container: Docker.Container;
  readonly warden: Warden;
}

/** Makes a container and starts it with the warden for its first process. Throws what the engine throws. */
export async function startContainer(docker: Docker, request: ContainerRequest): Promise<StartedContainer> {
  const { places } = request;
  const container = await docker.createContainer({
    name: request.name,
    Image: request.image,
    Labels: { ...request.labels },
    Hostname: 'sandbox',
    ...(places.owner === undefined ? {} : { User: `${places.owner.user}:${places.owner.group}` }),
    // In place of the image's, which may be a test runner that ends at once.
    Entrypoint: ['bash', '-c', WARDEN_SCRIPT],
    Cmd: [],
    Env: containerEnvironment({ name: request.agent, home: places.home }),
    WorkingDir: '/',
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: false,
    Tty: false,
    StopSignal: 'SIGKILL',
    Healthcheck: { Test: ['NONE'] },
    HostConfig: request.host,
  });
  let warden: Warden | undefined;
  try {
    warden = await Warden.attach(container);
    await container.start();
    return { container, warden };
  } catch (error) {
    warden?.close();
    await removeContainer(container).catch(() => {});
    throw error;
  }
}
