import { describe, expect, it } from 'vitest';

import { toolHarness } from './tool-harness.js';

describe('bash tool', () => {
  const { call, text } = toolHarness({ 'a.txt': 'one\n' });

  it('runs in the root of the repository and shows output and exit code', async () => {
    expect(await call('bash', { command: 'cat a.txt; basename "$PWD"' })).toEqual({
      output: 'one\nrepo\n[exit code 0]',
      isError: false,
    });
  });

  it('shows stderr apart, and a failure as one', async () => {
    expect(await call('bash', { command: 'echo out; echo bad >&2; exit 3' })).toEqual({
      output: 'out\n[stderr]\nbad\n[exit code 3]',
      isError: true,
    });
  });

  it('says nothing but the exit code for a silent command', async () => {
    expect((await call('bash', { command: 'true' })).output).toBe('[exit code 0]');
  });

  it('says plainly that a command timed out, and shows what it had said', async () => {
    const { output, isError } = await call('bash', { command: 'echo begun; sleep 1000', timeout: 0.3 });
    expect(output).toBe('begun\n[timed out after 0.3 seconds; the command and its children were killed]');
    expect(isError).toBe(true);
  });

  it('cuts the middle out of endless output', async () => {
    const { output } = await call('bash', { command: 'echo head; yes | head -c 5000000; echo tail' });
    expect(output.length).toBeLessThan(30_000);
    expect(output).toMatch(/^head\n[^]*bytes cut[^]*tail\n\[exit code 0\]$/);
  });

  it('carries files over from one command to the next, but no folder and no variable', async () => {
    await call('bash', { command: 'mkdir -p sub && cd sub && export X=1 && echo y > kept.txt' });
    const { output } = await call('bash', { command: 'cat sub/kept.txt; echo "[$X]"' });
    expect(output).toBe('y\n[]\n[exit code 0]');
    expect(await text('sub/kept.txt')).toBe('y\n');
  });

  it.each([
    { command: '' },
    { command: 'true', timeout: 0 },
    { command: 'true', timeout: -1 },
    { command: 'true', timeout: 1e9 },
  ])('refuses %j', async (args) => {
    expect((await call('bash', args)).output).toContain('not valid');
  });

  it('answers for a command that cannot be started', async () => {
    expect(await call('bash', { command: 'echo a\0b' })).toMatchObject({ isError: true });
    expect(await call('bash', { command: `true ${'x'.repeat(3_000_000)}` })).toMatchObject({ isError: true });
  });

  it('throws the reason when the run is stopped', async () => {
    const controller = new AbortController();
    const running = call('bash', { command: 'sleep 1000' }, controller.signal);
    controller.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
  });
});
