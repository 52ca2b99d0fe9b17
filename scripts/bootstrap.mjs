/**
 * Does the work of `npm start`, `npm test` and `npm run bench` on a fresh clone: installs packages and compiles
 * when that is due, says so on stderr, then runs the thing itself. Needs nothing but Node and npm.
 *
 *   node scripts/bootstrap.mjs start|test|bench [arguments …]
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { build, hashSources, PROJECT, readBuildStamp } from './build.mjs';
import { buildReason, exitCodeOf, installReason, nodeWillDo, OLDEST_NODE } from './freshness.mjs';

const INSTALL_STAMP = 'node_modules/.troupe-install.json';

/** What each command runs in the end, and whether it needs the benchmarks compiled. */
const COMMANDS = {
  start: { program: ['dist/src/cli/main.js', 'demo'] },
  test: { program: ['node_modules/vitest/vitest.mjs', 'run'] },
  bench: { program: ['dist/bench/main.js'], withBenchmarks: true },
};

async function main([name = '', ...parameters]) {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    say(`there is no "${name}"; there are: ${Object.keys(COMMANDS).join(', ')}`);
    return 2;
  }
  if (!nodeWillDo(process.version)) {
    say(`Node ${OLDEST_NODE.join('.')} or later is needed; this is ${process.version}`);
    return 2;
  }
  const installed = await installIfDue();
  if (installed !== 0) return installed;
  if (!(await buildIfDue(command.withBenchmarks === true))) {
    say('the sources do not compile; nothing was run');
    return 1;
  }
  const [program, ...fixed] = command.program;
  if (!existsSync(path.join(PROJECT, program))) {
    say(`${program} is missing, although everything was built`);
    return 1;
  }
  return run(process.execPath, [path.join(PROJECT, program), ...fixed, ...parameters], 'inherit');
}

/** Installs packages where that is due; resolves to the exit code, 0 when all is well. */
async function installIfDue() {
  const lockText = readFileSync(path.join(PROJECT, 'package-lock.json'));
  const found = {
    lockHash: createHash('sha256').update(lockText).digest('hex'),
    platform: `${process.platform}-${process.arch}`,
    stamp: readJson(INSTALL_STAMP),
    lock: JSON.parse(lockText.toString('utf8')),
    installed: readJson('node_modules/.package-lock.json'),
  };
  const reason = installReason(found);
  if (reason !== undefined) {
    say(`installing packages, because ${reason} …`);
    const code = await runNpm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
    if (code !== 0) {
      say(`npm ci ended with exit code ${code}; nothing was run`);
      return code;
    }
  }
  if (reason !== undefined || found.stamp === undefined) {
    const { lockHash, platform } = found;
    writeFileSync(path.join(PROJECT, INSTALL_STAMP), `${JSON.stringify({ lockHash, platform })}\n`);
  }
  return 0;
}

async function buildIfDue(withBenchmarks) {
  const stamp = readBuildStamp(PROJECT);
  // Benchmarks that were once compiled stay so, lest two commands in turn undo each other's work.
  const all = withBenchmarks || (stamp?.withBenchmarks === true && existsSync(path.join(PROJECT, 'bench')));
  const sourceHash = hashSources(PROJECT, all);
  const reason = buildReason({ sourceHash, stamp, withBenchmarks: all });
  if (reason === undefined) return true;
  say(`compiling, because ${reason} …`);
  return build(PROJECT, { withBenchmarks: all });
}

function runNpm(parameters) {
  // Under npm its own program is known, and need not be on the search path.
  const own = process.env['npm_execpath'];
  const known = own !== undefined && /npm-cli\.[cm]?js$/.test(own);
  // What npm has to say goes to stderr: stdout belongs to the command itself.
  return run(known ? process.execPath : 'npm', known ? [own, ...parameters] : parameters, ['ignore', 2, 2]);
}

/** Runs a program in the project's place, passing signals on; resolves to its exit code. */
function run(program, parameters, stdio) {
  return new Promise((resolve) => {
    const child = spawn(program, parameters, { cwd: PROJECT, stdio });
    const forward = (signal) => {
      // A terminal sends Ctrl-C to parent and child alike; twice would look like impatience.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    const end = (code) => {
      for (const signal of signals) process.off(signal, forward);
      resolve(code);
    };
    child.once('error', (error) => {
      say(`${program} could not be started: ${error.message}`);
      end(1);
    });
    child.once('exit', (code, signal) => end(exitCodeOf(code, signal, constants.signals)));
  });
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(path.join(PROJECT, file), 'utf8'));
  } catch {
    return undefined;
  }
}

function say(text) {
  process.stderr.write(`troupe: ${text}\n`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await main(process.argv.slice(2));
}
