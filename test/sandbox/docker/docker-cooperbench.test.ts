import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type Docker from 'dockerode';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { createDockerSandboxProvider } from '../../../src/sandbox/docker/docker-provider.js';
import type { DockerSandboxProvider } from '../../../src/sandbox/docker/docker-options.js';
import { connectEngine } from '../../../src/sandbox/docker/engine.js';
import { evaluationCommand, RUNNER } from '../../../src/sandbox/docker/evaluation-command.js';
import { buildImage, hasImage } from '../../../src/sandbox/docker/images.js';
import { describeWithDocker, TEST_IMAGE } from './docker-engine.js';

const IMAGE = `troupe-test-cooperbench:task${process.pid}`;

/** An image in the layout of CooperBench's: repository, installed files, runner as the entry point. */
const DOCKERFILE = `FROM ${TEST_IMAGE}
ENV TOOLCHAIN=/opt/toolchain
RUN git init -q -b main /workspace/repo && cd /workspace/repo \\
  && echo base > tracked.txt && echo old > removed.txt && echo installed/ > .gitignore && git add -A \\
  && git -c user.name=i -c user.email=i@i commit -q -m "holds the solution" \\
  && mkdir installed && echo dependency > installed/module.txt
COPY runner.sh ${RUNNER}
ENTRYPOINT ["bash", "${RUNNER}"]
`;
const RUNNER_TEXT = `#!/bin/bash
set -e
cd /workspace/repo
git reset -q --hard HEAD
git clean -fdq
git apply "/patches/$1"
[ -z "$2" ] || git apply "/patches/$2"
cat installed/module.txt tracked.txt hidden.txt
`;
const newFile = (name: string, text: string): string =>
  `diff --git a/${name} b/${name}\nnew file mode 100644\n--- /dev/null\n+++ b/${name}\n@@ -0,0 +1 @@\n+${text}\n`;

describeWithDocker("an image in CooperBench's layout", () => {
  let docker: Docker;
  let provider: DockerSandboxProvider;
  const said: string[] = [];
  beforeAll(async () => {
    docker = connectEngine();
    const folder = await mkdtemp(path.join(tmpdir(), 'troupe-image-'));
    await writeFile(path.join(folder, 'Dockerfile'), DOCKERFILE);
    await writeFile(path.join(folder, 'runner.sh'), RUNNER_TEXT);
    await buildImage(docker, { image: IMAGE, folder }, (line) => said.push(line));
    await rm(folder, { recursive: true });
    provider = createDockerSandboxProvider({ image: IMAGE, layout: 'cooperbench', pull: 'never' });
  }, 120_000);
  afterAll(async () => {
    await provider?.disposeAll();
    await docker?.getImage(IMAGE).remove({ force: true });
  });

  const populate = async (folder: string): Promise<void> => {
    await writeFile(path.join(folder, 'tracked.txt'), 'ours\n');
    await writeFile(path.join(folder, '.gitignore'), 'installed/\n');
    await mkdir(path.join(folder, 'src'));
    await writeFile(path.join(folder, 'src', 'new.txt'), 'added\n');
  };
  const request = { name: 'agent1', folderName: 'repo', populate };

  it('is built with its steps told', () => {
    expect(said.join('\n')).toContain(`Step 1/`);
  });

  it('keeps what is installed, and nothing of the sources or the history that the image brings', async () => {
    const sandbox = await provider.create(request);
    expect(sandbox.workspace).toBe('/workspace/repo');
    const { stdout } = await sandbox.run([
      'bash',
      '-c',
      'ls -A; cat tracked.txt; echo $TOOLCHAIN; git log 2>&1',
    ]);
    expect(stdout).toMatch(/^\.gitignore\ninstalled\nsrc\ntracked\.txt\nours\n\/opt\/toolchain\n/);
    expect(stdout).not.toContain('holds the solution');
    await sandbox.dispose();
  });

  it('is tested by its own runner, which applies the patches that lie in /patches', async () => {
    const inputs = {
      'tests.patch': newFile('hidden.txt', 'hidden test'),
      'feature.patch': newFile('feature.txt', 'feature'),
    };
    const sandbox = await provider.create({ ...request, inputs });
    await sandbox.run(['bash', '-c', 'git init -q -b main . && git add -A && git commit -q -m tree']);
    const probe = await sandbox.run(['test', '-f', RUNNER]);
    const chosen = evaluationCommand(
      {
        layout: 'cooperbench',
        hasRunner: probe.exitCode === 0,
        workspace: sandbox.workspace,
        inputs: sandbox.inputs,
      },
      { testScript: undefined, testsPatch: 'tests.patch', featurePatch: 'feature.patch' },
    );
    expect(chosen).toEqual({ by: 'runner', command: ['bash', RUNNER, 'tests.patch', 'feature.patch'] });
    if (chosen.by === 'nothing') throw new Error('unreachable');
    expect(await sandbox.run(chosen.command)).toMatchObject({
      exitCode: 0,
      stdout: 'dependency\nours\nhidden test\n',
    });
    await sandbox.dispose();
  });

  it('lets nobody change the inputs, not even as the root user that the image works as', async () => {
    const sandbox = await provider.create({ ...request, inputs: { 'tests.patch': 'as it was' } });
    const attempts =
      'id -u; cd /patches; echo x > tests.patch; chmod 777 . tests.patch; rm -f tests.patch; touch new; mv /patches /p; umount /patches; cat /patches/tests.patch; ls';
    const { stdout } = await sandbox.run(['bash', '-c', attempts]);
    expect(stdout).toBe('0\nas it wastests.patch\n');
    await sandbox.dispose();
  });

  it('says why an image could not be built', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'troupe-image-'));
    await writeFile(path.join(folder, 'Dockerfile'), `FROM ${TEST_IMAGE}\nRUN echo before the end; exit 3\n`);
    await expect(buildImage(docker, { image: `${IMAGE}-broken`, folder })).rejects.toMatchObject({
      code: 'image-not-built',
      message: expect.stringMatching(/code: 3[^]*before the end/),
    });
    await rm(folder, { recursive: true });
    expect(await hasImage(docker, `${IMAGE}-broken`)).toBe(false);
  }, 60_000);
});
