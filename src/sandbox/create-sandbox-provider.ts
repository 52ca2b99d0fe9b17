import type { ConfinedSandboxOptions } from './bubblewrap/confined-sandbox.js';
import type { SandboxKind } from './decide-sandbox.js';
import type { DockerSandboxOptions } from './docker/docker-options.js';
import type { LocalSandboxOptions } from './local-sandbox.js';
import type { SandboxProvider } from './sandbox.js';

/** Options of each kind; those of the kind that is made count. */
export interface SandboxOptions {
  readonly local?: LocalSandboxOptions;
  readonly confined?: ConfinedSandboxOptions;
  readonly docker?: DockerSandboxOptions;
}

/** A provider of the kind that `decideSandbox` chose; only its own code is loaded. */
export async function createSandboxProvider(
  kind: SandboxKind,
  options: SandboxOptions = {},
): Promise<SandboxProvider> {
  switch (kind) {
    case 'local':
      return (await import('./local-sandbox.js')).createLocalSandboxProvider(options.local);
    case 'confined':
      return (await import('./bubblewrap/confined-sandbox.js')).createConfinedSandboxProvider(
        options.confined,
      );
    case 'docker':
      return (await import('./docker/docker-provider.js')).createDockerSandboxProvider(options.docker);
  }
}
