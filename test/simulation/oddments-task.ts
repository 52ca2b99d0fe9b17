import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/** Name of the task's repository folder in a dataset. */
export const ODDMENTS = 'oddments_task';

/** A name that breaks whoever passes names through a shell, a line-based format or a pattern. */
export const ODD_NAME = `odd/it's "naïve" $(touch pwned) *.txt`;

/** Pairs of the task's features, and what becomes of them. */
export const ODDMENTS_PAIRS = {
  /** Far apart in one file. */
  clean: [1, 2],
  /** Different words on one line: no merge of lines passes, one that reads does. */
  conflict: [1, 3],
  /** Both add at the end of one file: keeping both sides passes. */
  union: [5, 6],
  /** Binary, CRLF, mode bits, links, renames and odd names against plain lines. */
  odd: [2, 4],
} as const;

/** What line 3 must say once features 1 and 3 are joined. */
export const JOINED_LINE = 'line 3 has one and three';

interface FeatureSource {
  readonly title: string;
  /** Changes the working copy. */
  readonly edit: (folder: string) => void;
  /** Shell text that fails unless the feature is there. */
  readonly test: string;
}

const replaceLine = (folder: string, file: string, number: number, text: string): void => {
  const lines = readFileSync(path.join(folder, file), 'utf8').split('\n');
  lines[number - 1] = text;
  writeFileSync(path.join(folder, file), lines.join('\n'));
};

const TWENTY = '[ "$(wc -l < lines.txt)" -eq 20 ]';

const FEATURES: readonly FeatureSource[] = [
  {
    title: 'Line three has one',
    edit: (folder) => replaceLine(folder, 'lines.txt', 3, 'line 3 has one'),
    test: `sed -n 3p lines.txt | grep -q one && ${TWENTY}`,
  },
  {
    title: 'Line fifteen has two',
    edit: (folder) => replaceLine(folder, 'lines.txt', 15, 'line 15 has two'),
    test: `sed -n 15p lines.txt | grep -q two && ${TWENTY}`,
  },
  {
    title: 'Line three has three',
    edit: (folder) => replaceLine(folder, 'lines.txt', 3, 'line 3 has three'),
    test: `sed -n 3p lines.txt | grep -q three && ${TWENTY}`,
  },
  {
    title: 'Oddments of every kind',
    edit: (folder) => {
      const at = (name: string): string => path.join(folder, name);
      const binary = readFileSync(at('logo.bin'));
      writeFileSync(
        at('logo.bin'),
        Buffer.concat([binary.subarray(0, 500), Buffer.from([0, 255, 13, 10, 0]), binary]),
      );
      writeFileSync(
        at('new.bin'),
        Buffer.from(Array.from({ length: 150_000 }, (_zero, index) => (index * 7919) % 256)),
      );
      writeFileSync(
        at('windows.txt'),
        readFileSync(at('windows.txt'), 'utf8').replace('two\r\n', 'zwei\r\ndrei\r\n'),
      );
      renameSync(at('old-name.txt'), at('new-name.txt'));
      unlinkSync(at('legacy/gone.txt'));
      // A folder gives way to a file of its name.
      rmSync(at('switch'), { recursive: true });
      writeFileSync(at('switch'), 'a file now\n');
      mkdirSync(path.dirname(at(ODD_NAME)), { recursive: true });
      writeFileSync(at(ODD_NAME), 'odd\n');
      writeFileSync(at('-dash'), 'no last line end');
      writeFileSync(at('empty'), '');
      chmodSync(at('tool.sh'), 0o755);
      chmodSync(at('was-executable.sh'), 0o644);
      writeFileSync(at('run-me'), '#!/bin/sh\necho ran\n', { mode: 0o755 });
      unlinkSync(at('link'));
      symlinkSync('new-name.txt', at('link'));
      symlinkSync('lines.txt', at('-new-link'));
      unlinkSync(at('link-to-file'));
      writeFileSync(at('link-to-file'), 'a file now\n');
    },
    test: [
      '[ -x tool.sh ] && [ ! -x was-executable.sh ] && [ "$(./run-me)" = ran ]',
      '[ ! -e old-name.txt ] && [ ! -e legacy ] && [ -f switch ] && [ -f empty ] && [ ! -s empty ]',
      '[ "$(readlink link)" = new-name.txt ] && [ "$(readlink ./-new-link)" = lines.txt ] && [ ! -L link-to-file ]',
      '[ "$(wc -c < new.bin)" -eq 150000 ] && [ "$(ls odd | wc -l)" -eq 1 ] && [ ! -e pwned ]',
      'printf "one\\r\\nzwei\\r\\ndrei\\r\\nthree\\r\\n" | cmp - windows.txt',
    ].join(' && '),
  },
  {
    title: 'Five is on the list',
    edit: (folder) => writeFileSync(path.join(folder, 'list.txt'), 'first\nlast\nfive\n'),
    test: 'grep -qx five list.txt',
  },
  {
    title: 'Six is on the list',
    edit: (folder) => writeFileSync(path.join(folder, 'list.txt'), 'first\nlast\nsix\n'),
    test: 'grep -qx six list.txt',
  },
];

const SETUP = `#!/usr/bin/env bash
set -euo pipefail
here="$(cd "$(dirname "\${BASH_SOURCE[0]}")" && pwd -P)"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=o GIT_AUTHOR_EMAIL=o@example.org GIT_AUTHOR_DATE=2026-01-01T00:00:00Z
export GIT_COMMITTER_NAME=o GIT_COMMITTER_EMAIL=o@example.org GIT_COMMITTER_DATE=2026-01-01T00:00:00Z
mkdir oddments_repo
cp -a "$here/base/." oddments_repo/
git -C oddments_repo init -q -b main
git -C oddments_repo add -A -f
git -C oddments_repo commit -q -m base
`;

/** A test script that needs no runner, so that runs of it are quick. */
const RUN_TESTS = `#!/usr/bin/env bash
set -u
cd -- "$1" || exit 1
trap 'git reset --hard -q; git clean -fdq' EXIT
git apply --ignore-whitespace --ignore-space-change "$2" || exit 1
passed=0; failed=0
for test in checks/*.check; do
  if sh "$test"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED $test"; fi
done
echo "===== $failed failed, $passed passed in 0.01s ====="
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
`;

function git(folder: string, ...command: string[]): Buffer {
  const environment = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  return execFileSync('git', ['-c', 'user.name=o', '-c', 'user.email=o@example.org', ...command], {
    cwd: folder,
    env: environment,
    maxBuffer: 64 * 1024 * 1024,
  });
}

function writeBase(base: string): void {
  for (const folder of ['legacy', 'switch']) mkdirSync(path.join(base, folder), { recursive: true });
  const at = (name: string): string => path.join(base, name);
  writeFileSync(
    at('lines.txt'),
    Array.from({ length: 20 }, (_line, index) => `line ${index + 1}\n`).join(''),
  );
  writeFileSync(at('list.txt'), 'first\nlast\n');
  writeFileSync(at('windows.txt'), 'one\r\ntwo\r\nthree\r\n');
  writeFileSync(
    at('logo.bin'),
    Buffer.from(Array.from({ length: 4096 }, (_zero, index) => (index * 31) % 256)),
  );
  writeFileSync(at('old-name.txt'), 'a file with a name\nthat will change\n');
  writeFileSync(at('legacy/gone.txt'), 'going\n');
  writeFileSync(at('switch/inner.txt'), 'inside\n');
  writeFileSync(at('tool.sh'), '#!/bin/sh\necho tool\n');
  writeFileSync(at('was-executable.sh'), '#!/bin/sh\n', { mode: 0o755 });
  symlinkSync('old-name.txt', at('link'));
  symlinkSync('lines.txt', at('link-to-file'));
}

/**
 * Writes a dataset with one small task in CooperBench's layout, whose files are of every kind that version control
 * knows and whose tests take milliseconds.
 *
 * @returns the dataset's folder.
 */
export function writeOddments(parent: string): string {
  const task = path.join(parent, 'odd-dataset', ODDMENTS, 'task1');
  mkdirSync(path.join(task, 'base'), { recursive: true });
  writeBase(path.join(task, 'base'));
  writeFileSync(path.join(task, 'setup.sh'), SETUP, { mode: 0o755 });
  writeFileSync(path.join(task, 'run_tests.sh'), RUN_TESTS, { mode: 0o755 });
  const copy = path.join(parent, 'odd-copy');
  cpSync(path.join(task, 'base'), copy, { recursive: true, verbatimSymlinks: true });
  git(copy, 'init', '-q', '-b', 'main');
  git(copy, 'add', '-A', '-f');
  git(copy, 'commit', '-q', '-m', 'base');
  const patchOf = (edit: () => void): Buffer => {
    edit();
    git(copy, 'add', '-A', '-f');
    const patch = git(copy, 'diff', '--cached', '--binary', '-M');
    git(copy, 'reset', '-q', '--hard');
    git(copy, 'clean', '-fdq');
    return patch;
  };
  FEATURES.forEach(({ title, edit, test }, index) => {
    const folder = path.join(task, `feature${index + 1}`);
    mkdirSync(folder);
    writeFileSync(
      path.join(folder, 'feature.md'),
      `**Title**: ${title}\n\n${title}, as the secret of feature ${index + 1} says.\n`,
    );
    writeFileSync(
      path.join(folder, 'feature.patch'),
      patchOf(() => edit(copy)),
    );
    const tests = patchOf(() => {
      mkdirSync(path.join(copy, 'checks'));
      writeFileSync(path.join(copy, `checks/feature${index + 1}.check`), `${test}\n`);
    });
    writeFileSync(path.join(folder, 'tests.patch'), tests);
  });
  const combined = patchOf(() => {
    for (const feature of FEATURES) feature.edit(copy);
    replaceLine(copy, 'lines.txt', 3, JOINED_LINE);
    writeFileSync(path.join(copy, 'list.txt'), 'first\nlast\nfive\nsix\n');
  });
  writeFileSync(path.join(task, 'combined.patch'), combined);
  rmSync(copy, { recursive: true });
  return path.join(parent, 'odd-dataset');
}
