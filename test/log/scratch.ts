import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';

/** A folder that is gone once the test file is done. */
export function scratchFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'troupe-log-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A small event for tests that do not care what it says. */
export const said = (content: string) =>
  ({ type: 'message-sent', message: 1, from: 'agent1', to: ['agent2'], content }) as const;
