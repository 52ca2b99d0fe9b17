import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A patch that changes one line of ten in `lines.txt`, as git writes it. */
export function linePatch(line: number, replacement: string, file = 'lines.txt'): string {
  return patchBetween({ [file]: tenLines() }, { [file]: tenLines({ [line]: replacement }) });
}

export function tenLines(changes: Readonly<Record<number, string>> = {}): string {
  return Array.from({ length: 10 }, (_, index) => `${changes[index + 1] ?? `line ${index + 1}`}\n`).join('');
}

/** The patch from one set of files to another. */
export function patchBetween(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(patchScratch, 'patch-'));
  for (const [side, files] of Object.entries({ a: before, b: after })) {
    mkdirSync(path.join(folder, side), { recursive: true });
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, side, name)), { recursive: true });
      writeFileSync(path.join(folder, side, name), content);
    }
  }
  try {
    execFileSync('git', ['diff', '--no-index', '--no-prefix', 'a', 'b'], { cwd: folder, stdio: 'pipe' });
    return '';
  } catch (error) {
    return (error as { stdout: Buffer }).stdout.toString();
  }
}

let patchScratch = '';

/** Where {@link patchBetween} may leave files. */
export function usePatchScratch(folder: string): void {
  patchScratch = folder;
}

export const SETUP = `#!/usr/bin/env bash
set -e
mkdir demo_repo
cp -R "$(dirname "$0")/base/." demo_repo/
cd demo_repo
git init -q
git add -A
git commit -qm base
`;

export interface ScratchFeature {
  readonly gold?: string;
  readonly tests?: string;
  readonly description?: string;
}

/** Writes one task in CooperBench's layout; what is undefined is left out. */
export function writeTask(
  folder: string,
  task: {
    readonly setup?: string | undefined;
    readonly base?: Readonly<Record<string, string>>;
    readonly features?: Readonly<Record<string, ScratchFeature>>;
    readonly others?: Readonly<Record<string, string>>;
  } = {},
): string {
  const put = (name: string, content: string | undefined): void => {
    if (content === undefined) return;
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  };
  mkdirSync(folder, { recursive: true });
  put('setup.sh', 'setup' in task ? task.setup : SETUP);
  for (const [name, content] of Object.entries(task.base ?? { 'lines.txt': tenLines() })) put(`base/${name}`, content);
  for (const [name, content] of Object.entries(task.others ?? {})) put(name, content);
  for (const [name, feature] of Object.entries(task.features ?? { feature1: {} })) {
    mkdirSync(path.join(folder, name), { recursive: true });
    put(`${name}/feature.md`, feature.description ?? `# ${name}\n`);
    put(`${name}/feature.patch`, feature.gold);
    put(`${name}/tests.patch`, feature.tests);
  }
  return folder;
}
