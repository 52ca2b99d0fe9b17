import { UserMistake } from '../../base/errors.js';
import { troupeVersion } from '../../base/version.js';

/** Where CooperBench publishes its images. */
export const PUBLISHED_IMAGES = 'akhatua/cooperbench-{repo}:task{task}';

/** The image of tasks that bring none, e.g. the bundled ones: bash, git, Python and Node. */
export const BASE_IMAGE = `troupe-base:${troupeVersion()}`;

export interface ImageTask {
  /** E.g. `pallets_jinja_task`. */
  readonly repoName: string;
  readonly taskId: number;
}

/**
 * The name of a task's image. `{repo}` in the template stands for the repository's name without `_task` and with
 * dashes for underscores, `{task}` for the task's number: `pallets_jinja_task`, 1621 →
 * `akhatua/cooperbench-pallets-jinja:task1621`.
 *
 * @throws {UserMistake} for a template that gives no image name.
 */
export function taskImage({ repoName, taskId }: ImageTask, template: string = PUBLISHED_IMAGES): string {
  const repository = repoName.replace(/_task$/, '').replaceAll('_', '-');
  const name = template.replaceAll('{repo}', repository).replaceAll('{task}', String(taskId));
  if (isImageName(name)) return name;
  throw new UserMistake(`"${name}" is not the name of an image`, {
    code: 'invalid-image-name',
    where: '--image-template',
    remedy: `use a template like ${PUBLISHED_IMAGES}`,
  });
}

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*';
/** Told from a first folder, as engines do, by a dot, a port or its being `localhost`. */
const HOST = '(?:(?:localhost|[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+)(?::[0-9]+)?/|[A-Za-z0-9-]+:[0-9]+/)?';
const IMAGE_NAME = new RegExp(
  `^${HOST}${COMPONENT}(?:/${COMPONENT})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`,
);

/** Whether a text can name an image: `[host/]name[:tag][@digest]`. */
export function isImageName(text: string): boolean {
  return text.length <= 255 && IMAGE_NAME.test(text);
}
