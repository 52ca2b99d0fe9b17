import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ODDMENTS, writeOddments } from '../simulation/oddments-task.js';
import { commandLine, filesBelow, linesOf } from './command-line.js';

const line = commandLine();
const dataset = (name: string): string => path.join(line.root, name);
const task = (name: string): string => path.join(dataset(name), ODDMENTS, 'task1');

/** Copies of the dataset, each with one thing wrong. */
const BROKEN: Readonly<Record<string, (folder: string) => void>> = {
  'no-gold': (folder) => rmSync(path.join(folder, 'feature1/feature.patch')),
  'no-description': (folder) => rmSync(path.join(folder, 'feature1/feature.md')),
  'no-tests': (folder) => rmSync(path.join(folder, 'feature1/tests.patch')),
  'no-scripts': (folder) => rmSync(path.join(folder, 'run_tests.sh')),
  'no-setup': (folder) => rmSync(path.join(folder, 'setup.sh')),
  'bad-gold': (folder) =>
    writeFileSync(
      path.join(folder, 'feature1/feature.patch'),
      'diff --git a/lines.txt b/lines.txt\n--- a/lines.txt\n+++ b/lines.txt\n@@ -1,1 +1,1 @@\n-no such line\n+another\n',
    ),
  'bad-setup': (folder) =>
    writeFileSync(path.join(folder, 'setup.sh'), 'echo "\u001b[31mno network\u001b[0m" >&2\nexit 3\n'),
  'two-repositories': (folder) => {
    for (const name of ['one', 'two']) mkdirSync(path.join(folder, name, '.git'), { recursive: true });
  },
};

beforeAll(() => {
  cpSync(writeOddments(line.root), dataset('good'), { recursive: true, verbatimSymlinks: true });
  for (const [name, breakIt] of Object.entries(BROKEN)) {
    cpSync(dataset('good'), dataset(name), { recursive: true, verbatimSymlinks: true });
    breakIt(task(name));
  }
  writeFileSync(path.join(line.root, 'a-file'), 'not a folder\n');
  mkdirSync(path.join(line.root, 'nothing'));
});

/** A whole `run`, with some options replaced, and those without a value left out. */
function run(changes: Readonly<Record<string, string | undefined>> = {}, command = 'run'): string[] {
  const options: Record<string, string | undefined> = {
    '--setting': 'coop',
    '--repo-name': ODDMENTS,
    '--task-id': '1',
    '--feature1-id': '1',
    '--feature2-id': '2',
    '--model1': 'scripted/gold',
    '--dataset-dir': dataset('good'),
    ...changes,
  };
  const words = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [name, value],
  );
  return [command, ...words];
}

interface Mistake {
  readonly words: () => readonly string[];
  /** Field or file at fault. */
  readonly where: string | RegExp;
  /** What the remedy says. */
  readonly remedy: string | RegExp;
  readonly environment?: Readonly<Record<string, string>>;
}

const MISTAKES: Readonly<Record<string, Mistake>> = {
  'an option that is missing': {
    words: () => run({ '--setting': undefined }),
    where: '--setting',
    remedy: 'add --setting <name>',
  },
  'an option without its value': {
    words: () => [...run(), '--seed'],
    where: '--seed',
    remedy: 'write --seed <text>',
  },
  'a two-letter option without its value': {
    words: () => [...run({ '--model1': undefined }), '-m1'],
    where: '--model1',
    remedy: 'write --model1 <name>',
  },
  'an unknown option': {
    words: () => [...run(), '--plan-locaton', 'logs'],
    where: '--plan-locaton',
    remedy: /see troupe|did you mean/,
  },
  'an option with a typing error': {
    words: () => [...run(), '--sed', '2'],
    where: '--sed',
    remedy: 'did you mean --seed?',
  },
  'an unknown command': { words: () => ['evalute'], where: 'command', remedy: 'did you mean evaluate?' },
  'a word too many': { words: () => [...run(), 'gold'], where: 'command line', remedy: 'quote values' },
  'a misspelt setting where the model is missing too': {
    words: () => run({ '--setting': 'cop', '--model1': undefined }),
    where: '--setting',
    remedy: /did you mean coop/,
  },
  'an unknown setting': {
    words: () => run({ '--setting': 'coop_ablatoin' }),
    where: '--setting',
    remedy: /did you mean coop_ablation\?.*single, solo, coop, coop_ablation, no_comm/,
  },
  'an unknown repository': {
    words: () => run({ '--repo-name': 'odments_task' }),
    where: '/good',
    remedy: ODDMENTS,
  },
  'a repository outside the dataset': {
    words: () => run({ '--repo-name': `../good/${ODDMENTS}` }, 'execute'),
    where: '/good',
    remedy: ODDMENTS,
  },
  'an unknown task': { words: () => run({ '--task-id': '7' }), where: ODDMENTS, remedy: 'the tasks are 1' },
  'a task that is no number': {
    words: () => run({ '--task-id': 'first' }),
    where: '--task-id',
    remedy: '1621 or task1621',
  },
  'an unknown feature': {
    words: () => run({ '--feature2-id': '9' }),
    where: `${ODDMENTS}/task1`,
    remedy: 'features 1, 2, 3, 4, 5, 6',
  },
  'a feature that is no number': {
    words: () => run({ '--feature1-id': 'x' }),
    where: '--feature1-id',
    remedy: 'whole number',
  },
  'the same feature twice': {
    words: () => run({ '--feature2-id': '1' }),
    where: `${ODDMENTS}/task1`,
    remedy: 'a feature of its own',
  },
  'a second feature that is missing': {
    words: () => run({ '--feature2-id': undefined }),
    where: '--feature2-id',
    remedy: 'add --feature2-id',
  },
  'a second feature that single has no use for': {
    words: () => run({ '--setting': 'single' }),
    where: '--feature2-id',
    remedy: 'leave --feature2-id out',
  },
  'no model': { words: () => run({ '--model1': undefined }), where: '--model1', remedy: '-m1 scripted/gold' },
  'an unknown persona': {
    words: () => run({ '--model2': 'scripted/golden' }),
    where: '--model2',
    remedy: 'scripted/gold,',
  },
  'an unknown provider': {
    words: () => run({ '--model1': 'antropic/claude' }),
    where: '--model1',
    remedy: 'anthropic',
  },
  'a model without a provider': {
    words: () => run({ '--model1': 'smart' }),
    where: '--model1',
    remedy: 'provider/model',
  },
  'a key that is missing': {
    words: () => run({ '--model2': 'anthropic/claude-sonnet-4-5-20250929' }),
    where: '--model2',
    remedy: 'ANTHROPIC_API_KEY',
  },
  'a key that holds a blank': {
    words: () => run({ '--model1': 'openai/gpt-5' }),
    where: 'OPENAI_API_KEY',
    remedy: 'again',
    environment: { OPENAI_API_KEY: 'sk-very secret' },
  },
  'a merge model that is scripted': {
    words: () => [...run(), '--merge-model', 'scripted/gold'],
    where: '--merge-model',
    remedy: 'live model',
  },
  'a merge model without a key': {
    words: () => [...run(), '--merge-model', 'openai/gpt-5'],
    where: '--merge-model',
    remedy: 'OPENAI_API_KEY',
  },
  'repeat 0': { words: () => run({ '--k': '0' }), where: '--k', remedy: 'at least 1' },
  'a negative cost': { words: () => run({ '--max-cost': '-1' }), where: '--max-cost', remedy: 'above 0' },
  'no tokens': { words: () => run({ '--max-tokens': '0' }), where: '--max-tokens', remedy: 'above 0' },
  'half an iteration': {
    words: () => run({ '--max-iterations': '0.5' }),
    where: '--max-iterations',
    remedy: 'whole number',
  },
  'a sandbox that is not there': {
    words: () => run({ '--sandbox': 'moon' }),
    where: '--sandbox',
    remedy: 'local',
  },
  'plans that nobody made': {
    words: () => run({}, 'execute'),
    where: '--plan-location logs',
    remedy: 'troupe plan',
  },
  'plans that are not in the cache': {
    words: () => run({ '--plan-location': 'cache' }, 'execute'),
    where: '--plan-location cache',
    remedy: 'troupe plan',
  },
  'patches that nobody made': {
    words: () => run({}, 'evaluate'),
    where: '--patch-location logs',
    remedy: 'troupe execute',
  },
  'plans on Hugging Face': {
    words: () => run({ '--plan-location': 'hf' }, 'execute'),
    where: '--plan-location',
    remedy: 'use one of logs, cache',
  },
  'a pull request on Hugging Face': {
    words: () => [...run(), '--create-pr'],
    where: '--create-pr',
    remedy: 'leave it out',
  },
  'a merge of one patch': {
    words: () =>
      run({ '--setting': 'single', '--feature2-id': undefined, '--eval-type': 'merge' }, 'evaluate'),
    where: '--eval-type',
    remedy: '--eval-type test',
  },
  'an unknown way to evaluate': {
    words: () => run({ '--eval-type': 'guess' }, 'evaluate'),
    where: '--eval-type',
    remedy: 'test, merge',
  },
  'a dataset that is a file': {
    words: () => run({ '--dataset-dir': path.join(line.root, 'a-file') }),
    where: 'a-file',
    remedy: '--dataset-dir',
  },
  'a dataset that is not there': {
    words: () => ['dataset', 'list', '--dataset-dir', path.join(line.root, 'missing')],
    where: 'missing',
    remedy: '--dataset-dir',
  },
  'a dataset without tasks': {
    words: () => ['dataset', 'list', '--dataset-dir', path.join(line.root, 'nothing')],
    where: 'nothing',
    remedy: '<repo_name>/task<id>',
  },
  'logs in a file': {
    words: () => run({ '--logs-dir': path.join(line.root, 'a-file') }),
    where: '--logs-dir',
    remedy: 'a folder',
  },
  'logs where no file can be': {
    words: () => run({ '--logs-dir': '/proc/troupe/logs' }),
    where: '--logs-dir',
    remedy: 'a folder',
  },
  'a task without its test script': {
    words: () => run({ '--dataset-dir': dataset('no-scripts') }),
    where: 'run_tests.sh',
    remedy: 'add run_tests.sh',
  },
  'a task without its setup script': {
    words: () => run({ '--dataset-dir': dataset('no-setup') }),
    where: 'setup.sh',
    remedy: 'add setup.sh',
  },
  'a setup script that fails': {
    words: () => run({ '--dataset-dir': dataset('bad-setup') }),
    where: 'setup.sh',
    remedy: 'by hand',
  },
  'two repositories in a task': {
    words: () => run({ '--dataset-dir': dataset('two-repositories') }),
    where: 'task1',
    remedy: 'exactly one folder',
  },
  'a feature without a description': {
    words: () => run({ '--dataset-dir': dataset('no-description') }),
    where: 'feature1/feature.md',
    remedy: 'every feature folder needs',
  },
  'a feature without tests': {
    words: () => run({ '--dataset-dir': dataset('no-tests') }),
    where: 'feature1/tests.patch',
    remedy: 'every feature folder needs',
  },
  'a feature without a gold patch': {
    words: () => run({ '--dataset-dir': dataset('no-gold') }),
    where: 'feature1/feature.patch',
    remedy: 'every feature folder needs',
  },
  'a gold patch that does not apply': {
    words: () => run({ '--dataset-dir': dataset('bad-gold') }),
    where: /feature ?1/,
    remedy: /base commit|mend/i,
  },
};

describe('a mistake on the command line', () => {
  it.concurrent.each(Object.entries(MISTAKES))(
    '%s gets one line with field and remedy, and changes nothing',
    async (_name, { words, where, remedy, environment }) => {
      const folder = line.emptyFolder();
      const { code, stdout, stderr } = await line.run(words(), {
        folder,
        ...(environment === undefined ? {} : { environment }),
      });
      const told = linesOf(stderr);
      expect(told).toHaveLength(1);
      const [, field, , advice] = /^error: (.*?): (.*) \((.*)\)$/.exec(told[0] ?? '') ?? [];
      expect(field, told[0]).toMatch(where);
      expect(advice, told[0]).toMatch(remedy);
      // oxlint-disable-next-line no-control-regex
      expect(told[0]).not.toMatch(/[\u0000-\u001f]/);
      expect(stdout).toBe('');
      expect(code).toBe(2);
      expect([...filesBelow(folder).keys()]).toEqual([]);
      for (const secret of Object.values(environment ?? {})) expect(stderr).not.toContain(secret);
    },
  );

  it('leaves neither a process nor a folder behind', () => {
    line.expectNothingLeft();
  });

  it('of the environment file gets a line as well', async () => {
    const folder = line.emptyFolder();
    mkdirSync(path.join(folder, '.env'));
    const { code, stderr } = await line.run(run(), { folder });
    expect(code).toBe(2);
    expect(linesOf(stderr)).toHaveLength(1);
    expect(stderr).toMatch(/^error: \.env: it cannot be read.*\(make it a file/);
  });

  it('leaves the results of an earlier run as they are', async () => {
    const folder = line.emptyFolder();
    expect((await line.run(run(), { folder })).code).toBe(0);
    const before = filesBelow(folder);
    const { code } = await line.run(run({ '--dataset-dir': dataset('bad-gold') }), { folder });
    expect(code).toBe(2);
    expect(filesBelow(folder)).toEqual(before);
  });
});
