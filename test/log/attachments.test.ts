import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { InfrastructureFault } from '../../src/base/errors.js';
import { FolderAttachments, MemoryAttachments } from '../../src/log/attachments.js';
import { scratchFolder } from './scratch.js';

const scratch = scratchFolder();

describe('attachments in a folder', () => {
  it('are files under the names that events give them, folders made as needed', async () => {
    const attachments = new FolderAttachments(path.join(scratch, 'run', 'attachments'));
    await attachments.put('feature1_alone.txt', 'ok 1\n');
    await attachments.put('agent1/output.bin', new Uint8Array([0, 255, 10]));
    expect(readFileSync(path.join(scratch, 'run/attachments/feature1_alone.txt'), 'utf8')).toBe('ok 1\n');
    expect([...readFileSync(path.join(scratch, 'run/attachments/agent1/output.bin'))]).toEqual([0, 255, 10]);
  });

  it('make no folder before there is anything to keep', () => {
    const { folder } = new FolderAttachments(path.join(scratch, 'empty'));
    expect(existsSync(folder)).toBe(false);
  });

  it('replace an older one of the same name, and leave nothing else behind', async () => {
    const attachments = new FolderAttachments(path.join(scratch, 'again'));
    await attachments.put('output.txt', 'a long first output');
    await attachments.put('output.txt', 'short');
    expect(readdirSync(attachments.folder)).toEqual(['output.txt']);
    expect(readFileSync(path.join(attachments.folder, 'output.txt'), 'utf8')).toBe('short');
  });

  it.each(['../outside.txt', '/etc/troupe-test', 'a/../../outside.txt', '.', ''])(
    'refuse the name "%s", which leads elsewhere',
    async (name) => {
      const attachments = new FolderAttachments(path.join(scratch, 'within'));
      await expect(attachments.put(name, 'text')).rejects.toThrow('is not a name within');
      expect(existsSync(path.join(scratch, 'outside.txt'))).toBe(false);
    },
  );

  it('say as a fault of the world that they cannot be written', async () => {
    const file = path.join(scratch, 'a-file');
    writeFileSync(file, '');
    const fault = await new FolderAttachments(file)
      .put('output.txt', 'text')
      .catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(InfrastructureFault);
    expect(fault).toMatchObject({ code: 'attachment-not-writable', where: path.join(file, 'output.txt') });
  });
});

describe('attachments in memory', () => {
  it('are kept as text', async () => {
    const attachments = new MemoryAttachments();
    await attachments.put('one.txt', 'grün');
    await attachments.put('two.txt', Buffer.from('grün'));
    expect([...attachments.contents]).toEqual([
      ['one.txt', 'grün'],
      ['two.txt', 'grün'],
    ]);
  });
});
