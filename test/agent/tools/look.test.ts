import { beforeAll, describe, expect, it } from 'vitest';

import { toolHarness } from './tool-harness.js';

const long = Array.from({ length: 2500 }, (_, index) => `line ${index + 1}`).join('\n');

describe('tools that look', () => {
  const harness = toolHarness({
    'README.md': '# Hello\n\nsee $(touch pwned) `id`\n',
    'src/one.js': 'export const one = 1;\r\nexport const two = 2;\r\n',
    'src/deep/er/file.js': 'const needle = "hay";',
    'node_modules/thing/index.js': 'needle\n',
    '.git/config': 'needle\n',
    '.hidden': 'needle\n',
    'long.txt': long,
    'empty.txt': '',
    'binary.bin': Uint8Array.of(0x6e, 0x00, 0xff),
    'wide.txt': `${'w'.repeat(5000)} needle-in-wide\n`,
    '-n': 'dash\n',
    'two words.txt': 'dash\n',
  });
  const { call } = harness;
  beforeAll(async () => {
    await harness.sandbox.run([
      'bash',
      '-c',
      'ln -s / root; ln -s src inner; ln -s "$HOME" home; echo needle > "$HOME/secret"; mkfifo pipe; mkdir void; touch "$(printf "odd\\nname")"',
    ]);
  });

  describe('list_files', () => {
    it('lists sorted, folders with a slash, without .git and the insides of packages', async () => {
      const { output } = await call('list_files', {});
      expect(output.split('\n')).toEqual([
        '-n',
        '.hidden',
        'README.md',
        'binary.bin',
        'empty.txt',
        'home',
        'inner',
        'long.txt',
        'node_modules/',
        'odd',
        'name',
        'pipe',
        'root',
        'src/',
        'src/deep/',
        'src/deep/er/',
        'src/one.js',
        'two words.txt',
        'void/',
        'wide.txt',
      ]);
    });

    it('goes as deep as asked, from the folder asked for', async () => {
      expect((await call('list_files', { path: 'src', depth: 1 })).output).toBe('deep/\none.js');
      expect((await call('list_files', { path: 'src', depth: 3 })).output).toContain('deep/er/file.js');
      expect((await call('list_files', { path: 'inner', depth: 1 })).output).toBe('deep/\none.js');
      expect((await call('list_files', { path: 'node_modules' })).output).toBe('thing/\nthing/index.js');
    });

    it('caps a long list and says so', async () => {
      await harness.sandbox.run(['bash', '-c', 'mkdir many && cd many && touch {1..700}']);
      const lines = (await call('list_files', { path: 'many' })).output.split('\n');
      expect(lines).toHaveLength(501);
      expect(lines.at(-1)).toContain('200 more left out');
    });

    it('says that a folder is empty', async () => {
      expect(await call('list_files', { path: 'void' })).toEqual({
        output: '(void is empty)',
        isError: false,
      });
    });

    it.each([
      ['..', 'outside'],
      ['/', 'outside'],
      ['root', 'outside'],
      ['root/etc', 'outside'],
      ['home', 'outside'],
      ['src/../..', 'outside'],
      ['nowhere', 'does not exist'],
      ['README.md', 'not a folder'],
      ['$(touch pwned)', 'does not exist'],
      ['; touch pwned', 'does not exist'],
      ['-exec', 'does not exist'],
      ['a\0b', 'null'],
    ])('refuses %j', async (path, reason) => {
      const { output, isError } = await call('list_files', { path });
      expect(isError).toBe(true);
      expect(output).toContain(reason);
      await expect(harness.text('pwned')).rejects.toMatchObject({ code: 'file-not-found' });
    });
  });

  describe('read_file and view', () => {
    it.each(['read_file', 'view'])('%s numbers the lines', async (tool) => {
      const { output, isError } = await call(tool, { path: 'src/one.js' });
      expect(isError).toBe(false);
      expect(output).toBe('     1\texport const one = 1;\n     2\texport const two = 2;');
    });

    it('show a range and how long the file is', async () => {
      const { output } = await call('read_file', { path: 'long.txt', first_line: 10, last_line: 11 });
      expect(output).toBe('    10\tline 10\n    11\tline 11\n(the file has 2500 lines)');
      const open = await call('read_file', { path: 'long.txt', first_line: 2499 });
      expect(open.output).toBe('  2499\tline 2499\n  2500\tline 2500');
      const beyond = await call('read_file', { path: 'long.txt', first_line: 2500, last_line: 9999 });
      expect(beyond.output).toBe('  2500\tline 2500');
    });

    it('cut a long file and name the lines that are left out', async () => {
      const { output } = await call('read_file', { path: 'long.txt' });
      expect(output).toMatch(/ 1000\tline 1000\n\(lines 1001 to 2500 are left out; ask for them by range\)$/);
    });

    it('cut long lines', async () => {
      const { output } = await call('read_file', { path: 'wide.txt' });
      expect(output.length).toBeLessThan(2100);
      expect(output).toContain('(line cut)');
    });

    it.each([
      [{ path: 'long.txt', first_line: 2501 }, '2500 lines'],
      [{ path: 'long.txt', first_line: 9, last_line: 3 }, '9-3'],
      [{ path: 'long.txt', first_line: 0 }, 'first_line'],
      [{ path: 'binary.bin' }, 'binary'],
      [{ path: 'nowhere.js' }, 'does not exist'],
      [{ path: 'home/secret' }, 'outside'],
      [{ path: '../../home/secret' }, 'outside'],
      [{ path: 'pipe' }, 'special file'],
      [{ path: '' }, 'path'],
    ])('refuse %j', async (args, reason) => {
      for (const tool of ['read_file', 'view']) {
        const { output, isError } = await call(tool, args);
        expect(isError, tool).toBe(true);
        expect(output, tool).toContain(reason);
      }
    });

    it('say that a file is empty', async () => {
      expect((await call('view', { path: 'empty.txt' })).output).toBe('(empty.txt is empty)');
    });

    it('differ in folders: view lists them, read_file does not', async () => {
      expect(await call('view', { path: 'src' })).toEqual({
        output: 'deep/\ndeep/er/\none.js',
        isError: false,
      });
      expect(await call('read_file', { path: 'src' })).toMatchObject({ isError: true });
    });
  });

  describe('grep_search', () => {
    it('shows path, line and text, sorted, without .git and packages', async () => {
      const { output } = await call('grep_search', { pattern: 'needle' });
      const lines = output.split('\n');
      expect(lines.slice(0, 2)).toEqual(['.hidden:1:needle', 'src/deep/er/file.js:1:const needle = "hay";']);
      expect(lines).toHaveLength(3);
      expect(lines[2]).toMatch(/^wide\.txt:1:w+ \(line cut\)$/);
    });

    it('understands extended expressions', async () => {
      const { output } = await call('grep_search', { pattern: 'const (one|two) = [0-9]+;', path: 'src' });
      expect(output).toBe('src/one.js:1:export const one = 1;\nsrc/one.js:2:export const two = 2;');
    });

    it('searches one file, a folder through a link inside, and packages by name', async () => {
      expect((await call('grep_search', { pattern: 'two', path: 'src/one.js' })).output).toBe(
        'src/one.js:2:export const two = 2;',
      );
      expect((await call('grep_search', { pattern: 'two', path: 'inner' })).output).toContain('src/one.js:2');
      expect((await call('grep_search', { pattern: 'n.+e', path: 'node_modules' })).output).toBe(
        'node_modules/thing/index.js:1:needle',
      );
    });

    it('is not confused by file names that look like options or hold spaces', async () => {
      const { output } = await call('grep_search', { pattern: '^dash$' });
      expect(output).toBe('-n:1:dash\ntwo words.txt:1:dash');
    });

    it('takes a pattern that looks like an option or a command as a pattern', async () => {
      for (const pattern of ['-r', '--help', '$(touch pwned)', '`touch pwned`', '"; touch pwned; "']) {
        const { isError } = await call('grep_search', { pattern });
        expect(isError, pattern).toBe(false);
      }
      expect((await call('grep_search', { pattern: '`id`' })).output).toContain('README.md:3:');
      await expect(harness.text('pwned')).rejects.toMatchObject({ code: 'file-not-found' });
    });

    it('says that nothing matches, which is no error', async () => {
      expect(await call('grep_search', { pattern: 'absent', path: 'src' })).toEqual({
        output: 'No line in src matches "absent".',
        isError: false,
      });
    });

    it('caps the matches and says so', async () => {
      const { output } = await call('grep_search', { pattern: '^line', path: 'long.txt' });
      expect(output.split('\n')).toHaveLength(201);
      expect(output).toMatch(/\(more than 200 lines match; narrow the pattern or the path\)$/);
    });

    it.each([
      [{ pattern: '(' }, 'not an extended regular expression'],
      [{ pattern: 'a\nb' }, 'line ends'],
      [{ pattern: '' }, 'pattern'],
      [{ pattern: 'x', path: '..' }, 'outside'],
      [{ pattern: 'x', path: 'home' }, 'outside'],
      [{ pattern: 'x', path: 'nowhere' }, 'does not exist'],
    ])('refuses %j', async (args, reason) => {
      const { output, isError } = await call('grep_search', args);
      expect(isError).toBe(true);
      expect(output).toContain(reason);
    });
  });
});
