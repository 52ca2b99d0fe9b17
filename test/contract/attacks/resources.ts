import { expect } from 'vitest';

import { ATTACK_LIMITS, resultOf, type Attack, type Outcome } from './attack.js';

const MEBIBYTE = 1024 ** 2;
const killed = (outcome: Outcome): void =>
  expect(resultOf(outcome)).toMatchObject({ exitCode: 124, timedOut: true });

/** Text that fills files until it is stopped, and says how many bytes it got; it never tries more than 512 MiB. */
const FILL = 512;

const filled = (outcome: Outcome): number => Number(/filled (\d+)/.exec(resultOf(outcome).stdout)?.[1] ?? 0);

/** Processes that together want three times the memory there is. */
const HOLDERS = 12;

/** Attempts to use up the machine, each bounded so that a sandbox that fails does no lasting harm. */
export const RESOURCES: readonly Attack[] = [
  {
    name: 'starts more processes than it may',
    // The shell's own processes come first, for it waits long where it cannot start one.
    script: (w) =>
      `(sleep 0.3; seq 400 | xargs -P 400 -n 1 bash -c 'exec -a ${w.token} sleep 4') & sleep 2.5; set -- /proc/[0-9]*; echo "alive $#"`,
    options: { timeout: 15_000 },
    isAlone: true,
    refused: (outcome) => {
      // A sandbox that cannot refuse one process more may end the command instead, and say so.
      if (/more than \d+ processes/.test(resultOf(outcome).stderr)) return;
      const alive = Number(/alive (\d+)/.exec(resultOf(outcome).stdout)?.[1]);
      expect(alive).toBeGreaterThan(8);
      expect(alive).toBeLessThanOrEqual(ATTACK_LIMITS.processes + 8);
    },
  },
  {
    name: 'is a fork bomb',
    script: (w) => `bash -c 'b() { b "$1" | b "$1" & }; b ${w.token}; sleep 60' ${w.token}`,
    options: { timeout: 2000 },
    isAlone: true,
    refused: (outcome) => expect(resultOf(outcome).exitCode).not.toBe(0),
  },
  {
    name: 'takes more memory than it may, in one process',
    // Without a line's end in sight, tail keeps all of it.
    script: () => 'head -c 2G /dev/zero | tail > /dev/null; exit ${PIPESTATUS[1]}',
    options: { timeout: 30_000 },
    isAlone: true,
    refused: (outcome) => {
      expect(resultOf(outcome)).toMatchObject({ timedOut: false });
      expect(resultOf(outcome).exitCode).not.toBe(0);
    },
  },
  {
    name: 'takes more memory than it may, spread over processes',
    script: () =>
      `for i in {1..${HOLDERS}}; do (head -c ${100 * MEBIBYTE} /dev/zero; sleep 4) | (tail > /dev/null && echo held) & done; wait`,
    options: { timeout: 20_000 },
    isAlone: true,
    refused: (outcome) => expect(resultOf(outcome).stdout.split('held').length - 1).toBeLessThan(HOLDERS),
  },
  {
    name: 'fills the disk by one file',
    script: () => `head -c ${FILL}M /dev/zero > fill; echo "filled $(stat -c %s fill)"`,
    options: { timeout: 20_000 },
    isAlone: true,
    refused: (outcome, _world, { limitsDisk }) => {
      const most = limitsDisk ? ATTACK_LIMITS.disk : FILL * MEBIBYTE;
      expect(filled(outcome)).toBeLessThanOrEqual(most);
    },
  },
  {
    name: 'fills the disk by many files',
    script: () =>
      `for i in {1..64}; do head -c 8M /dev/zero > fill-$i || break; sleep 0.05; done; echo "filled $(($(du -sk . | cut -f1) * 1024))"`,
    options: { timeout: 20_000 },
    isAlone: true,
    refused: (outcome, _world, { limitsDisk }) => {
      // A watch looks five times a second; what is written meanwhile is part of its promise.
      const most = limitsDisk ? ATTACK_LIMITS.disk * 2 : FILL * MEBIBYTE * 1.1;
      expect(filled(outcome)).toBeLessThanOrEqual(most);
    },
  },
  {
    name: 'fills shared memory',
    script: () => `head -c ${FILL}M /dev/zero > /dev/shm/fill; echo "filled $(stat -c %s /dev/shm/fill)"`,
    options: { timeout: 20_000 },
    isAlone: true,
    refused: (outcome) => expect(filled(outcome)).toBeLessThanOrEqual(ATTACK_LIMITS.disk),
  },
  {
    name: 'prints a gigabyte',
    attempt: async (sandbox) => {
      const before = process.memoryUsage().rss;
      const result = await sandbox.run(['bash', '-c', 'yes | head -c 1000000000'], { timeout: 60_000 });
      expect(process.memoryUsage().rss - before).toBeLessThan(300 * MEBIBYTE);
      return result;
    },
    refused: (outcome) => {
      const { truncated, stdout, exitCode } = resultOf(outcome);
      expect({ truncated, exitCode }).toEqual({ truncated: true, exitCode: 0 });
      expect(stdout.length).toBeLessThan(70_000);
    },
  },
  {
    name: 'prints what is no text',
    script: () => `head -c 40000 /dev/urandom; printf '\\0\\033]0;title\\007\\033[2J\\xff\\xfe'`,
    refused: (outcome) => expect(resultOf(outcome)).toMatchObject({ exitCode: 0 }),
  },
  {
    name: 'never ends',
    script: (w) => `exec -a ${w.token} bash -c 'while :; do :; done' ${w.token}`,
    options: { timeout: 500 },
    refused: killed,
  },
  {
    name: 'ignores SIGTERM and all else that can be ignored',
    script: (w) =>
      `exec bash -c 'trap "" TERM INT HUP QUIT USR1 USR2 PIPE ALRM; while :; do sleep 1; done' ${w.token}`,
    options: { timeout: 500 },
    refused: killed,
  },
  {
    name: 'stops itself, so that no signal but one would reach it',
    script: (w) => `bash -c 'kill -STOP $$; sleep 60' ${w.token}`,
    options: { timeout: 500 },
    refused: killed,
  },
  {
    name: 'leaves a daemon behind, in a session of its own and without a parent',
    script: (w) =>
      `(setsid bash -c 'cd /; exec env -i bash -c "while :; do sleep 1; done" ${w.token}' > /dev/null 2>&1 < /dev/null &); sleep 0.2; echo left`,
    isAlone: true,
    refused: (outcome) => expect(resultOf(outcome)).toMatchObject({ exitCode: 0, stdout: 'left\n' }),
  },
  {
    name: 'leaves a daemon behind from a command that times out',
    script: (w) =>
      `(setsid bash -c 'trap "" TERM HUP; while :; do sleep 1; done' ${w.token} > /dev/null 2>&1 < /dev/null &); sleep 60`,
    options: { timeout: 600 },
    isAlone: true,
    refused: killed,
  },
];
