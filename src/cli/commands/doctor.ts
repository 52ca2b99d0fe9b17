import path from 'node:path';
import { tmpdir } from 'node:os';

import { describeError, UserMistake } from '../../base/errors.js';
import { runGit } from '../../git/git-process.js';
import { requireGit } from '../../git/git-version.js';
import { findDocker, removeContainerLeftovers } from '../../sandbox/docker-means.js';
import { removeMachineLeftovers } from '../../sandbox/leftovers.js';
import { describeMachine, sandboxMeans, type MachineCheck } from '../../sandbox/machine-check.js';
import { inspectMachine, type OtherFindings } from '../../sandbox/machine-check-probes.js';
import { chooseWorkRoot } from '../../sandbox/work-root.js';
import { runCommand } from '../command-context.js';
import { EXIT } from '../exit-codes.js';
import { harmless } from '../plain-text.js';
import type { Terminal } from '../terminal.js';

export interface DoctorFlags {
  readonly json: boolean;
  readonly clean: boolean;
}

/** Says what this machine can do and what mends the rest; with `clean`, removes what dead runs left. */
export async function doctor(flags: DoctorFlags): Promise<void> {
  // The command is about to get a work folder of its own in there.
  const workRoot = await chooseWorkRoot(process.env).catch(() => tmpdir());
  await runCommand(async ({ terminal }) => {
    const removed = flags.clean ? await clean(workRoot, terminal) : undefined;
    const [git, docker] = await Promise.all([findGit(), findDocker()]);
    const facts = await inspectMachine({ git, docker, workRoot });
    const checks = describeMachine(facts);
    if (flags.json) {
      const { confined, docker: engine } = sandboxMeans(facts);
      const sandboxes = { confined: confined.isUsable, docker: engine.isUsable };
      terminal.print(
        JSON.stringify({ checks, sandboxes, ...(removed === undefined ? {} : { removed }) }, null, 2),
      );
    } else {
      print(checks, terminal);
      for (const { kind, name } of removed ?? []) terminal.print(`removed ${kind} ${harmless(name)}`);
      if (removed?.length === 0) terminal.print('nothing was left by dead runs');
    }
    return checks.some(({ isRequired, state }) => isRequired && state === 'missing')
      ? EXIT.mistake
      : EXIT.done;
  });
}

/** What was removed; what of it cannot be is noted. */
async function clean(workRoot: string, terminal: Terminal): Promise<{ kind: string; name: string }[]> {
  const removed: { kind: string; name: string }[] = [];
  const steps = [
    () =>
      removeMachineLeftovers({
        workRoots: [workRoot, '/dev/shm', tmpdir()].map((root) => path.resolve(root)),
      }),
    () => removeContainerLeftovers(),
  ];
  for (const step of steps) {
    try {
      removed.push(...(await step()).map(({ kind, name }) => ({ kind, name })));
    } catch (error) {
      // Where there is no engine there are no containers.
      if (!(error instanceof UserMistake)) terminal.note(`error: ${harmless(describeError(error))}`);
    }
  }
  return removed;
}

function print(checks: readonly MachineCheck[], terminal: Terminal): void {
  const { green, yellow, red } = terminal.colors;
  const paint = { ok: green, limited: yellow, missing: red };
  terminal.printTable(
    ['', 'state', 'found', 'mended by'],
    checks.map(({ name, state, detail, remedy }) => [
      name,
      paint[state](state),
      harmless(detail),
      remedy ?? '',
    ]),
  );
}

async function findGit(): Promise<OtherFindings['git']> {
  let version: string | undefined;
  try {
    version = (await runGit(['version'], { folder: '/' })).stdout.toString().trim();
    await requireGit();
    return { version, complaint: undefined };
  } catch (error) {
    return { version, complaint: describeError(error) };
  }
}
