/**
 * Packs Troupe as npm would publish it, looks at what is in the package, installs it in an empty folder with an
 * empty home, and does there what a newcomer does.
 *
 *   node scripts/check-package.mjs [--contents-only]
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));

/** What is wrong with a package of these files, one line each. */
export function packageComplaints(description, files) {
  const present = new Set(files);
  const complaints = [];
  const needed = [
    'README.md',
    'LICENSE',
    'package.json',
    ...pathsIn(description.bin),
    ...pathsIn(description.exports),
  ];
  for (const file of needed) if (!present.has(file)) complaints.push(`${file} is missing from the package`);
  for (const folder of ['dataset', 'dist/agents', 'dist/scenarios']) {
    if (!files.some((file) => file.startsWith(`${folder}/`)))
      complaints.push(`${folder}/ is missing from the package`);
  }
  for (const file of files) {
    if (
      /(?:^|\/)(?:\.env|\.npmrc|\.git|node_modules)(?:\/|$)|^(?:test|bench|dist\/bench|dist\/test|logs|coverage)\//.test(
        file,
      )
    ) {
      complaints.push(`${file} does not belong in the package`);
    }
  }
  return complaints;
}

function pathsIn(value) {
  if (typeof value === 'string') return [value.replace(/^\.\//, '')];
  return Object.values(value ?? {}).flatMap(pathsIn);
}

/** What a newcomer does with the package: a command line, and a look at what it printed. */
const STEPS = [
  { parameters: ['--help'], check: (output) => /Usage: troupe/.test(output) },
  { parameters: ['--version'], check: (output) => /^\d+\.\d+\.\d+/.test(output) },
  { parameters: ['demo', '--json'], check: isJson },
  { parameters: ['dataset', 'check'], check: () => true },
  { parameters: ['dataset', 'conflicts', '--json'], check: isJson },
];

function isJson(output) {
  try {
    JSON.parse(output);
    return true;
  } catch {
    return false;
  }
}

function main(contentsOnly) {
  const scratch = mkdtempSync(path.join(tmpdir(), 'troupe-package-'));
  try {
    const folder = path.join(scratch, 'empty');
    const home = path.join(scratch, 'home');
    for (const made of [folder, home]) mkdirSync(made);
    const packed = JSON.parse(
      lastJson(
        execFileSync('npm', ['pack', '--json', '--pack-destination', scratch], {
          cwd: PROJECT,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'inherit'],
        }),
      ),
    )[0];
    const description = JSON.parse(
      execFileSync('tar', ['-xzOf', path.join(scratch, packed.filename), 'package/package.json'], {
        encoding: 'utf8',
      }),
    );
    const files = packed.files.map((file) => file.path);
    const complaints = packageComplaints(description, files);
    if (complaints.length > 0) return complaints;
    say(`packed ${files.length} files, ${Math.round(packed.size / 1024)} KiB`);
    if (contentsOnly) return [];
    const environment = newcomer(home);
    writeFileSync(path.join(folder, 'package.json'), '{"private":true}\n');
    execFileSync(
      'npm',
      ['install', '--no-audit', '--no-fund', '--loglevel=error', path.join(scratch, packed.filename)],
      {
        cwd: folder,
        env: environment,
        stdio: ['ignore', 2, 2],
      },
    );
    return STEPS.flatMap(({ parameters, check }) => {
      const words = `npx troupe ${parameters.join(' ')}`;
      say(words);
      try {
        const output = execFileSync('npx', ['--no-install', 'troupe', ...parameters], {
          cwd: folder,
          env: environment,
          encoding: 'utf8',
          maxBuffer: 64 * 1024 * 1024,
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        return check(output) ? [] : [`${words}: unexpected output: ${output.slice(0, 300)}`];
      } catch (error) {
        return [`${words}: ${error.message.split('\n')[0]}`];
      }
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** npm prints what life-cycle scripts say before its own JSON. */
function lastJson(output) {
  return output.slice(output.search(/^\[$/m));
}

/** An environment without keys, with an empty home; npm's settings, such as a registry, stay. */
function newcomer(home) {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/(?:KEY|TOKEN|SECRET|PASSWORD)/i.test(name) && !/^npm_(?!config_)/i.test(name),
  );
  return { ...Object.fromEntries(kept), HOME: home };
}

function say(text) {
  process.stderr.write(`package: ${text}\n`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const complaints = main(process.argv.includes('--contents-only'));
  for (const complaint of complaints) say(complaint);
  process.exitCode = complaints.length === 0 ? 0 : 1;
}
