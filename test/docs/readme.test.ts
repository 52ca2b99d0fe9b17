import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokenLinks } from '../../scripts/check-docs.mjs';
import { expandShortFlags } from '../../src/cli/arguments.js';
import { buildProgram } from '../../src/cli/program.js';
import { simpleAgent } from '../cli/simple-agent.js';
import { startProviderServer, type ProviderServer } from '../support/provider-server/index.js';

const PROJECT = path.resolve(import.meta.dirname, '../..');
const readme = readFileSync(path.join(PROJECT, 'README.md'), 'utf8');

/** Fenced blocks of a language, in order. */
function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, code]) => code ?? '',
  );
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runScript(
  file: string,
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file], {
      cwd: folder,
      env: { ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

describe('every TypeScript example of the README', () => {
  const examples = blocks('ts');
  const root = mkdtempSync(path.join(tmpdir(), 'troupe-readme-'));
  // Only below the package does its own name lead to it.
  const build = path.join(PROJECT, 'dist', `readme-${process.pid}`);
  const sources = examples.map((_code, index) => path.join(build, `example${index + 1}.mts`));
  let server: ProviderServer;

  beforeAll(async () => {
    mkdirSync(build, { recursive: true });
    examples.forEach((code, index) => writeFileSync(sources[index] ?? '', code));
    server = await startProviderServer(
      simpleAgent(() => [{ name: 'create', arguments: { path: 'NOTES.md', content: 'Noted.\n' } }]),
    );
  });
  afterAll(async () => {
    await server.close();
    for (const folder of [root, build]) rmSync(folder, { recursive: true, force: true });
  });

  it('is there', () => {
    expect(examples.length).toBeGreaterThanOrEqual(5);
  });

  it('compiles strictly against the types of the package', () => {
    const options: ts.CompilerOptions = {
      ...ts.convertCompilerOptionsFromJson(
        (
          ts.readConfigFile(path.join(PROJECT, 'tsconfig.json'), (file) => readFileSync(file, 'utf8'))
            .config as {
            compilerOptions: object;
          }
        ).compilerOptions,
        PROJECT,
      ).options,
      rootDir: build,
      outDir: build,
      declaration: false,
      sourceMap: false,
    };
    const program = ts.createProgram(sources, options);
    const complaints = ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
      const line =
        file === undefined
          ? ''
          : `${path.basename(file.fileName)}:${file.getLineAndCharacterOfPosition(start).line + 1}: `;
      return `${line}${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
    expect(complaints).toEqual([]);
    expect(program.emit().emitSkipped).toBe(false);
    // Otherwise the examples would be checked against the sources.
    const seen = program.getSourceFiles().map(({ fileName }) => fileName);
    expect(seen).toContain(path.join(PROJECT, 'dist/src/index.d.ts'));
  });

  it.each(examples.map((code, index) => [index + 1, code] as const))(
    'number %i runs in an empty folder and prints what it says',
    async (number, code) => {
      const folder = path.join(root, `folder${number}`);
      mkdirSync(folder);
      const {
        code: exitCode,
        stdout,
        stderr,
      } = await runScript(path.join(build, `example${number}.mjs`), folder, {
        PATH: process.env['PATH'] ?? '',
        HOME: path.join(root, 'home'),
        TROUPE_CACHE_DIR: path.join(root, 'cache'),
        ANTHROPIC_BASE_URL: server.url,
        ANTHROPIC_API_KEY: 'sk-ant-readme-test-0123456789',
      });
      expect(exitCode, stderr).toBe(0);
      expect(stderr).toBe('');
      const promised = [...code.matchAll(/\/\/ prints (.*)$/gm)].map(([, text]) => text ?? '');
      expect(stdout.split('\n')).toEqual(expect.arrayContaining(promised));
    },
  );
});

/** Words of a line of shell that uses no quoting. */
function wordsOf(line: string): string[] {
  return line
    .replace(/\s#.*$/, '')
    .trim()
    .split(/\s+/);
}

/** The definition of a command, by its words. */
function findCommand(words: readonly string[]): {
  command: ReturnType<typeof buildProgram>;
  rest: readonly string[];
} {
  let command = buildProgram();
  let index = 0;
  for (; index < words.length; index += 1) {
    const inner = command.commands.find((candidate) => candidate.name() === words[index]);
    if (inner === undefined) break;
    command = inner as typeof command;
  }
  return { command, rest: words.slice(index) };
}

/** What the option parser has against a command line, without running it. */
function complaintAbout(words: readonly string[]): string | undefined {
  const { command, rest } = findCommand(words);
  const { operands, unknown } = command.parseOptions([...rest]);
  const given = command.opts() as Record<string, unknown>;
  const missing = command.options.filter(
    (option) => option.mandatory && given[option.attributeName()] === undefined,
  );
  const problems = [...operands, ...unknown, ...missing.map((option) => `missing ${option.flags}`)];
  return problems.length === 0 ? undefined : `${words.join(' ')}: ${problems.join(', ')}`;
}

describe('every shell line of the README', () => {
  const lines = blocks('sh').flatMap((block) => block.split('\n'));
  const ours = lines.filter((line) => line.startsWith('npx troupe ')).map((line) => wordsOf(line).slice(2));

  it('that calls troupe is one that it understands', () => {
    expect(ours.length).toBeGreaterThanOrEqual(8);
    expect(ours.map((words) => complaintAbout(expandShortFlags(words))).filter(Boolean)).toEqual([]);
  });

  it('would be found out if it were not', () => {
    expect(complaintAbout(['run', '--nonsense'])).toContain('--nonsense');
    expect(complaintAbout(['plan', '--setting', 'coop'])).toContain('missing --repo-name');
  });

  it('that calls a script of npm names one that there is', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(PROJECT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const called = lines.flatMap((line) => /^npm (?:run )?(\S+)/.exec(line)?.[1] ?? []);
    expect(called.length).toBeGreaterThan(3);
    for (const name of called) expect(Object.keys(scripts)).toContain(name);
  });
});

describe('the README’s table of options', () => {
  const documented = new Set([...readme.matchAll(/^\| `(--[\w-]+)`/gm)].map(([, name]) => name ?? ''));
  const pipeline = ['run', 'plan', 'execute', 'evaluate'];
  const defined = new Set(
    buildProgram()
      .commands.filter((command) => pipeline.includes(command.name()))
      .flatMap((command) =>
        command.options.filter((option) => !option.hidden).map((option) => option.long ?? ''),
      ),
  );

  it('names every option of the pipeline, and no other', () => {
    expect([...documented].sort()).toEqual([...defined].sort());
  });

  it.each([
    ['--setting', '-s'],
    ['--repo-name', undefined],
    ['--task-id', undefined],
    ['--model1', '-m1'],
    ['--model2', '-m2'],
    ['--feature1-id', '-i'],
    ['--feature2-id', '-j'],
    ['--k', undefined],
    ['--not-save-to-hf', undefined],
  ])('answers the Python tool’s %s (%s)', (long, short) => {
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${long}\``));
    expect(row).toBeDefined();
    if (short !== undefined) expect(row).toContain(`\`${short}\``);
    const [spelled = ''] = expandShortFlags([short ?? long]);
    const option = findCommand(['plan']).command.options.find(({ long: name, short: letter }) =>
      [name, letter].includes(spelled),
    );
    expect(option?.long).toBe(long);
  });
});

describe('the README’s links', () => {
  it('all lead somewhere', () => {
    expect(brokenLinks(PROJECT, 'README.md')).toEqual([]);
  });
});
