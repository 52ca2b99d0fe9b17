import { copyFile } from 'node:fs/promises';
import { firstComplaint, GitError } from './git-process.js';
import type { GitStore } from './git-store.js';
import { parsePatch } from './patch-text.js';
import { pathDanger } from './path-safety.js';

export type ApplyFailure = 'empty' | 'unsafe-path' | 'broken' | 'does-not-apply';

export type ApplyOutcome =
  | {
      readonly status: 'applied';
      /** Identifiers of the resulting tree and of a commit of it on the base. */
      readonly tree: string;
      readonly commit: string;
      /** `three-way` where the patch fitted only by merging it. */
      readonly manner: 'direct' | 'three-way';
    }
  | { readonly status: 'failed'; readonly code: ApplyFailure; readonly reason: string };

/** Complaints of git that speak of the machine and not of the patch. */
const WORLD_BROKE =
  /no space left|unable to (write|create|open|append|mmap)|out of memory|index file|input\/output error|read-only file/i;

/** See {@link GitStore.applyPatch}. */
export async function applyPatch(
  store: GitStore,
  base: string,
  patch: Buffer,
  signal?: AbortSignal,
): Promise<ApplyOutcome> {
  const refusal = refusePatch(patch);
  if (refusal !== undefined) return refusal;
  const input = patch.at(-1) === 0x0a ? patch : Buffer.concat([patch, Buffer.from('\n')]);
  const { file } = await store.baseIndex(base);
  return store.withTemporary(async (indexFile) => {
    const attempt = async (flags: readonly string[]): Promise<GitError | undefined> => {
      await copyFile(file, indexFile);
      const command = ['apply', '--cached', '--whitespace=nowarn', ...flags, '-'];
      const output = await store.run(command, { indexFile, input, accept: [0, 1, 128], signal });
      if (output.exitCode === 0) return undefined;
      const failure = new GitError(command, output.exitCode, output.stderr, store.folder);
      if (WORLD_BROKE.test(output.stderr)) throw failure;
      return failure;
    };
    const direct = await attempt(['--ignore-whitespace']);
    if (direct !== undefined && (direct.exitCode !== 1 || (await attempt(['--3way'])) !== undefined)) {
      return {
        status: 'failed',
        code: direct.exitCode === 1 ? 'does-not-apply' : 'broken',
        reason: firstComplaint(direct.stderr),
      };
    }
    const tree = await store.writeTree(indexFile, base);
    const commit = await store.commit(tree, [base], 'A patch');
    return { status: 'applied', tree, commit, manner: direct === undefined ? 'direct' : 'three-way' };
  });
}

function refusePatch(patch: Buffer): Extract<ApplyOutcome, { status: 'failed' }> | undefined {
  if (patch.toString('latin1').trim() === '') {
    return { status: 'failed', code: 'empty', reason: 'the patch is empty' };
  }
  for (const file of parsePatch(patch)) {
    for (const path of [file.oldPath, file.newPath]) {
      const danger = path === undefined ? undefined : pathDanger(path);
      if (danger !== undefined) {
        return { status: 'failed', code: 'unsafe-path', reason: `${danger}: ${JSON.stringify(path)}` };
      }
    }
  }
  return undefined;
}
