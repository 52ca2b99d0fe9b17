import { randomBytes } from 'node:crypto';

import type Docker from 'dockerode';
import PQueue from 'p-queue';

import { TroupeError } from '../../base/errors.js';
import { checkNames } from '../check-names.js';
import type { ManagedSandbox } from '../sandbox.js';
import type { DockerSandboxOptions, DockerSandboxProvider, DockerSandboxRequest } from './docker-options.js';
import { DockerSandbox } from './docker-sandbox.js';
import { connectEngine, describeEngine, engineFault, unreachable, type EngineFacts } from './engine.js';
import { fillContainer, inputsVolume } from './fill-container.js';
import { withHostFolder } from './host-copy.js';
import { BASE_IMAGE } from './image-names.js';
import { ensureImage } from './images.js';
import { harnessHere, labelsFor, resourceName } from './labels.js';
import { containerPlaces } from './layout.js';
import { DEFAULT_DOCKER_LIMITS, hostConfiguration, type DockerLimits, type VolumeMount } from './limits.js';
import { removeContainer } from './remove-container.js';
import { SharedFolders } from './shared-folders.js';
import { startContainer, type StartedContainer } from './start-container.js';
import { createVolume, removeVolume } from './volumes.js';

/** Containers that are started at the same time; more only stand in each other's way. */
const STARTS_AT_ONCE = 4;
const START_TRIES = 3;

/**
 * Sandboxes that are containers of a Docker engine, or of Podman by its Docker-compatible socket: without a
 * network or capabilities, within limits, with files going in and out by tar streams. A container and its volumes
 * go when the sandbox is disposed of. Should the harness die first, the engine removes the container by itself, and
 * `removeLeftovers` the volumes.
 *
 * `create` throws a {@link UserMistake} when there is no engine or no image, an {@link InfrastructureFault} when
 * the engine fails, and whatever `populate` throws.
 */
export function createDockerSandboxProvider(options: DockerSandboxOptions = {}): DockerSandboxProvider {
  return new Provider(options);
}

class Provider implements DockerSandboxProvider {
  readonly kind = 'docker';
  readonly #docker: Docker;
  readonly #options: DockerSandboxOptions;
  readonly #limits: DockerLimits;
  readonly #image: string;
  readonly #run: string;
  readonly #live = new Set<DockerSandbox>();
  readonly #starts = new PQueue({ concurrency: STARTS_AT_ONCE });
  readonly #shared: SharedFolders;
  #engine: Promise<EngineFacts> | undefined;

  constructor(options: DockerSandboxOptions) {
    this.#options = options;
    this.#docker = options.docker ?? connectEngine();
    this.#limits = { ...DEFAULT_DOCKER_LIMITS, ...options.limits };
    this.#image = options.image ?? BASE_IMAGE;
    this.#run = options.run ?? randomBytes(6).toString('hex');
    this.#shared = new SharedFolders({
      docker: this.#docker,
      image: this.#image,
      run: this.#run,
      workRoot: options.workRoot,
    });
  }

  async create(request: DockerSandboxRequest): Promise<ManagedSandbox> {
    checkNames(request);
    const engine = await this.#ready();
    const layout = this.#options.layout ?? 'workspace';
    const places = containerPlaces(layout, request);
    const labels = labelsFor(this.#run, request.name, harnessHere());
    const name = resourceName(this.#run, request.name);
    const volumes: string[] = [];
    const mounts: VolumeMount[] = [];
    let started: StartedContainer | undefined;
    try {
      const inputs = inputsVolume(request);
      if (inputs !== undefined) {
        volumes.push(`${name}-inputs`);
        mounts.push({ volume: `${name}-inputs`, target: places.inputs, readOnly: true });
        const volume = { name: `${name}-inputs`, labels, image: this.#image, parts: inputs };
        await this.#starts.add(() => createVolume(this.#docker, volume));
      }
      if (request.sharedFolder !== undefined) {
        mounts.push(await this.#shared.mount(request.sharedFolder, places));
      }
      const host = hostConfiguration(this.#limits, engine, mounts);
      const container = { name, agent: request.name, image: this.#image, labels, places, host };
      const starting = this.#start(container);
      // Awaited below, and not only there, lest its failure go unheard while the clone is being filled.
      starting.catch(() => {});
      await withHostFolder(this.#options.workRoot, request.name, async (folder) => {
        const filled = await Promise.allSettled([request.populate(folder), starting]);
        if (filled[1].status === 'fulfilled') started = filled[1].value;
        for (const result of filled) if (result.status === 'rejected') throw result.reason;
        await fillContainer((started as StartedContainer).container, layout, places, folder);
      });
      const sandbox = new DockerSandbox({
        ...(started as unknown as StartedContainer),
        docker: this.#docker,
        places,
        name: request.name,
        workRoot: this.#options.workRoot,
        volumes,
        forget: () => this.#live.delete(sandbox),
      });
      this.#live.add(sandbox);
      return sandbox;
    } catch (error) {
      await this.#undo(started, volumes);
      throw error;
    }
  }

  async withSharedFolder<Result>(name: string, use: (folder: string) => Promise<Result>): Promise<Result> {
    return this.#shared.read(name, use);
  }

  async disposeAll(): Promise<void> {
    const results = await Promise.allSettled([...this.#live].map((sandbox) => sandbox.dispose()));
    results.push(...(await Promise.allSettled([this.#shared.dispose()])));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** Asks for the engine and the image once, or again after a failure. */
  #ready(): Promise<EngineFacts> {
    this.#engine ??= (async () => {
      const facts = await describeEngine(this.#docker);
      await ensureImage(this.#docker, this.#image, this.#options.pull ?? 'missing', this.#options.progress);
      return facts;
    })().catch((error: unknown) => {
      this.#engine = undefined;
      throw unreachable(error);
    });
    return this.#engine;
  }

  async #start(request: Parameters<typeof startContainer>[1]): Promise<StartedContainer> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#starts.add(() => startContainer(this.#docker, request));
      } catch (error) {
        if (tries < START_TRIES && isPassing(error)) continue;
        if (error instanceof TroupeError) throw error;
        const message = `the container of ${request.agent} could not be started (${request.image})`;
        throw engineFault(message, error, 'sandbox-not-created');
      }
    }
  }

  async #undo(started: StartedContainer | undefined, volumes: readonly string[]): Promise<void> {
    try {
      if (started !== undefined) await removeContainer(started.container);
      for (const volume of volumes) await removeVolume(this.#docker, volume);
    } catch {
      // What led here is told; what is left is found by its labels.
    }
    started?.warden.close();
  }
}

/** Failures of an engine under load, which the same request may not meet again. */
function isPassing(error: unknown): boolean {
  const text = error instanceof Error ? error.message : '';
  return /resource temporarily unavailable|device or resource busy|context deadline exceeded|ECONNRESET|EAGAIN/i.test(
    text,
  );
}
