import { packageFolder } from '../../base/version.js';
import { BenchSetting } from '../../experiment/bench-setting.js';
import { FileInterface } from '../../experiment/file-interface.js';
import type { StepResult } from '../../experiment/perform-run.js';
import { summarizeRun } from '../../experiment/run-summary.js';
import { runAll } from '../../experiment/steps.js';
import { runCommand } from '../command-context.js';
import { EXIT } from '../exit-codes.js';
import { howToGoOn } from '../go-on.js';
import { progressReporter } from '../progress.js';
import { here, printVerdictTable, reportAsJson } from '../run-report.js';
import { thisProgram } from './pipeline.js';

export interface DemoFlags {
  readonly json: boolean;
  readonly logsDir: string;
  readonly seed: string;
}

/** A pair whose gold patches conflict, so that it shows what talking is good for. */
const DEMO_TASK = { repoName: 'waypost_router_task', taskId: 1, feature1Id: 2, feature2Id: 3 } as const;
/** Agrees on shared lines while the channel is open, and falls back on its own patch when it is not. */
const DEMO_MODEL = 'scripted/gold-rebase';

/** Runs every setting on one bundled task with scripted agents; needs no key and no network. */
export async function demo(flags: DemoFlags): Promise<void> {
  await runCommand(
    async ({ terminal, signal }) => {
      const results: StepResult[] = [];
      terminal.note(`Two features of ${DEMO_TASK.repoName}, four settings, agents ${DEMO_MODEL}.`);
      for (const setting of Object.values(BenchSetting)) {
        if (signal.aborted) break;
        const { feature2Id, ...single } = DEMO_TASK;
        const files = new FileInterface({
          setting,
          ...single,
          ...(setting === BenchSetting.SINGLE ? {} : { feature2Id }),
          model1: DEMO_MODEL,
          logsFolder: flags.logsDir,
          datasetFolder: `${packageFolder()}/dataset`,
        });
        const onEvent = progressReporter(terminal, setting.padEnd(13));
        results.push(await runAll(files, { seed: flags.seed, signal, onEvent }));
      }
      if (flags.json) terminal.print(JSON.stringify({ runs: results.map(reportAsJson) }, null, 2));
      else {
        printVerdictTable(
          results.map((result) => summarizeRun(result.events)),
          terminal,
        );
        terminal.print('The settings coop and coop_ablation differ in the channel policy alone.');
        for (const result of results) {
          terminal.print(`wrote ${result.files.length} files and the log ${here(result.log)}`);
        }
      }
      return results.some((result) => result.status === 'broke') ? EXIT.broke : EXIT.done;
    },
    { goOn: () => howToGoOn(thisProgram(), process.argv.slice(2), []) },
  );
}
