import { chmodSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';

import { withoutTestFiles } from '../../../src/git/test-files.js';
import { changeLine, newFile, openPipeline, type Fate } from './git-pipeline.js';

const pipeline = await openPipeline();
const { host } = pipeline;

const submit = (...parts: string[]): Promise<Fate> => pipeline.submit(Buffer.from(parts.join(''), 'latin1'));
const HONEST = changeLine('one', 'ONE');
const rename = (from: string, to: string): string =>
  `diff --git a/${from} b/${to}\nsimilarity index 100%\nrename from ${from}\nrename to ${to}\n`;

describe('a hostile patch', () => {
  afterEach(() => pipeline.expectHostUnchanged());

  it.each([
    ['climbs by ..', newFile('../../escaped.txt', 'x\n')],
    ['climbs from deep inside', newFile('src/../../../escaped.txt', 'x\n')],
    [
      'climbs in quotes and escapes',
      newFile('x', 'x\n').replaceAll('b/x', '"b/\\056\\056/\\056\\056/escaped.txt"'),
    ],
    ['names an absolute path', `--- /dev/null\n+++ ${host}/escaped.txt\n@@ -0,0 +1 @@\n+x\n`],
    ['writes a hook', newFile('.git/hooks/post-checkout', '#!/bin/sh\n', '100755')],
    ['writes settings of git', newFile('.git/config', '[core]\n\tfsmonitor = true\n')],
    ['writes them in capitals, as some file systems have it', newFile('.GIT/config', 'x\n')],
    ['writes them in a folder below', newFile('src/.git/config', 'x\n')],
    ['writes them under the short name of another file system', newFile('git~1/config', 'x\n')],
    [
      'writes them behind characters that nobody sees',
      newFile('.g\\342\\200\\214it/config', 'x\n').replaceAll(/([ab])\/(\S+)/g, '"$1/$2"'),
    ],
    ['renames a file out of the tree', rename('src/other.js', '../../escaped.txt')],
    ['renames a file of the host into the tree', rename('../../host/secret.txt', 'stolen.txt')],
    [
      'copies settings of git into the tree',
      rename('.git/config', 'config.txt').replaceAll('rename', 'copy'),
    ],
  ])('is refused with a reason when it %s', async (_, patch) => {
    const { applied, tree } = await submit(HONEST, patch);
    expect(applied).toMatchObject({ status: 'failed', code: expect.stringMatching(/unsafe-path|broken/) });
    expect(applied.status === 'failed' && applied.reason).toMatch(/\w/);
    expect(tree).toBeUndefined();
  });

  it.each([
    [
      'a hunk of lines that are not there',
      HONEST.replace('@@ -1,2 +1,2 @@', '@@ -1,99999999999 +1,99999999999 @@'),
    ],
    [
      'a binary part that claims ten gigabytes',
      'diff --git a/big b/big\nnew file mode 100644\nindex 0000000000000000000000000000000000000000..1111111111111111111111111111111111111111\nGIT binary patch\nliteral 9999999999\nzcmV\n\n',
    ],
    [
      'a binary part that is noise',
      'diff --git a/b b/b\nnew file mode 100644\nindex 0000000..1111111\nGIT binary patch\nliteral 5\n!!!!not base85!!!!\n\n',
    ],
    [
      'a delta upon a file that is not there',
      'diff --git a/b b/b\nindex 1111111111111111111111111111111111111111..2222222222222222222222222222222222222222 100644\nGIT binary patch\ndelta 5\nMcmZ\n\n',
    ],
    ['null characters in a name', newFile('a\0b', 'x\n')],
    ['the same file made twice', newFile('twice.txt', 'x\n') + newFile('twice.txt', 'y\n')],
    ['a file made below a file', newFile('src/main.js/x', 'x\n')],
    ['a mode that there is not', newFile('odd', 'x\n', '177777')],
  ])('with %s has a typed end', async (_, patch) => {
    const { applied } = await submit(patch);
    if (applied.status === 'failed') expect(applied.reason).toMatch(/\w/);
    else expect(applied.tree).toMatch(/^[0-9a-f]{40}$/);
  });

  it('cannot write through a link that the partner makes in the same merge', async () => {
    const link = Buffer.from(newFile('out', host, '120000'));
    const fate = await pipeline.submit(Buffer.from(newFile('out/escaped.txt', 'x\n')), link);
    expect(fate.applied.status).toBe('applied');
    expect(fate.merged?.status).toBe('conflicts');
    expect(readdirSync(host)).toEqual(['secret.txt']);
  });

  it('makes links to the host that stay links, and shows nothing of what they lead to', async () => {
    const { tree } = await submit(HONEST, newFile('stolen', `${host}/secret.txt`, '120000'));
    expect(tree?.['stolen']).toBe(`-> ${host}/secret.txt`);
    expect(JSON.stringify(tree)).not.toContain(pipeline.secret);
  });

  it('leaves tests as they are, whether it changes, removes, renames or adds them', async () => {
    const change = (lines: string): string => `diff --git a/test/main.test.js b/test/main.test.js\n${lines}`;
    for (const attack of [
      change('--- a/test/main.test.js\n+++ b/test/main.test.js\n@@ -1 +1 @@\n-the real tests\n+no tests\n'),
      change(
        'deleted file mode 100644\n--- a/test/main.test.js\n+++ /dev/null\n@@ -1 +0,0 @@\n-the real tests\n',
      ),
      rename('test/main.test.js', 'src/gone.js'),
      newFile('src/main.spec.js', 'passes\n'),
      newFile('conftest.py', 'def pytest_sessionfinish(session): session.exitstatus = 0\n'),
    ]) {
      const { tree, testFilesTakenOut } = await submit(HONEST, attack);
      expect(testFilesTakenOut.length).toBeGreaterThan(0);
      expect(tree).toEqual({
        'src/main.js': 'ONE\ntwo\nthree\nfour\nfive\nsix\nSEVEN',
        'src/other.js': 'other',
        'test/main.test.js': 'the real tests',
        'run_tests.sh': 'echo real',
      });
    }
  });

  it('may ask for filters, drivers and submodules in its tree, and none is run or fetched', async () => {
    const { tree, merged } = await submit(
      HONEST,
      newFile(
        '.gitattributes',
        '* filter=evil diff=evil merge=evil text eol=crlf working-tree-encoding=UTF-16\n',
      ),
      newFile('.gitmodules', `[submodule "s"]\n\tpath = s\n\turl = ext::${pipeline.trap}\n`),
      `diff --git a/s b/s\nnew file mode 160000\n--- /dev/null\n+++ b/s\n@@ -0,0 +1 @@\n+Subproject commit ${'1'.repeat(40)}\n`,
    );
    expect(merged?.status).toBe('clean');
    expect(tree?.['s']).toBe(`commit ${'1'.repeat(40)}`);
    expect(tree?.['src/main.js']).toBe('ONE\ntwo\nthree\nfour\nfive\nsix\nSEVEN');
  });

  it('keeps modes, line ends, binary content, renames and names in any bytes', async () => {
    const { store, base } = pipeline;
    const odd = Buffer.concat([Buffer.from('name-'), Buffer.from([0xff, 0xfe]), Buffer.from(' "\t.bin')]);
    const bytes = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7) % 256));
    const clone = await pipeline.clone();
    const at = (name: string): Buffer => Buffer.concat([Buffer.from(`${clone}/`), Buffer.from(name)]);
    writeFileSync(Buffer.concat([Buffer.from(`${clone}/`), odd]), bytes);
    writeFileSync(at('crlf.txt'), 'one\r\ntwo\r\nthree\n\r\n');
    chmodSync(at('run_tests.sh'), 0o755);
    renameSync(at('src/other.js'), at('src/renamed.js'));
    const taken = await store.snapshot(clone, base);
    const patch = await store.diff(base, taken.tree);
    const applied = await store.applyPatch(base, patch);
    expect(applied).toMatchObject({ status: 'applied', tree: taken.tree });
    const listing = (await store.run(['ls-tree', '-r', '-z', taken.tree])).stdout;
    expect(listing.includes(odd)).toBe(true);
    expect(listing.toString('latin1')).toMatch(/100755 blob \w+\trun_tests\.sh/);
    expect(
      await store.readBlobs([Buffer.concat([Buffer.from(`${taken.tree}:`), odd]), `${taken.tree}:crlf.txt`]),
    ).toEqual([bytes, Buffer.from('one\r\ntwo\r\nthree\n\r\n')]);
  });

  it('applies with line ends of another system where only they differ', async () => {
    const { applied } = await submit(HONEST.replaceAll('\n', '\r\n'));
    expect(applied).toMatchObject({ status: 'applied', manner: 'direct' });
  });

  it('of a hundred megabytes is applied or refused, and the next one fares as ever', async () => {
    const line = `${'x'.repeat(999)}\n`;
    const { store, base } = pipeline;
    const patch = Buffer.from(newFile('huge.txt', line.repeat(100_000)));
    const applied = await store.applyPatch(base, withoutTestFiles(patch).patch);
    if (applied.status === 'failed') expect(applied.reason).toMatch(/\w/);
    else expect(applied.tree).toMatch(/^[0-9a-f]{40}$/);
    expect((await submit(HONEST)).tree?.['src/main.js']).toContain('ONE');
  }, 60_000);
});
