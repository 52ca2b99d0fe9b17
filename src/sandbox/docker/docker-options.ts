import type Docker from 'dockerode';

import type { SandboxProvider, SandboxRequest, ManagedSandbox } from '../sandbox.js';
import type { ImageProgress, PullPolicy } from './images.js';
import type { ContainerLayout } from './layout.js';
import type { DockerLimits } from './limits.js';

export interface DockerSandboxOptions {
  /** Default: the base image, `BASE_IMAGE`; see `taskImage` for CooperBench's. It needs bash, coreutils and git. */
  readonly image?: string;
  /** Default `workspace`. */
  readonly layout?: ContainerLayout;
  readonly limits?: Partial<DockerLimits>;
  /** Shows in names and labels, e.g. a run's id. Default: a random one. */
  readonly run?: string;
  /** Default `missing`. */
  readonly pull?: PullPolicy;
  /** Told what is fetched. */
  readonly progress?: ImageProgress;
  /** Default: the engine that the docker command would use; see `connectEngine`. */
  readonly docker?: Docker;
  /** Folder on the host for files on their way; chosen by `chooseWorkRoot` where absent. */
  readonly workRoot?: string;
}

/** A folder that several sandboxes of one provider see and may all change, e.g. with a bare repository in it. */
export interface SharedFolder {
  /** Sandboxes that give the same name share the folder. */
  readonly name: string;
  /** Absolute path inside the containers, e.g. `/workspace/remote`. */
  readonly target: string;
  /** Fills it; the first sandbox's is used. Empty where absent. */
  readonly populate?: (folder: string) => Promise<void>;
}

export interface DockerSandboxRequest extends SandboxRequest {
  /** None by default: sandboxes share nothing. */
  readonly sharedFolder?: SharedFolder;
}

export interface DockerSandboxProvider extends SandboxProvider {
  readonly kind: 'docker';
  create(request: DockerSandboxRequest): Promise<ManagedSandbox>;
  /**
   * Gives `use` a copy on the host of a shared folder as it is now, which may hold anything; it is gone
   * once `use` is done.
   */
  withSharedFolder<Result>(name: string, use: (folder: string) => Promise<Result>): Promise<Result>;
}
