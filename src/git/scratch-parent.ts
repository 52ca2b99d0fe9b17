import { accessSync, constants, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** Bytes that must be free in memory before work trees go there. */
const NEEDED = 512 * 1024 * 1024;

let chosen: string | undefined;

/**
 * Folder under which short-lived stores and work trees are made: memory (`/dev/shm`) where there is room,
 * since trees of thousands of files cost twenty times as much on disk; else the system's temporary folder.
 */
export function scratchParent(): string {
  chosen ??= hasRoom('/dev/shm') ? '/dev/shm' : tmpdir();
  return chosen;
}

function hasRoom(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= NEEDED;
  } catch {
    return false;
  }
}
