import { existsSync } from 'node:fs';
import path from 'node:path';

import { packageFolder } from '../../base/version.js';
import { listTasks, parseTaskId } from '../../dataset/list-tasks.js';
import { taskName, type Task } from '../../dataset/task.js';
import { defaultDatasetFolder } from '../../experiment/file-interface.js';
import { connectEngine, describeEngine } from '../../sandbox/docker/engine.js';
import { BASE_IMAGE, taskImage } from '../../sandbox/docker/image-names.js';
import { buildImage, hasImage } from '../../sandbox/docker/images.js';
import { runCommand } from '../command-context.js';
import { EXIT } from '../exit-codes.js';
import { harmless } from '../plain-text.js';

export interface ImagesFlags {
  readonly repoName?: string | undefined;
  readonly taskId?: string | undefined;
  readonly datasetDir?: string | undefined;
  /** See `taskImage`. */
  readonly imageTemplate?: string | undefined;
  readonly json: boolean;
}

export interface BuildFlags extends ImagesFlags {
  /** Builds what is there already, too. */
  readonly force: boolean;
}

/** An image that tasks need. */
interface NeededImage {
  readonly image: string;
  /** Folder of its Dockerfile. */
  readonly folder: string;
  /** `<repository>/task<id>` of the tasks that are run in it. */
  readonly tasks: readonly string[];
}

/** Says which images the tasks need, and which of them the engine has. */
export function listImages(flags: ImagesFlags): Promise<void> {
  return runCommand(async ({ terminal }) => {
    const docker = connectEngine();
    await describeEngine(docker);
    const images = [];
    for (const needed of await neededImages(flags)) {
      images.push({ ...needed, isThere: await hasImage(docker, needed.image) });
    }
    if (flags.json) terminal.print(JSON.stringify({ images }, null, 2));
    else {
      const { green, yellow } = terminal.colors;
      terminal.printTable(
        ['image', 'state', 'tasks'],
        images.map(({ image, isThere, tasks }) => [
          image,
          isThere ? green('there') : yellow('missing'),
          tasks.map(harmless).join('\n'),
        ]),
      );
    }
    return EXIT.done;
  });
}

/** Builds the images that the tasks need: from a task's own Dockerfile, else the base image. */
export function buildImages(flags: BuildFlags): Promise<void> {
  return runCommand(async ({ terminal, signal }) => {
    const docker = connectEngine();
    await describeEngine(docker);
    const built: string[] = [];
    const kept: string[] = [];
    for (const { image, folder } of await neededImages(flags)) {
      signal.throwIfAborted();
      if (!flags.force && (await hasImage(docker, image))) {
        kept.push(image);
        continue;
      }
      terminal.note(`building ${image} from ${harmless(path.join(folder, 'Dockerfile'))}`);
      await buildImage(docker, { image, folder, labels: { 'troupe.image': 'task' } }, (line) =>
        terminal.status(harmless(line)),
      );
      terminal.status('');
      built.push(image);
    }
    if (flags.json) terminal.print(JSON.stringify({ built, kept }, null, 2));
    else {
      for (const image of built) terminal.print(`built ${image}`);
      for (const image of kept) terminal.print(`${image} is there already (--force builds it anew)`);
    }
    return EXIT.done;
  });
}

/** By image, in the order of tasks; tasks without a Dockerfile share the base image. */
async function neededImages(flags: ImagesFlags): Promise<NeededImage[]> {
  const tasks = await listTasks(flags.datasetDir ?? defaultDatasetFolder(flags.repoName), {
    repoName: flags.repoName,
    taskId: flags.taskId === undefined ? undefined : parseTaskId(flags.taskId),
  });
  const images = new Map<string, NeededImage>();
  for (const task of tasks) {
    const { image, folder } = imageOf(task, flags.imageTemplate);
    images.set(image, { image, folder, tasks: [...(images.get(image)?.tasks ?? []), taskName(task)] });
  }
  return [...images.values()];
}

function imageOf(task: Task, template: string | undefined): { image: string; folder: string } {
  if (existsSync(path.join(task.folder, 'Dockerfile'))) {
    return { image: taskImage(task, template), folder: task.folder };
  }
  return { image: BASE_IMAGE, folder: path.join(packageFolder(), 'docker', 'base') };
}
