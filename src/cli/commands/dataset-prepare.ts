import { InfrastructureFault } from '../../base/errors.js';
import { chooseSource } from '../../dataset/source/choose-source.js';
import type { DatasetSource } from '../../dataset/source/dataset-source.js';
import { folderSource } from '../../dataset/source/folder-source.js';
import { gitSource } from '../../dataset/source/git-source.js';
import { hubSource } from '../../dataset/source/hub-source.js';
import {
  prepareDataset,
  type PreparedDataset,
  type PrepareProgress,
} from '../../dataset/source/prepare-dataset.js';
import { chooseWorkRoot } from '../../sandbox/work-root.js';
import { runCommand } from '../command-context.js';
import { EXIT } from '../exit-codes.js';
import { howToGoOn } from '../go-on.js';
import { harmless } from '../plain-text.js';
import type { Terminal } from '../terminal.js';
import { thisProgram } from './pipeline.js';

export interface DatasetPrepareFlags {
  /** Folder, git URL or Hugging Face dataset. Default: the public dataset. */
  readonly from?: string | undefined;
  readonly subset?: string | undefined;
  readonly datasetDir: string;
  readonly json: boolean;
}

/** Files between two lines of progress where lines cannot be redrawn. */
const LINE_EVERY = 100;

/** Puts tasks of a folder, a git repository or a Hugging Face dataset into the dataset folder. */
export function datasetPrepare(flags: DatasetPrepareFlags): Promise<void> {
  return runCommand(
    async ({ terminal, signal }) => {
      const source = await openSource(flags.from, signal);
      terminal.note(`taking tasks from ${harmless(source.name)}`);
      let prepared: PreparedDataset;
      try {
        prepared = await prepareDataset(source, flags.datasetDir, {
          subset: flags.subset,
          signal,
          onProgress: progressLines(terminal),
        });
      } finally {
        await source.close();
      }
      terminal.status('');
      print(prepared, flags.json, terminal);
      const { faults } = prepared;
      if (faults.some((fault) => fault instanceof InfrastructureFault)) return EXIT.broke;
      return faults.length > 0 ? EXIT.mistake : EXIT.done;
    },
    { goOn: () => howToGoOn(thisProgram(), process.argv.slice(2), []) },
  );
}

async function openSource(from: string | undefined, signal: AbortSignal): Promise<DatasetSource> {
  const { HF_ENDPOINT: endpoint, HF_TOKEN: token } = process.env;
  const choice = await chooseSource(from, endpoint);
  if (choice.kind === 'folder') return folderSource(choice.folder);
  if (choice.kind === 'git') return gitSource(choice.url, await chooseWorkRoot(process.env), signal);
  return hubSource(choice.dataset, { endpoint, token }, signal);
}

function progressLines(terminal: Terminal): (progress: PrepareProgress) => void {
  let noted = 0;
  return ({ files, totalFiles, bytes, totalBytes }) => {
    const line = `${files} of ${totalFiles} files, ${megabytes(bytes)} of ${megabytes(totalBytes)} MB`;
    terminal.status(line);
    if (files < noted + LINE_EVERY) return;
    noted = files;
    terminal.note(line);
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function print(prepared: PreparedDataset, json: boolean, terminal: Terminal): void {
  const { faults, kept, missingScripts, tasks, files } = prepared;
  for (const fault of faults) terminal.note(`error: ${harmless(fault.toLine())}`);
  if (json) {
    const errors = faults.map((fault) => ({ code: fault.code, message: fault.toLine() }));
    terminal.print(JSON.stringify({ ...prepared, faults: undefined, errors }, null, 2));
    return;
  }
  for (const name of kept) {
    terminal.print(`kept ${harmless(name)}: it was there and did not come from this command`);
  }
  const lacking = Object.keys(missingScripts).length;
  if (lacking > 0) {
    terminal.print(
      `${lacking} of ${tasks.length} tasks lack setup.sh or run_tests.sh: they can be listed, not run`,
    );
  }
  terminal.print(
    `${tasks.length} tasks, ${prepared.features} features, ${prepared.pairs} pairs in ${harmless(prepared.folder)} ` +
      `(${files.fetched} files fetched, ${files.unchanged} were there, ${faults.length} faults)`,
  );
}
