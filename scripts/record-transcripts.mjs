/**
 * Records the transcripts anew: `node scripts/record-transcripts.mjs`, after a build. Needed when the event
 * format, the personas or the bundled dataset change; the test over them says so.
 */
import path from 'node:path';
import {
  defaultDatasetFolder,
  FileSink,
  loadTask,
  prepareTask,
  runSimulation,
  scenarios,
} from '../dist/src/index.js';

const TRANSCRIPTS = path.resolve(import.meta.dirname, '..', 'transcripts');

/** File name without ending, scenario, features and personas of each transcript. */
const RECORDINGS = [
  ['coop_gold-rebase', 'coop', [2, 3], ['scripted/gold-rebase']],
  ['coop_ablation_gold-rebase', 'coop_ablation', [2, 3], ['scripted/gold-rebase']],
  ['coop_gold', 'coop', [2, 3], ['scripted/gold']],
  ['coop_overlap', 'coop', [2, 3], ['scripted/overlap', 'scripted/gold']],
];

const task = await prepareTask(await loadTask(defaultDatasetFolder(), 'waypost_router_task', 1));
for (const [name, scenario, features, models] of RECORDINGS) {
  const sinks = [new FileSink(path.join(TRANSCRIPTS, `${name}.jsonl`))];
  const { verdict } = await runSimulation(scenarios.get(scenario), { task, features, models, sinks }).result;
  process.stdout.write(`${name}: ${verdict?.explanation ?? 'no verdict'}\n`);
}
