import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * Bulky or unrepeatable by-products of a run (test output holds times and temporary paths), kept beside its
 * log under the names that events give them.
 */
export interface Attachments {
  put(name: string, content: string | Uint8Array): Promise<void>;
}

/** Attachments in memory, for runs without a folder. */
export class MemoryAttachments implements Attachments {
  readonly contents = new Map<string, string>();

  async put(name: string, content: string | Uint8Array): Promise<void> {
    this.contents.set(name, typeof content === 'string' ? content : Buffer.from(content).toString('utf8'));
  }
}

/** Attachments as files under a folder; names are relative paths that we choose ourselves. */
export class FolderAttachments implements Attachments {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  async put(name: string, content: string | Uint8Array): Promise<void> {
    const file = path.join(this.folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}
