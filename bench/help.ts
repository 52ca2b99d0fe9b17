import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { Benchmark } from './benchmark.js';
import { sideBySide } from './side-by-side.js';

const PROGRAM = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));

/** How long a user waits for an answer that needs no work. */
export const help: Benchmark = {
  name: 'help',
  question: 'whole processes of `troupe --help` against `node -e 0`, alternating',
  run: async (say) => {
    if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing; build first`);
    const repetitions = 25;
    say(`${repetitions} processes of each`);
    const start = (...parameters: string[]): void => {
      const { status, stdout } = spawnSync(process.execPath, parameters, { encoding: 'utf8' });
      const isHelp = parameters[0] === PROGRAM;
      if (status !== 0 || isHelp !== /^Usage: troupe/m.test(stdout)) {
        throw new Error(`node ${parameters.join(' ')} did not do as it should`);
      }
    };
    const times = await sideBySide(
      { node: () => start('-e', '0'), troupe: () => start(PROGRAM, '--help') },
      repetitions,
    );
    return [
      {
        name: '`troupe --help` / `node -e 0`',
        value: times.troupe / times.node,
        unit: '×',
        target: { atMost: 2.5 },
      },
      { name: '`troupe --help`', value: times.troupe, unit: 'ms' },
      { name: '`node -e 0`', value: times.node, unit: 'ms' },
    ];
  },
};
