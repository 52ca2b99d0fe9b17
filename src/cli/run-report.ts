import path from 'node:path';
import type { StepResult } from '../experiment/perform-run.js';
import { summarizeRun, type RunSummary } from '../experiment/run-summary.js';
import { plainText } from './plain-text.js';
import type { Terminal } from './terminal.js';

/** A step's result as `--json` prints it. */
export function reportAsJson(result: StepResult): RunSummary & { log: string; files: readonly string[] } {
  return { ...summarizeRun(result.events), log: result.log, files: result.files };
}

/** Prints one row a run: setting, merge, each feature, both, messages, verdict. */
export function printVerdictTable(summaries: readonly RunSummary[], terminal: Terminal): void {
  const { colors } = terminal;
  const width = Math.max(...summaries.map((summary) => summary.verdict?.features.length ?? 0), 1);
  const features = Array.from({ length: width }, (_, index) => `feature ${index + 1}`);
  const head = [
    'setting',
    'merge',
    ...features,
    width > 2 ? 'all' : 'both',
    'delivered / withheld',
    'verdict',
  ];
  const mark = (passed: boolean): string => (passed ? colors.green('pass') : colors.red('fail'));
  const rows = summaries.map((summary) => {
    const { verdict, messages } = summary;
    // What broke under a run says nothing of its features.
    const isBroken = verdict?.lostAt === 'infrastructure';
    const outcomes = features.map((_, index) => {
      const feature = verdict?.features[index];
      return feature === undefined || isBroken ? '-' : mark(feature.passed);
    });
    const all =
      verdict === undefined || isBroken ? '-' : verdict.features.length > 1 ? mark(verdict.success) : '-';
    return [
      summary.setting,
      mergeText(summary),
      ...outcomes,
      all,
      summary.agents.length > 1 && summary.stops.length > 0
        ? `${messages.delivered} / ${messages.withheld}`
        : '-',
      verdictText(summary, colors),
    ];
  });
  terminal.printTable(head, rows);
}

function mergeText({ merge, merges, verdict }: RunSummary): string {
  if (merge === undefined) return '-';
  const resolved = verdict?.strategy !== undefined && verdict.strategy !== 'naive' && verdict.success;
  const tried = merges.length > 1 && !resolved ? '' : resolved ? ` → ${verdict.strategy}` : '';
  return `${merge}${tried}`;
}

function verdictText({ verdict, cause, status }: RunSummary, colors: Terminal['colors']): string {
  if (verdict === undefined) return status;
  if (verdict.success) return colors.green('success');
  const why = cause === undefined ? '' : ` (${cause.cause})`;
  return colors.red(`${verdict.lostAt ?? 'failed'}${why}`);
}

/** What a step brought and where it lies, for people. */
export function printReport(result: StepResult, terminal: Terminal): void {
  const summary = summarizeRun(result.events);
  if (summary.verdict !== undefined) {
    printVerdictTable([summary], terminal);
    terminal.print(plainText(summary.verdict.explanation, 300));
    if (summary.cause !== undefined) terminal.print(`cause: ${plainText(summary.cause.reason, 300)}`);
  } else {
    const stops = summary.stops.map(
      (stop) => `${stop.agent} ${stop.reason} after ${stop.steps} step${stop.steps === 1 ? '' : 's'}`,
    );
    terminal.print(stops.join('; ') || summary.status);
  }
  if (summary.cost.calls > 0) terminal.print(costText(summary));
  for (const file of result.files) terminal.print(`wrote ${here(file)}`);
  terminal.print(`log ${here(result.log)}`);
}

function costText({ cost }: RunSummary): string {
  const { input, output, cacheRead, cacheWrite } = cost.tokens;
  const dollars =
    cost.unpriced.length > 0
      ? `$${cost.dollars.toFixed(4)} + unpriced (${cost.unpriced.join(', ')})`
      : `$${cost.dollars.toFixed(4)}`;
  return `${cost.calls} calls, ${input} in + ${output} out tokens (cache: ${cacheRead} read, ${cacheWrite} written), ${dollars}`;
}

/** A path as short as it can be written from here. */
export function here(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith('..') ? file : relative;
}
