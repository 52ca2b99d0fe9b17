import { realpath } from 'node:fs/promises';

import { checkNames } from './check-names.js';
import { sandboxPlaces, type Enclosure, type SandboxPlaces } from './enclosure.js';
import { FolderSandbox } from './folder-sandbox.js';
import { removeFolder } from './remove-folder.js';
import type { SandboxProvider, SandboxRequest } from './sandbox.js';
import { chooseWorkRoot, makeSandboxFolder } from './work-root.js';

export interface FolderProviderOptions {
  readonly kind: string;
  /** Folder under which sandboxes are made; chosen by `chooseWorkRoot` where absent. */
  readonly workRoot: string | undefined;
  enclose(places: SandboxPlaces, request: SandboxRequest): Enclosure | Promise<Enclosure>;
}

/** A provider of sandboxes that lie in folders of this machine and end with this process at the latest. */
export function createFolderProvider(options: FolderProviderOptions): SandboxProvider {
  const live = new Set<FolderSandbox>();
  return {
    kind: options.kind,
    async create(request) {
      checkNames(request);
      const root = options.workRoot ?? (await chooseWorkRoot(process.env));
      const folder = await realpath(await makeSandboxFolder(root, request.name));
      const places = sandboxPlaces(folder, request.folderName);
      let sandbox: FolderSandbox;
      try {
        const enclosure = await options.enclose(places, request);
        sandbox = new FolderSandbox(places, enclosure, () => {
          live.delete(sandbox);
          liveInProcess.delete(sandbox);
        });
      } catch (error) {
        await removeFolder(folder);
        throw error;
      }
      live.add(sandbox);
      endWithProcess(sandbox);
      try {
        await sandbox.fill(request);
      } catch (error) {
        await sandbox.dispose();
        throw error;
      }
      return sandbox;
    },
    async disposeAll() {
      const results = await Promise.allSettled([...live].map((sandbox) => sandbox.dispose()));
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    },
  };
}

const liveInProcess = new Set<FolderSandbox>();
let endsWithProcess = false;

/** A last resort: leaves neither processes nor files when the harness exits without disposing. */
function endWithProcess(sandbox: FolderSandbox): void {
  liveInProcess.add(sandbox);
  if (endsWithProcess) return;
  endsWithProcess = true;
  process.on('exit', () => {
    for (const left of liveInProcess) left.disposeSynchronously();
  });
}
