import { stripVTControlCharacters } from 'node:util';

import { parseCargoOutput } from './cargo-output.js';
import { parseGoOutput } from './go-output.js';
import { parseJestOutput, parseMochaOutput, parseVitestOutput } from './javascript-output.js';
import { parseNodeOutput } from './node-output.js';
import { parsePytestOutput, parseUnittestOutput } from './python-output.js';
import { sumCounts, type OutputParser, type TestCounts } from './test-counts.js';

const PARSERS: readonly OutputParser[] = [
  parseNodeOutput,
  parseUnittestOutput,
  parsePytestOutput,
  parseJestOutput,
  parseVitestOutput,
  parseMochaOutput,
  parseGoOutput,
  parseCargoOutput,
];

/** Longer lines are program output and no summary; matching against them would only cost time. */
const LONGEST_LINE = 10_000;

/**
 * What the test runners in an output said they did, all together; `undefined` when none said anything that is
 * understood. The output is the tested program's as much as the runner's: these numbers inform, and only the exit
 * code decides (see `judgeTestRun`). Never throws.
 */
export function parseTestOutput(output: string): TestCounts | undefined {
  const lines = stripVTControlCharacters(output)
    .split('\n')
    .filter((line) => line.length <= LONGEST_LINE)
    .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  return sumCounts(PARSERS.flatMap((parse) => parse(lines) ?? []));
}
