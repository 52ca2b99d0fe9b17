import { stat } from 'node:fs/promises';
import path from 'node:path';
import { UserMistake } from '../base/errors.js';
import { fromContent } from '../log/content.js';
import type { RunEvent } from '../log/event.js';
import { readLog } from '../log/read-log.js';
import type { FileInterface } from './file-interface.js';

/** What the log of a team's last execution says of it. */
export interface EarlierWork {
  /** Absolute path of the log. */
  readonly log: string;
  readonly patches: ReadonlyMap<string, Buffer>;
  /** What broke under it, one line each. */
  readonly faults: readonly string[];
}

/** Reads the log of the team's last `execute` or `run`; nothing where there is none, as for imported patches. */
export async function earlierWork(files: FileInterface): Promise<EarlierWork | undefined> {
  const found = await Promise.all(
    (['execute', 'run'] as const).map(async (command) => {
      const log = path.join(files.folder, files.names.events(command));
      const changed = (await stat(log).catch(() => undefined))?.mtimeMs;
      return changed === undefined ? [] : [{ log, changed }];
    }),
  );
  const newest = found.flat().sort((one, other) => other.changed - one.changed)[0];
  if (newest === undefined) return undefined;
  const patches = new Map<string, Buffer>();
  const faults: string[] = [];
  for await (const event of readLog(newest.log)) collect(event, patches, faults);
  return { log: newest.log, patches, faults };
}

function collect(event: RunEvent, patches: Map<string, Buffer>, faults: string[]): void {
  if (event.type === 'patch-taken') patches.set(event.agent, fromContent(event.patch));
  if (event.type === 'fault-occurred') faults.push(`${event.where}: ${event.detail}`);
}

/**
 * Checks that a patch file holds what the team's last execution made. The layout gives one name to the patches that
 * an agent made beside different partners, so the file may be another team's.
 *
 * @throws {UserMistake} where it does not.
 */
export function checkOrigin(agent: string, patch: Buffer, file: string, work: EarlierWork | undefined): void {
  const made = work?.patches.get(agent);
  if (work === undefined || made === undefined || made.equals(patch)) return;
  throw new UserMistake('the patch is not the one that this team’s last execution made', {
    code: 'patch-of-another-run',
    where: file,
    remedy: `run "troupe execute" again with these options, use --k for repeats, or remove ${work.log} to evaluate the file as it is`,
  });
}
