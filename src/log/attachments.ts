import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { describeError, InfrastructureFault } from '../base/errors.js';

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
    this.folder = path.resolve(folder);
  }

  /** @throws {InfrastructureFault} `attachment-not-writable`; a file of that name is then as it was. */
  async put(name: string, content: string | Uint8Array): Promise<void> {
    const file = path.resolve(this.folder, name);
    if (!file.startsWith(this.folder + path.sep))
      throw new Error(`${name} is not a name within ${this.folder}`);
    try {
      await mkdir(path.dirname(file), { recursive: true });
      // As durable as the log: it survives the death of the process.
      await writeFileAtomic(file, typeof content === 'string' ? content : Buffer.from(content), {
        fsync: false,
      });
    } catch (error) {
      throw new InfrastructureFault(`an attachment cannot be written: ${describeError(error)}`, {
        code: 'attachment-not-writable',
        where: file,
        remedy: 'free disk space or choose another --logs-dir',
        cause: error,
      });
    }
  }
}
