import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';

import { removeFolder } from '../remove-folder.js';
import { chooseWorkRoot, makeSandboxFolder } from '../work-root.js';
import { extractArchive } from './extract-archive.js';

/** Gives `use` a private folder on the host, which is gone afterwards. */
export async function withHostFolder<Result>(
  workRoot: string | undefined,
  name: string,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const outer = await makeSandboxFolder(workRoot ?? (await chooseWorkRoot(process.env)), name);
  try {
    const folder = path.join(outer, 'files');
    await mkdir(folder);
    // As wide as a clone would be: what is outside keeps others out.
    await chmod(folder, 0o755);
    return await use(folder);
  } finally {
    await removeFolder(outer);
  }
}

/** Gives `use` what an archive holds below its one folder. */
export function withArchiveContent<Result>(
  workRoot: string | undefined,
  name: string,
  archive: NodeJS.ReadableStream | undefined,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  return withHostFolder(workRoot, name, async (folder) => {
    if (archive !== undefined) await extractArchive(archive as Readable, folder);
    return use(folder);
  });
}
