import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type Docker from 'dockerode';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';

import { buildImages, listImages } from '../../../src/cli/commands/images.js';
import { connectEngine } from '../../../src/sandbox/docker/engine.js';
import { hasImage } from '../../../src/sandbox/docker/images.js';
import { BASE_IMAGE } from '../../../src/sandbox/docker/image-names.js';
import { describeWithDocker, TEST_IMAGE } from './docker-engine.js';

describeWithDocker('troupe images', () => {
  let docker: Docker;
  let datasetDir: string;
  const imageTemplate = `troupe-test-${process.pid}-{repo}:task{task}`;
  const image = `troupe-test-${process.pid}-canary:task7`;

  beforeAll(async () => {
    docker = connectEngine();
    datasetDir = await mkdtemp(path.join(tmpdir(), 'troupe-images-'));
    for (const name of ['canary_task/task7', 'plain_task/task1']) {
      const feature = path.join(datasetDir, name, 'feature1');
      await mkdir(feature, { recursive: true });
      for (const file of ['feature.md', 'feature.patch', 'tests.patch'])
        await writeFile(path.join(feature, file), '');
    }
    const folder = path.join(datasetDir, 'canary_task', 'task7');
    await writeFile(path.join(folder, 'Dockerfile'), `FROM ${TEST_IMAGE}\nCOPY marker /marker\n`);
    await writeFile(path.join(folder, 'marker'), 'built');
  });
  afterAll(async () => {
    await docker.getImage(image).remove({ force: true });
    await rm(datasetDir, { recursive: true });
  });
  afterEach(() => {
    process.exitCode = undefined;
  });

  const said = async (command: () => Promise<void>): Promise<unknown> => {
    let text = '';
    const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
      text += String(chunk);
      return true;
    });
    try {
      await command();
    } finally {
      spy.mockRestore();
    }
    return JSON.parse(text);
  };

  it('list what tasks need: their own image, else the base image', async () => {
    expect(await said(() => listImages({ datasetDir, imageTemplate, json: true }))).toMatchObject({
      images: [
        { image, tasks: ['canary_task/task7'], isThere: false },
        { image: BASE_IMAGE, tasks: ['plain_task/task1'], folder: path.resolve('docker/base') },
      ],
    });
  });

  it('build builds a task’s image from its Dockerfile, once', async () => {
    const build = { datasetDir, imageTemplate, repoName: 'canary_task', json: true };
    expect(await said(() => buildImages({ ...build, force: false }))).toEqual({ built: [image], kept: [] });
    expect(await hasImage(docker, image)).toBe(true);
    expect(await said(() => buildImages({ ...build, force: false }))).toEqual({ built: [], kept: [image] });
    expect(await said(() => buildImages({ ...build, force: true }))).toEqual({ built: [image], kept: [] });
    expect(process.exitCode).toBe(0);
  }, 60_000);
});
