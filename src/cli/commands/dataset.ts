import { InfrastructureFault, type TroupeError, UserMistake } from '../../base/errors.js';
import { checkDataset, type TaskCheck } from '../../dataset/check-dataset.js';
import { listTasks, parseTaskId } from '../../dataset/list-tasks.js';
import { prepareTask } from '../../dataset/prepare-task.js';
import { listSubsets, readSubset, subsetMistakes } from '../../dataset/subset.js';
import { pairs, requireScript, taskName, type Task } from '../../dataset/task.js';
import { defaultDatasetFolder } from '../../experiment/file-interface.js';
import { goldConflicts, summarizeConflicts, type TaskConflicts } from '../../referee/merge/gold-conflicts.js';
import { runFeatureTests } from '../../referee/testing/run-feature-tests.js';
import { createLocalSandboxProvider } from '../../sandbox/local-sandbox.js';
import { runCommand } from '../command-context.js';
import { EXIT } from '../exit-codes.js';
import { howToGoOn } from '../go-on.js';
import { harmless } from '../plain-text.js';
import type { Terminal } from '../terminal.js';
import { thisProgram } from './pipeline.js';

export interface DatasetFlags {
  readonly repoName?: string | undefined;
  readonly taskId?: string | undefined;
  readonly datasetDir?: string | undefined;
  readonly json: boolean;
}

/** As {@link runCommand}; an interrupted command goes on as it began, with what the cache holds by then. */
function runHere(body: Parameters<typeof runCommand>[0]): Promise<void> {
  return runCommand(body, { goOn: () => howToGoOn(thisProgram(), process.argv.slice(2), []) });
}

function folderOf(flags: DatasetFlags): string {
  return flags.datasetDir ?? defaultDatasetFolder(flags.repoName);
}

function selectedTasks(flags: DatasetFlags): Promise<Task[]> {
  return listTasks(folderOf(flags), {
    repoName: flags.repoName,
    taskId: flags.taskId === undefined ? undefined : parseTaskId(flags.taskId),
  });
}

/** Lists tasks, features and the number of pairs. */
export function listDataset(flags: DatasetFlags): Promise<void> {
  return runHere(async ({ terminal }) => {
    const tasks = await selectedTasks(flags);
    const rows = tasks.map((task) => ({
      repoName: task.repoName,
      taskId: task.taskId,
      features: task.features.map((feature) => feature.id),
      pairs: pairs(task.features).length,
    }));
    const totals = {
      tasks: rows.length,
      features: rows.reduce((sum, row) => sum + row.features.length, 0),
      pairs: rows.reduce((sum, row) => sum + row.pairs, 0),
    };
    if (flags.json) terminal.print(JSON.stringify({ tasks: rows, totals }, null, 2));
    else {
      const cells = rows.map((row) => [
        harmless(row.repoName),
        String(row.taskId),
        row.features.join(' '),
        String(row.pairs),
      ]);
      terminal.printTable(['repository', 'task', 'features', 'pairs'], cells);
      terminal.print(`${totals.tasks} tasks, ${totals.features} features, ${totals.pairs} pairs`);
    }
    return EXIT.done;
  });
}

/** Merges the gold patches of every pair, without running a test. */
export function datasetConflicts(flags: DatasetFlags): Promise<void> {
  return runHere(async ({ terminal, signal }) => {
    const tasks = await selectedTasks(flags);
    const results: TaskConflicts[] = [];
    const prepare = (task: Task) => {
      terminal.status(`preparing ${taskName(task)}`);
      return prepareTask(task, { signal });
    };
    try {
      for await (const result of goldConflicts(tasks, { prepare, signal })) {
        results.push(result);
        if (result.fault !== undefined) terminal.note(`error: ${harmless(result.fault.toLine())}`);
        terminal.status(`${results.length} of ${tasks.length} tasks merged`);
      }
    } catch (error) {
      // What there is by then is printed all the same.
      if (!signal.aborted) throw error;
    }
    terminal.status('');
    printConflicts(results, flags.json, terminal);
    return exitCodeFor(results.flatMap((result) => result.fault ?? []));
  });
}

function printConflicts(results: readonly TaskConflicts[], json: boolean, terminal: Terminal): void {
  const totals = summarizeConflicts(results);
  const all = results.flatMap((result) => result.pairs);
  if (json) {
    const list = all.map(({ features, ...pair }) => ({
      ...pair,
      feature1Id: features[0],
      feature2Id: features[1],
    }));
    const errors = results.flatMap(({ task, fault }) =>
      fault === undefined ? [] : [{ task: taskName(task), code: fault.code, message: fault.toLine() }],
    );
    terminal.print(JSON.stringify({ pairs: list, totals, errors }, null, 2));
    return;
  }
  const { colors } = terminal;
  const paint = { clean: colors.green, conflicts: colors.red, missing_input: colors.yellow };
  const rows = all.map((pair) => [
    harmless(pair.repoName),
    String(pair.taskId),
    pair.features.join(' + '),
    paint[pair.status](pair.status),
    pair.status === 'conflicts' ? String(pair.score) : '-',
    harmless(pair.reason ?? pair.files.map((file) => file.file).join(', ')),
  ]);
  if (rows.length > 0) terminal.printTable(['repository', 'task', 'pair', 'merge', 'score', 'files'], rows);
  const share =
    totals.pairs === 0 ? '' : ` (${Math.round((100 * totals.conflicts) / totals.pairs)} % conflict)`;
  const failed = totals.failedTasks === 0 ? '' : `, ${totals.failedTasks} tasks not set up`;
  terminal.print(
    `${totals.pairs} pairs: ${totals.clean} clean, ${totals.conflicts} conflicts, ${totals.missing_input} missing_input${share}${failed}`,
  );
}

/** Proves for each feature that its tests fail without the gold patch and pass with it and with all. */
export function datasetCheck(flags: DatasetFlags): Promise<void> {
  return runHere(async ({ terminal, signal }) => {
    const tasks = await selectedTasks(flags);
    const sandboxes = createLocalSandboxProvider();
    const results: TaskCheck[] = [];
    try {
      const checks = checkDataset(tasks, {
        prepare: (task) => prepareTask(task, { signal }),
        runTests: async ({ prepared, store, feature }, tree) =>
          runFeatureTests({
            provider: sandboxes,
            populate: (folder) => prepared.populateEvaluation(store, tree, folder, signal),
            folderName: prepared.folderName,
            testScript: await requireScript(prepared.task, 'run_tests.sh'),
            testsPatch: await feature.testsPatch(),
            signal,
          }),
        signal,
        onFeature: ({ repoName, taskId, feature, isGood, problems }) => {
          const { green, red } = terminal.noteColors;
          const mark = isGood ? green('ok') : red(harmless(problems.join('; ')));
          terminal.note(`${harmless(repoName)}/task${taskId}/feature${feature}  ${mark}`);
        },
      });
      for await (const result of checks) {
        results.push(result);
        for (const fault of result.faults) terminal.note(`error: ${harmless(fault.toLine())}`);
      }
    } finally {
      await sandboxes.disposeAll();
    }
    const mistakes = await subsetProblems(flags);
    for (const mistake of mistakes) terminal.note(`error: ${harmless(mistake.toLine())}`);
    const features = results.flatMap((result) => result.features);
    const good = features.filter((feature) => feature.isGood).length;
    const faults = [...results.flatMap((result) => result.faults), ...mistakes];
    if (flags.json) {
      const errors = faults.map((fault) => ({ code: fault.code, message: fault.toLine() }));
      terminal.print(
        JSON.stringify({ features, totals: { features: features.length, good }, errors }, null, 2),
      );
    } else terminal.print(`${good} of ${features.length} features are good`);
    if (faults.length > 0) return exitCodeFor(faults);
    return good === features.length ? EXIT.done : EXIT.mistake;
  });
}

async function subsetProblems(flags: DatasetFlags): Promise<UserMistake[]> {
  if (flags.repoName !== undefined) return [];
  const folder = folderOf(flags);
  const all = await listTasks(folder);
  const mistakes: UserMistake[] = [];
  for (const name of await listSubsets(folder))
    mistakes.push(...subsetMistakes(await readSubset(folder, name), all));
  return mistakes;
}

function exitCodeFor(faults: readonly TroupeError[]): number {
  if (faults.some((fault) => fault instanceof InfrastructureFault)) return EXIT.broke;
  return faults.length > 0 ? EXIT.mistake : EXIT.done;
}
