import { existsSync } from 'node:fs';
import { describeError, UserMistake } from '../base/errors.js';

/**
 * Takes variables from a file such as `.env` where there is one. What the environment has already stays.
 *
 * @throws {UserMistake} for a file that cannot be read.
 */
export function readEnvironmentFile(file: string): void {
  if (!existsSync(file)) return;
  try {
    process.loadEnvFile(file);
  } catch (error) {
    throw new UserMistake(`it cannot be read: ${describeError(error)}`, {
      code: 'environment-file-unreadable',
      where: file,
      remedy: 'make it a file of lines like NAME=value that you may read',
      cause: error,
    });
  }
}
