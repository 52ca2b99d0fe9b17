import type { SandboxRequest } from '../sandbox.js';
import type { Owner } from './pack-archive.js';

/**
 * Where things lie in a container:
 *
 * - `workspace`: the clone at `/workspace/agent_workspace/<folder>`, inputs at `/workspace/inputs`;
 * - `cooperbench`: the clone that CooperBench's images bring at `/workspace/repo`, inputs at `/patches`. What the
 *   image's repository tracks is replaced by what the request's `populate` gives, its history too, which may hold
 *   the solution; what was installed beside it stays.
 */
export type ContainerLayout = 'workspace' | 'cooperbench';

export interface ContainerPlaces {
  readonly workspace: string;
  readonly inputs: string;
  /** Folder for the agent's home; `undefined` for the image's own, where toolchains look for their parts. */
  readonly home: string | undefined;
  /** Who works in the container; `undefined` for the image's own user. */
  readonly owner: Owner | undefined;
}

/** An ordinary user, which the image need not know by name. */
export const AGENT: Owner = { user: 1000, group: 1000 };

/** Nobody: what belongs to it, no process in a container without capabilities can change. */
export const NOBODY: Owner = { user: 65_534, group: 65_534 };

export function containerPlaces(
  layout: ContainerLayout,
  request: Pick<SandboxRequest, 'folderName'>,
): ContainerPlaces {
  if (layout === 'cooperbench') {
    return { workspace: '/workspace/repo', inputs: '/patches', home: undefined, owner: undefined };
  }
  return {
    workspace: `/workspace/agent_workspace/${request.folderName}`,
    inputs: '/workspace/inputs',
    home: '/workspace/home',
    owner: AGENT,
  };
}
