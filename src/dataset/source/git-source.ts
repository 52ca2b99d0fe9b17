import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { InfrastructureFault, UserMistake } from '../../base/errors.js';
import { firstComplaint, GitError, runGit } from '../../git/git-process.js';
import { withoutPassword } from './choose-source.js';
import type { DatasetSource, SourceFile } from './dataset-source.js';

/** Our git is closed to all transports; these alone are opened, and ssh may ask nobody anything. */
const TRANSPORT = [
  ...['https', 'ssh', 'file'].flatMap((protocol) => ['-c', `protocol.${protocol}.allow=always`]),
  '-c',
  'core.sshCommand=ssh -oBatchMode=yes',
  '-c',
  'transfer.fsckObjects=true',
];

/**
 * Clones the newest commit of a repository, without a work tree: files are read as git's objects, so that neither
 * filters nor attributes nor links of the repository have a say.
 *
 * @param workFolder where the clone lies until {@link DatasetSource.close}.
 * @throws {UserMistake} for a repository that is not there, cannot be reached or has no commit.
 */
export async function gitSource(
  url: string,
  workFolder: string,
  signal?: AbortSignal,
): Promise<DatasetSource> {
  const name = withoutPassword(url);
  const scratch = await mkdtemp(path.join(workFolder, 'troupe-dataset-'));
  const close = (): Promise<void> => rm(scratch, { recursive: true, force: true, maxRetries: 3 });
  const gitDirectory = path.join(scratch, 'clone.git');
  const clone = ['clone', '--quiet', '--bare', '--depth=1', '--single-branch', '--no-tags', '--template='];
  let revision: string;
  try {
    await runGit([...TRANSPORT, ...clone, '--', url, gitDirectory], { folder: scratch, signal });
    const head = await runGit(['rev-parse', '--verify', 'HEAD^{commit}'], { gitDirectory, signal });
    revision = head.stdout.toString().trim();
  } catch (error) {
    await close();
    throw error instanceof GitError ? cloneMistake(name, error) : error;
  }
  return {
    name,
    revision,
    canSkip: false,
    list: async (asked) => {
      const command = ['ls-tree', '-r', '-z', '--long', revision];
      return parseTree((await runGit(command, { gitDirectory, signal: asked })).stdout);
    },
    read: (file, _offset, asked) => readBlob(gitDirectory, file, asked),
    close,
  };
}

/** Reads `git ls-tree -r -z --long`. */
export function parseTree(output: Buffer): SourceFile[] {
  const files: SourceFile[] = [];
  for (let start = 0; start < output.length; ) {
    const end = output.indexOf(0, start);
    const record = output.subarray(start, end);
    start = end + 1;
    const tab = record.indexOf(0x09);
    const [mode = '', , hex = '', size = ''] = record.toString('latin1', 0, tab).split(/ +/);
    const bytes = record.subarray(tab + 1);
    const name = bytes.toString('utf8');
    const refusal = Buffer.from(name).equals(bytes) ? KIND_REFUSALS[mode] : 'its name is no UTF-8';
    files.push({
      path: name,
      size: Number(size) || 0,
      digest: { kind: 'git-blob', hex },
      isExecutable: mode === '100755',
      ...(refusal === undefined ? {} : { refusal }),
    });
  }
  return files;
}

const KIND_REFUSALS: Readonly<Record<string, string>> = {
  '120000': 'it is a symbolic link',
  '160000': 'it is a submodule',
};

async function* readBlob(
  gitDirectory: string,
  file: SourceFile,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  yield (await runGit(['cat-file', 'blob', file.digest?.hex ?? ''], { gitDirectory, signal })).stdout;
}

function cloneMistake(name: string, error: GitError): UserMistake | InfrastructureFault {
  const said = withoutPassword(firstComplaint(error.stderr)).slice(0, 200);
  if (/no space left|disk quota/i.test(error.stderr)) {
    return new InfrastructureFault('the disk is full', {
      code: 'dataset-not-written',
      where: name,
      remedy: 'make room, or set TROUPE_WORK_DIR to a folder on a larger disk',
    });
  }
  return new UserMistake(`the repository cannot be cloned: ${said}`, {
    code: 'repository-not-cloned',
    where: name,
    remedy: 'check the address, the network, and that git may read it without being asked for a password',
  });
}
