import { UserMistake } from '../base/errors.js';
import { runGit } from './git-process.js';

/** `merge-tree --write-tree --stdin`, on which all merging rests, is this old. */
const OLDEST: readonly [number, number] = [2, 39];

/** Major and minor number in `git version` output, if there are any. */
export function parseGitVersion(text: string): readonly [number, number] | undefined {
  const match = /(\d+)\.(\d+)/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2])];
}

/**
 * Makes sure that a usable git is installed.
 *
 * @throws {UserMistake} where git is missing or older than 2.39.
 */
export async function requireGit(): Promise<void> {
  const text = (await runGit(['version'], { folder: '/' })).stdout.toString().trim();
  const version = parseGitVersion(text);
  const isNewEnough =
    version !== undefined &&
    (version[0] > OLDEST[0] || (version[0] === OLDEST[0] && version[1] >= OLDEST[1]));
  if (isNewEnough) return;
  throw new UserMistake(`found "${text}", which cannot merge without a work tree`, {
    code: 'git-too-old',
    remedy: `install git ${OLDEST.join('.')} or newer`,
  });
}
