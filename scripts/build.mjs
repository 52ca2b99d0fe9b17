/**
 * Compiles Troupe into dist/. The new folder takes the old one's place only once it is complete, so that a failed
 * build leaves the last good one, and no output of a removed source stays behind.
 *
 *   node scripts/build.mjs [--with-benchmarks]
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const PROJECT = fileURLToPath(new URL('..', import.meta.url));

const STAMP = '.build.json';
const SOURCES = ['src', 'agents', 'scenarios'];
const BENCHMARKS = 'bench';
const COMPILER = 'node_modules/typescript/bin/tsc';
const PROGRAM = 'src/cli/main.js';

/** A hash of everything that the build's outcome depends on. */
export function hashSources(project, withBenchmarks) {
  const hash = createHash('sha256');
  const single = ['tsconfig.json', 'package-lock.json', 'scripts/build.mjs', 'scripts/tsconfig.bench.json'];
  const files = foldersToBuild(withBenchmarks).flatMap((folder) => filesBelow(project, folder));
  for (const file of [...single, ...files]) {
    const absolute = path.join(project, file);
    if (!existsSync(absolute)) continue;
    const content = readFileSync(absolute);
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** What the last build left; `undefined` where there is no whole one. */
export function readBuildStamp(project) {
  try {
    return JSON.parse(readFileSync(path.join(project, 'dist', STAMP), 'utf8'));
  } catch {
    return undefined;
  }
}

/** Compiles; resolves to whether that succeeded. The compiler's complaints go to stderr. */
export async function build(project, { withBenchmarks = false } = {}) {
  // Taken first: a source that changes while the compiler runs makes the next build due.
  const stamp = { sourceHash: hashSources(project, withBenchmarks), withBenchmarks };
  const fresh = path.join(project, `dist.new-${process.pid}`);
  await rm(fresh, { recursive: true, force: true });
  try {
    if (!(await compile(project, fresh, withBenchmarks))) return false;
    await copyCompanions(project, fresh, withBenchmarks);
    const program = path.join(fresh, PROGRAM);
    if (existsSync(program)) await chmod(program, 0o755);
    await writeFile(path.join(fresh, STAMP), `${JSON.stringify(stamp)}\n`);
    await takePlace(fresh, path.join(project, 'dist'));
    return true;
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** Puts a folder in another's place, also where a second build does the same at the same time. */
async function takePlace(fresh, place) {
  for (let attempt = 1; ; attempt += 1) {
    await rm(place, { recursive: true, force: true });
    try {
      await rename(fresh, place);
      return;
    } catch (error) {
      if (attempt === 5 || !['ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error;
    }
  }
}

async function compile(project, target, withBenchmarks) {
  const configuration = withBenchmarks ? 'scripts/tsconfig.bench.json' : 'tsconfig.json';
  const child = spawn(
    process.execPath,
    [path.join(project, COMPILER), '-p', configuration, '--outDir', target],
    // Whoever reads stdout (npm pack --json) expects nothing of ours there.
    { cwd: project, stdio: ['ignore', 2, 2] },
  );
  const [code] = await once(child, 'exit');
  return code === 0;
}

/** Prompts, pages and other files that are read at run time travel beside the modules that read them. */
async function copyCompanions(project, target, withBenchmarks) {
  for (const folder of foldersToBuild(withBenchmarks)) {
    for (const file of filesBelow(project, folder)) {
      if (/\.[cm]?tsx?$/.test(file)) continue;
      await mkdir(path.dirname(path.join(target, file)), { recursive: true });
      await copyFile(path.join(project, file), path.join(target, file));
    }
  }
}

function foldersToBuild(withBenchmarks) {
  return withBenchmarks ? [...SOURCES, BENCHMARKS] : SOURCES;
}

/** Files of a folder of the project, hidden ones left out, sorted, with their paths from the project. */
function filesBelow(project, folder) {
  const absolute = path.join(project, folder);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.'))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      const name = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(project, name) : entry.isFile() ? [name] : [];
    });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const withBenchmarks = process.argv.includes('--with-benchmarks');
  process.exitCode = (await build(PROJECT, { withBenchmarks })) ? 0 : 1;
}
