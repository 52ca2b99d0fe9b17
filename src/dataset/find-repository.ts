import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { UserMistake } from '../base/errors.js';

/**
 * Names of the folders directly in `parent` that are git repositories (or work trees of one).
 */
export async function repositoriesIn(parent: string): Promise<string[]> {
  const entries = await readdir(parent, { withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory())
      .map(async (entry) => {
        const isRepository = await lstat(path.join(parent, entry.name, '.git')).then(
          () => true,
          () => false,
        );
        return isRepository ? [entry.name] : [];
      }),
  );
  return found.flat().sort();
}

/** The mistake of a task whose repository cannot be told. */
export function twoRepositories(where: string, names: readonly string[]): UserMistake {
  return new UserMistake(`there are ${names.length} git repositories: ${names.join(', ')}`, {
    code: 'two-repositories',
    where,
    remedy: 'leave exactly one folder with a .git, made by setup.sh',
  });
}
