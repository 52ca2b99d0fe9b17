import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { chooseWorkRoot } from '../sandbox/work-root.js';

const VARIABLE = 'TROUPE_WORK_DIR';

/** A folder under which all that a command makes for the time of its run lies. */
export interface OwnWorkFolder {
  open(): Promise<void>;
  /** Removes it with all that is left in it. */
  removeNow(): void;
}

/**
 * Gives the process a work folder of its own, within the one that would be used: so that a command that must end
 * at once can remove what it made, whoever made it.
 */
export function ownWorkFolder(): OwnWorkFolder {
  let folder: string | undefined;
  return {
    open: async () => {
      const root = await chooseWorkRoot(process.env);
      folder = mkdtempSync(path.join(root, `troupe-${process.pid}-work-`));
      process.env[VARIABLE] = folder;
    },
    removeNow: () => {
      if (folder === undefined) return;
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
