import type { StepResult } from '../../experiment/perform-run.js';
import { BenchSetting } from '../../experiment/bench-setting.js';
import { FileInterface } from '../../experiment/file-interface.js';
import { summarizeRun, type RunSummary } from '../../experiment/run-summary.js';
import { runAll } from '../../experiment/steps.js';
import { packageFolder } from '../../base/version.js';
import { EXIT, runCommand } from '../command-context.js';
import { progressReporter } from '../progress.js';
import { here, reportAsJson, verdictTable } from '../run-report.js';

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
      const summaries: RunSummary[] = [];
      terminal.note(`Two features of ${DEMO_TASK.repoName}, four settings, agents ${DEMO_MODEL}.`);
      for (const setting of Object.values(BenchSetting)) {
        signal.throwIfAborted();
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
        const result = await runAll(files, { seed: flags.seed, signal, onEvent });
        results.push(result);
        summaries.push(summarizeRun(result.events));
      }
      if (flags.json) terminal.print(JSON.stringify({ runs: results.map(reportAsJson) }, null, 2));
      else {
        terminal.print(verdictTable(summaries, terminal));
        terminal.print('The settings coop and coop_ablation differ in the channel policy alone.');
        for (const result of results) {
          terminal.print(`wrote ${result.files.length} files and the log ${here(result.log)}`);
        }
      }
      return results.some((result) => result.status === 'broke') ? EXIT.broke : EXIT.done;
    },
    { goOn: () => 'troupe demo' },
  );
}
