import { CommanderError } from '@commander-js/extra-typings';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandShortFlags } from '../../src/cli/arguments.js';
import { howToGoOn, programWord } from '../../src/cli/go-on.js';
import { cut, harmless, plainText } from '../../src/cli/plain-text.js';
import { buildProgram } from '../../src/cli/program.js';
import { positiveNumber, wholeNumber } from '../../src/cli/run-flags.js';
import { openTerminal, usesColor } from '../../src/cli/terminal.js';
import { usageMistake } from '../../src/cli/usage-mistake.js';
import type { RunEvent } from '../../src/log/event.js';

describe('two-letter flags', () => {
  it.each([
    [
      ['-m1', 'scripted/gold'],
      ['--model1', 'scripted/gold'],
    ],
    [
      ['-m2', 'scripted/gold'],
      ['--model2', 'scripted/gold'],
    ],
    [['-m1=openai/a=b'], ['--model1=openai/a=b']],
    [['-m2='], ['--model2=']],
    [
      ['--model1', 'x', '-s', 'coop'],
      ['--model1', 'x', '-s', 'coop'],
    ],
    [
      ['-m3', '-m', '-m12'],
      ['-m3', '-m', '-m12'],
    ],
    [
      ['--', '-m1'],
      ['--', '-m1'],
    ],
  ])('%j reads as %j', (given, read) => {
    expect(expandShortFlags(given)).toEqual(read);
  });

  it('leave every other word as it is', () => {
    const word = fc.string().filter((text) => !/^-m[12](=|$)/.test(text));
    fc.assert(
      fc.property(fc.array(word), (words) => {
        expect(expandShortFlags(words)).toEqual(words);
      }),
    );
  });
});

describe('numbers', () => {
  it.each(['1', '25', '9007199254740991'])('%s is a whole number of at least 1', (text) => {
    expect(wholeNumber(1)(text)).toBe(Number(text));
  });

  it.each(['0', '-1', '1.5', '1e3', '', ' 1', '0x1', '9007199254740993', 'x'])('%j is none', (text) => {
    expect(() => wholeNumber(1)(text)).toThrow('whole number of at least 1');
  });

  it.each(['0', '-1', '', ' ', 'x', 'Infinity', 'NaN'])('%j is no number above 0', (text) => {
    expect(() => positiveNumber(text)).toThrow('above 0');
  });
});

describe('a complaint of the option parser', () => {
  it('is none where help or version was asked for', () => {
    for (const code of ['commander.helpDisplayed', 'commander.version', 'commander.help']) {
      expect(usageMistake({ code, message: '(outputHelp)' })).toBeUndefined();
    }
  });

  it('becomes one line whatever it is', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (code, message) => {
        const mistake = usageMistake({ code: `commander.x${code}`, message: `error: ${message}` });
        expect(mistake?.where).not.toBe('');
        expect(mistake?.remedy).not.toBe('');
        expect(harmless(mistake?.toLine() ?? '')).not.toMatch(/\n/);
      }),
    );
  });

  it('keeps a value that holds quotes and apostrophes', () => {
    const message =
      "error: option '--k <number>' argument 'it's 'two'' is invalid. give a whole number of at least 1";
    expect(usageMistake({ code: 'commander.invalidArgument', message })?.toLine()).toBe(
      `--k: "it's 'two'" is not valid (give a whole number of at least 1)`,
    );
  });

  it('has a form for every kind that the definitions can bring about', async () => {
    const lines: (string | undefined)[] = [];
    for (const words of [
      ['run'],
      ['run', '--k'],
      ['run', '-s', 'a', '--repo-name', 'b', '--task-id', '1', '-i', '1', '--nonsense'],
      ['nonsense'],
      ['demo', 'nonsense'],
      ['evaluate', '--eval-type', 'nonsense'],
    ]) {
      const error: unknown = await buildProgram()
        .parseAsync(words, { from: 'user' })
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(CommanderError);
      lines.push(usageMistake(error as CommanderError)?.toLine());
    }
    for (const told of lines) expect(told).toMatch(/^\S.*: .* \(.*\)$/);
    expect(new Set(lines).size).toBe(lines.length);
  });
});

describe('text from elsewhere', () => {
  it('carries no control character to a terminal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 80 }), (text, width) => {
        const shown = plainText(`\u001b]0;x\u0007${text}\u202e`, width);
        // oxlint-disable-next-line no-control-regex
        expect(shown).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/);
        expect([...shown].length).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('is cut between characters, not within one', () => {
    expect(cut('😀😀😀', 2)).toBe('😀…');
    expect(cut('abc', 3)).toBe('abc');
  });
});

describe('a terminal', () => {
  const stream = (isTTY: boolean) => {
    const written: string[] = [];
    return { isTTY, columns: 20, written, write: (text: string) => written.push(text) };
  };

  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    [true, { TERM: 'dumb' }, false],
  ])('that is one: %s, with %j, has colours: %s', (isTTY, environment, expected) => {
    expect(usesColor(stream(isTTY), environment)).toBe(expected);
  });

  it('decides for stdout and stderr apart', () => {
    const terminal = openTerminal(stream(false), stream(true), {});
    expect(terminal.colors.red('x')).toBe('x');
    expect(terminal.noteColors.red('x')).not.toBe('x');
  });

  it('shows passing lines in place, cut to its width, and only where somebody looks on', () => {
    const screen = stream(true);
    const terminal = openTerminal(stream(false), screen, { NO_COLOR: '1' });
    terminal.status('a passing line that is far too long');
    terminal.note('stays');
    expect(screen.written).toEqual(['a passing line tha…', '\r\u001b[2K', 'stays\n']);
    const piped = stream(false);
    openTerminal(stream(false), piped, {}).status('nothing');
    expect(piped.written).toEqual([]);
  });

  it('draws borders on a terminal and tabs in a pipe', () => {
    const [screen, pipe] = [stream(true), stream(false)];
    openTerminal(screen, pipe, { NO_COLOR: '1' }).printTable(['a', 'b'], [['1', '2']]);
    expect(screen.written.join('')).toMatch(/┌.*a.*b.*1.*2/s);
    expect(screen.written.join('')).not.toContain('\u001b');
    openTerminal(pipe, screen, {}).printTable(['a', 'b'], [['1', '2']]);
    expect(pipe.written).toEqual(['a\tb\n1\t2\n']);
  });
});

describe('the way to go on', () => {
  const started = { type: 'run-started', agents: [{ id: 'agent1' }, { id: 'agent2' }] };
  const stop = (agent: string, phase: string, reason: string) => ({
    type: 'agent-stopped',
    agent,
    phase,
    reason,
    steps: 1,
  });
  const events = (...list: object[]): RunEvent[] => [started, ...list] as unknown as RunEvent[];
  const planned = ['agent1', 'agent2'].flatMap((agent) => [
    { type: 'plan-agreed', agent },
    stop(agent, 'planning', 'agreed'),
  ]);
  const executed = ['agent1', 'agent2'].flatMap((agent) => [
    { type: 'patch-taken', agent },
    stop(agent, 'execution', 'submitted'),
  ]);
  const words = [
    'run',
    '-s',
    'coop',
    '--max-iterations',
    '3',
    '--max-actions=9',
    '--merge-model',
    'openai/x',
  ];

  it('is the same command before the plans are there', () => {
    const whole = `troupe ${words.join(' ')}`;
    expect(howToGoOn('troupe', words, [])).toBe(whole);
    expect(howToGoOn('troupe', words, events(stop('agent1', 'planning', 'agreed')))).toBe(whole);
    const half = events(...planned.slice(0, 3), stop('agent2', 'planning', 'interrupted'));
    expect(howToGoOn('troupe', words, half)).toBe(whole);
  });

  it('executes and evaluates once the plans are there, with the options that each knows', () => {
    expect(howToGoOn('troupe', words, events(...planned))).toBe(
      'troupe execute -s coop --max-actions=9 && troupe evaluate -s coop --merge-model openai/x',
    );
  });

  it('executes again where an agent was stopped at work, although there is a patch of what it did', () => {
    const partly = [...executed.slice(0, 3), stop('agent2', 'execution', 'interrupted')];
    expect(howToGoOn('troupe', words, events(...planned, ...partly))).toContain('troupe execute');
  });

  it('evaluates alone once all patches are there', () => {
    expect(howToGoOn('troupe', words, events(...planned, ...executed))).toBe(
      'troupe evaluate -s coop --merge-model openai/x',
    );
  });

  it('is the same command for a single step', () => {
    expect(howToGoOn('troupe', ['plan', '-s', 'coop'], events(...planned))).toBe('troupe plan -s coop');
  });

  it('quotes what a shell would read otherwise', () => {
    expect(howToGoOn('troupe', ['plan', '--seed', "it's $HOME; rm", '--logs-dir', ''], [])).toBe(
      "troupe plan --seed 'it'\\''s $HOME; rm' --logs-dir ''",
    );
  });

  it('names the program as it was called', () => {
    expect(programWord('/x/main.js', { npm_command: 'exec' }, '/y')).toBe('npx troupe');
    expect(programWord('/usr/bin/troupe', { PATH: '/bin:/usr/bin' }, '/y')).toBe('troupe');
    expect(programWord('/opt/troupe', { PATH: '/bin' }, '/y')).toBe('node /opt/troupe');
    expect(programWord('/y/dist/main.js', {}, '/y')).toBe('node dist/main.js');
    expect(programWord('/my tools/main.js', {}, '/y')).toBe("node '/my tools/main.js'");
  });
});
