import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { single } from '../../scenarios/index.js';
import { goldWork, playing, shell } from '../simulation/team-play.js';
import { workbench, type Run } from '../simulation/workbench.js';
import { startProviderServer, type ProviderServer } from '../support/provider-server/index.js';

const bench = workbench();
let server: ProviderServer;
beforeAll(async () => {
  server = await startProviderServer();
});
afterAll(() => server.close());

/** One agent that does its feature well and then something that it should not. */
async function afterGoodWork(...commands: string[]): Promise<Run> {
  const gold = await goldWork(await bench.oddments(), 1);
  server.answerWith(playing({ agent1: { work: [gold, ...commands.map((command) => shell(command))] } }));
  return bench.run(single, {
    features: [1],
    models: ['openai/gpt-5'],
    environment: server.environment,
    phases: ['execution', 'evaluation'],
  });
}

const HOOKS = [
  'pre-commit',
  'post-commit',
  'post-checkout',
  'post-index-change',
  'pre-applypatch',
  'reference-transaction',
];

describe('an agent whose work is judged all the same', () => {
  const identity = '-c user.name=a -c user.email=a@example.org';

  it.each([
    ['deletes .git', 'rm -rf .git'],
    [
      'makes a new repository of its clone',
      `rm -rf .git; git init -q; git add -A; git ${identity} commit -qm mine`,
    ],
    ['commits', `git ${identity} commit -qam mine`],
    [
      'commits on another branch and goes back',
      `git checkout -qb x; git ${identity} commit -qam mine; git checkout -q --detach HEAD`,
    ],
    ['breaks its repository', 'rm -rf .git/objects; echo garbage > .git/HEAD; echo garbage > .git/index'],
    ['makes .git a file', 'rm -rf .git; echo gitdir: /nowhere > .git'],
    [
      'hides its work from git',
      'echo "*" > .git/info/exclude; git update-index --assume-unchanged lines.txt',
    ],
    ['leaves a repository in its repository', 'mkdir inner; git -C inner init -q'],
    ['leaves something running', 'nohup sleep 603 > /dev/null 2>&1 & disown'],
  ])('%s', async (_what, command) => {
    const run = await afterGoodWork(command);
    expect(run.verdict).toMatchObject({ success: true });
    expect(run.patchOf('agent1')).toContain('+line 3 has one');
    expect(run.of('fault-occurred')).toEqual([]);
  });

  it('leaves its patch file behind, which is no part of its patch', async () => {
    const run = await afterGoodWork('git diff > my-work.patch; git diff > changes.diff');
    expect(run.verdict?.success).toBe(true);
    expect(run.of('patch-taken')[0]?.leftOut.toSorted()).toEqual(['changes.diff', 'my-work.patch']);
    expect(run.patchOf('agent1')).not.toContain('my-work.patch');
  });

  it('sets hooks, filters, drivers and aliases, none of which ever runs', async () => {
    const canary = path.join(bench.folder, 'canary');
    const touch = `touch ${canary}`;
    const run = await afterGoodWork(
      [
        'mkdir hooks',
        ...HOOKS.map((hook) => `printf '#!/bin/sh\\n${touch}\\n' > hooks/${hook}`),
        'chmod +x hooks/*',
        'cp hooks/* .git/hooks/ 2>/dev/null || (mkdir -p .git/hooks && cp hooks/* .git/hooks/)',
        'git config core.hooksPath hooks',
        `git config core.fsmonitor '${touch}'`,
        `git config filter.evil.clean '${touch}; cat'`,
        `git config filter.evil.smudge '${touch}; cat'`,
        `git config diff.external '${touch}'`,
        `git config diff.evil.textconv '${touch}; cat'`,
        `git config merge.evil.driver '${touch}; true'`,
        `git config core.sshCommand '${touch}'`,
        `git config alias.status '!${touch}'`,
        `git config --global core.hooksPath "$PWD/hooks"`,
        `echo '* filter=evil diff=evil merge=evil' > .gitattributes`,
        `rm -f ${canary}`,
      ].join('\n'),
    );
    expect(run.stopOf('agent1')).toBe('submitted');
    expect(run.verdict).toMatchObject({ success: true });
    expect(existsSync(canary)).toBe(false);
  });
});

describe('an agent that ruins its work', () => {
  it('has a patch that removes everything where it removed its clone', async () => {
    const run = await afterGoodWork('cd ..; rm -rf oddments_repo');
    expect(run.of('fault-occurred')).toEqual([]);
    expect(run.patchOf('agent1')).toContain('deleted file mode');
    expect(run.verdict).toMatchObject({ success: false, lostAt: 'test-failure' });
  });

  it('has no patch where it puts a link in place of its clone', async () => {
    const run = await afterGoodWork(`cd ..; rm -rf oddments_repo; ln -s ${bench.folder} oddments_repo`);
    expect(run.patchOf('agent1')).not.toContain('odd-dataset');
    expect(run.verdict?.success).toBe(false);
  });
});

describe('a test script', () => {
  it("that is not there is nobody's failure", async () => {
    const task = await bench.oddments();
    const script = path.join(task.task.folder, 'run_tests.sh');
    const gold = await task.task.features[0]?.goldPatch();
    const text = await readFile(script);
    await rm(script);
    try {
      const run = await bench.run(single, {
        features: [1],
        phases: ['evaluation'],
        patches: new Map([['agent1', gold ?? Buffer.alloc(0)]]),
      });
      expect(run).toMatchObject({ status: 'broke', verdict: { success: false, lostAt: 'infrastructure' } });
      expect(run.of('fault-occurred')).toMatchObject([{ where: 'referee' }]);
    } finally {
      await writeFile(script, text, { mode: 0o755 });
    }
  });

  it("that fails on the tree is the tree's failure", async () => {
    const run = await bench.run(single, {
      features: [1],
      phases: ['evaluation'],
      patches: new Map([
        [
          'agent1',
          Buffer.from(
            'diff --git a/new b/new\nnew file mode 100644\n--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+new\n',
          ),
        ],
      ]),
    });
    expect(run).toMatchObject({ status: 'done', verdict: { success: false, lostAt: 'test-failure' } });
    expect(run.of('tests-finished')).toMatchObject([{ passed: false, testsPassed: 0, testsFailed: 1 }]);
    expect(run.attachments.get('feature1_alone.txt')).toContain('FAILED');
  });
});
