import { describe, expect, it } from 'vitest';
import { executionTools } from '../../src/agent/tools/tool-sets.js';
import { toolbox } from '../../src/agent/tools/toolbox.js';
import { FakeSandbox } from '../../src/sandbox/fake-sandbox.js';

const signal = new AbortController().signal;

describe('the sandbox in memory', () => {
  it('lets the agents’ own tools edit its files', async () => {
    const sandbox = new FakeSandbox({ 'src/a.js': 'one\ntwo\n' });
    const tools = toolbox(executionTools);
    const edit = { path: 'src/a.js', old_text: 'two', new_text: 'three' };
    const outcome = await tools.call({ name: 'replace', arguments: edit }, { sandbox, signal });
    expect(outcome.isError).toBe(false);
    expect(sandbox.files.get('src/a.js')?.toString()).toBe('one\nthree\n');
  });

  it('reads what was written, under relative and absolute paths alike', async () => {
    const sandbox = new FakeSandbox();
    await sandbox.writeFile('/workspace/repo/notes.txt', 'hello');
    expect((await sandbox.readFile('notes.txt')).toString()).toBe('hello');
    await sandbox.writeFile('a/../bytes', Uint8Array.of(0, 255));
    expect(await sandbox.readFile('bytes')).toEqual(Buffer.from([0, 255]));
  });

  it.each(['../x', '/etc/passwd', '/workspace/repository/x', '.', 'a/../..'])('refuses %s', async (path) => {
    const sandbox = new FakeSandbox();
    await expect(sandbox.readFile(path)).rejects.toMatchObject({ code: 'outside-workspace' });
    await expect(sandbox.writeFile(path, '')).rejects.toMatchObject({ code: 'outside-workspace' });
  });

  it('says that a missing file is missing', async () => {
    await expect(new FakeSandbox().readFile('none')).rejects.toMatchObject({ code: 'file-not-found' });
  });

  it('records each command and answers as the test says', async () => {
    const sandbox = new FakeSandbox({}, ([program]) => (program === 'false' ? { exitCode: 1 } : undefined));
    expect((await sandbox.run(['true'])).exitCode).toBe(0);
    expect((await sandbox.run(['false', '-x'])).exitCode).toBe(1);
    expect(sandbox.commands).toEqual([['true'], ['false', '-x']]);
  });

  it('runs nothing once its signal has aborted', async () => {
    const sandbox = new FakeSandbox();
    await expect(sandbox.run(['true'], { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow(
      'stop',
    );
    expect(sandbox.commands).toEqual([]);
  });
});
