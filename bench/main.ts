/**
 * Runs the benchmarks: `npm run bench`, `npm run bench -- bus merge`, `npm run bench -- --json`.
 * Figures go to stdout, progress to stderr. Time is never a reason for a failure.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

import { describeError } from '../src/base/errors.js';
import { figureLine, isMet, type Benchmark, type Figure } from './benchmark.js';
import { bus } from './bus.js';
import { confinedSandbox } from './confined-sandbox.js';
import { harness } from './harness.js';
import { help } from './help.js';
import { merge } from './merge.js';

const BENCHMARKS: readonly Benchmark[] = [harness, merge, bus, help, confinedSandbox];

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { json: { type: 'boolean' } },
    allowPositionals: true,
  });
  const unknown = positionals.find((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
  if (unknown !== undefined) {
    const known = BENCHMARKS.map((benchmark) => benchmark.name).join(', ');
    process.stderr.write(`there is no benchmark "${unknown}"; there are: ${known}\n`);
    return 2;
  }
  const chosen = BENCHMARKS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`;
  const results: { name: string; question: string; figures: readonly (Figure & { met?: boolean })[] }[] = [];
  if (values.json !== true) process.stdout.write(`${machine}\n`);
  for (const { name, question, run } of chosen) {
    const say = (text: string): void => void process.stderr.write(`bench ${name}: ${text}\n`);
    const figures = await run(say);
    results.push({
      name,
      question,
      figures: figures.map((figure) => {
        const met = isMet(figure);
        return met === undefined ? figure : { ...figure, met };
      }),
    });
    if (values.json !== true) {
      process.stdout.write(
        `\n${name}: ${question}\n${figures.map((figure) => `${figureLine(figure)}\n`).join('')}`,
      );
    }
  }
  if (values.json === true) process.stdout.write(`${JSON.stringify({ machine, results }, null, 2)}\n`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`bench: ${describeError(error)}\n`);
  process.exitCode = 1;
}
