import { UserMistake } from '../base/errors.js';
import type { SandboxRequest } from './sandbox.js';

/**
 * Checks what becomes names of files and folders.
 *
 * @throws {UserMistake} for a name that is empty, leads elsewhere or holds slashes.
 */
export function checkNames(request: Pick<SandboxRequest, 'folderName' | 'inputs'>): void {
  for (const [where, name] of [
    ['folderName', request.folderName],
    ...Object.keys(request.inputs ?? {}).map((input) => ['inputs', input]),
  ] as [string, string][]) {
    if (name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name)) continue;
    throw new UserMistake(`"${name}" cannot be the name of a file or folder`, {
      code: 'invalid-name',
      where,
      remedy: 'use one name without slashes',
    });
  }
}
