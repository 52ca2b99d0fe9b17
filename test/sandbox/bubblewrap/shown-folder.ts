import { accessSync, constants, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * A folder of tools, as a user may name one to be shown, wherever the checkout and the home folder lie: not where a
 * sandbox has files of its own, such as `/tmp`. Gone after the tests.
 */
export function shownFolder(): { readonly folder: string; readonly file: string } {
  const parent = ['/srv', homedir(), '/opt'].find((place) => isWritable(place) && !place.startsWith('/tmp'));
  if (parent === undefined) throw new Error('there is no place for a folder that may be shown');
  const folder = mkdtempSync(path.join(realpathSync(parent), 'troupe-shown-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'tool');
  writeFileSync(file, '#!/bin/sh\n');
  return { folder, file };
}
