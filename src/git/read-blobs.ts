import type { GitStore } from './git-store.js';
import { toBytes } from './quoted-path.js';

/** An object's identifier, or `<revision>:<path>`; bytes where the path is no UTF-8. */
export type ObjectName = string | Uint8Array;

/** See {@link GitStore.readBlobs}. One `cat-file --batch` process for all. */
export async function readBlobs(
  store: GitStore,
  names: readonly ObjectName[],
): Promise<(Buffer | undefined)[]> {
  if (names.length === 0) return [];
  const keys = names.map((name) => toBytes(name));
  const input = Buffer.concat(keys.flatMap((key) => [key, Buffer.from('\0')]));
  const { stdout } = await store.run(['cat-file', '--batch', '-z'], { input });
  const blobs: (Buffer | undefined)[] = [];
  let position = 0;
  for (const key of keys) {
    // A missing name is echoed, and may itself hold a line end: compare before looking for one.
    const missing = Buffer.concat([key, Buffer.from(' missing\n')]);
    if (stdout.subarray(position, position + missing.length).equals(missing)) {
      position += missing.length;
      blobs.push(undefined);
      continue;
    }
    const lineEnd = stdout.indexOf(0x0a, position);
    const [, type, size] = stdout.toString('latin1', position, lineEnd).split(' ');
    const start = lineEnd + 1;
    const end = start + Number(size);
    blobs.push(type === 'blob' ? stdout.subarray(start, end) : undefined);
    position = end + 1;
  }
  return blobs;
}
