import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { cleanSearchPath, sandboxEnvironment } from '../../src/sandbox/sandbox-environment.js';

const make = (harness: Record<string, string>): Record<string, string> =>
  sandboxEnvironment({
    name: 'agent 1',
    home: '/box/home',
    temporary: '/box/tmp',
    harness,
    harnessHome: '/nonexistent',
  });

describe('sandbox environment', () => {
  it('drops whatever is not on the list, whatever its name', () => {
    const made = make({
      PATH: '/usr/bin',
      ANTHROPIC_API_KEY: 'sk-1',
      OPENAI_BASE_URL: 'http://sk-2@host',
      HF_TOKEN: 'sk-3',
      NODE_OPTIONS: '--require=sk-4',
      LD_PRELOAD: 'sk-5',
      GIT_DIR: 'sk-6',
      HOME: '/root/sk-7',
    });
    expect(JSON.stringify(made)).not.toContain('sk-');
    expect(made).toMatchObject({ HOME: '/box/home', TMPDIR: '/box/tmp', TERM: 'dumb' });
  });

  it('says where toolchains lie, since they are no longer found under the home folder', () => {
    const made = make({ PATH: '/usr/bin', RUSTUP_HOME: '/opt/rustup', GOROOT: 'relative' });
    expect(made['RUSTUP_HOME']).toBe('/opt/rustup');
    expect(made).not.toHaveProperty('GOROOT');
  });

  it('signs commits with the name, at an address that cannot exist', () => {
    expect(make({})).toMatchObject({
      GIT_AUTHOR_NAME: 'agent 1',
      GIT_COMMITTER_EMAIL: 'agent-1@troupe.invalid',
      GIT_CONFIG_NOSYSTEM: '1',
    });
  });

  it('looks for programs neither in relative places nor among our own packages', () => {
    const cleaned = cleanSearchPath('/a/node_modules/.bin:.:/usr/bin::bin:/opt/my_node_modules/bin:/usr/bin');
    const node = path.dirname(process.execPath);
    expect(cleaned.split(':')).toEqual([...new Set(['/usr/bin', '/opt/my_node_modules/bin', node])]);
  });

  it('has usual places where the harness has none', () => {
    expect(cleanSearchPath(undefined)).toContain('/usr/bin');
  });
});
