import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  holdsMarkers,
  parseConflictRegions,
  splitLines,
} from '../../../src/referee/merge/conflict-markers.js';
import {
  addCounts,
  averageLines,
  conflictScore,
  conflictSeverity,
} from '../../../src/referee/merge/conflict-score.js';
import { countFileConflict } from '../../../src/referee/merge/file-conflict.js';
import { scratchFolder, storeWith } from '../../git/scratch.js';

const scratch = scratchFolder();
const plainLine = fc.string({ maxLength: 8 }).map((text) => `${text.replaceAll(/[\n\r<=>|]/g, 'x')}\n`);
const plainLines = fc.array(plainLine, { maxLength: 4 });

describe('reading conflict markers', () => {
  it('gives both sides and the lines of the markers', () => {
    expect(parseConflictRegions('a\n<<<<<<< x\nb\n=======\nc\nd\n>>>>>>> y\ne\n')).toEqual([
      { startLine: 2, endLine: 7, ours: ['b\n'], base: undefined, theirs: ['c\n', 'd\n'] },
    ]);
  });

  it('gives the ancestor where the markers tell it', () => {
    const [region] = parseConflictRegions('<<<<<<< x\na\n||||||| z\no\n=======\nb\n>>>>>>> y\n');
    expect(region).toMatchObject({ ours: ['a\n'], base: ['o\n'], theirs: ['b\n'] });
  });

  it('reads files with CRLF and a last line without an end', () => {
    expect(parseConflictRegions('<<<<<<< x\r\na\r\n=======\r\nb\r\n>>>>>>> y')).toMatchObject([
      { ours: ['a\r\n'], theirs: ['b\r\n'], endLine: 5 },
    ]);
  });

  it('takes a region that is never closed, or headings of equal signs, for none', () => {
    expect(parseConflictRegions('<<<<<<< x\na\n=======\nb\n')).toEqual([]);
    expect(parseConflictRegions('Title\n=======\ntext\n>>>>>>> quote\n')).toEqual([]);
  });

  it('goes by the labels where a file holds markers of its own', () => {
    const text = '<<<<<<< example\nx\n=======\ny\n>>>>>>> example\n<<<<<<< 1\na\n=======\nb\n>>>>>>> 2\n';
    expect(parseConflictRegions(text, { ours: '1', theirs: '2' })).toMatchObject([
      { startLine: 6, ours: ['a\n'] },
    ]);
  });

  it('finds exactly the regions that were put in, whatever lies around them', () => {
    const region = fc.record({ ours: plainLines, theirs: plainLines, after: plainLines });
    fc.assert(
      fc.property(plainLines, fc.array(region, { maxLength: 5 }), (before, parts) => {
        const text = [
          ...before,
          ...parts.flatMap(({ ours, theirs, after }) => [
            '<<<<<<< one\n',
            ...ours,
            '=======\n',
            ...theirs,
            '>>>>>>> two\n',
            ...after,
          ]),
        ].join('');
        const regions = parseConflictRegions(text, { ours: 'one', theirs: 'two' });
        expect(regions.map(({ ours, theirs }) => ({ ours, theirs }))).toEqual(
          parts.map(({ ours, theirs }) => ({ ours, theirs })),
        );
        const lines = splitLines(text);
        for (const { startLine, endLine } of regions) {
          expect(lines[startLine - 1]).toBe('<<<<<<< one\n');
          expect(lines[endLine - 1]).toBe('>>>>>>> two\n');
        }
      }),
    );
  });

  it('never throws, and lines put together are the text again', () => {
    const text = fc.oneof(
      fc.string(),
      fc
        .array(fc.constantFrom('<<<<<<< a\n', '=======\n', '>>>>>>> b\n', '||||||| c\n', 'x\n', '\r\n'), {
          maxLength: 20,
        })
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (content) => {
        expect(splitLines(content).join('')).toBe(content);
        for (const region of parseConflictRegions(content))
          expect(region.endLine).toBeGreaterThan(region.startLine);
      }),
    );
  });

  it('counts what git’s own merge of random edits marks', async () => {
    const { store, base } = await storeWith(path.join(scratch, 'store'), {
      'a.txt': 'one\ntwo\nthree\nfour\nfive\nsix\n',
    });
    const side = fc.array(
      fc.constantFrom('one\n', 'two\n', 'three\n', 'four\n', 'five\n', 'six\n', 'new\n'),
      { minLength: 1, maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(side, side, async (ours, theirs) => {
        const commits = await Promise.all(
          [ours, theirs].map(async (lines) =>
            store.commit(
              await store.replaceFiles(await store.treeOf(base), [
                { path: 'a.txt', content: Buffer.from(lines.join('')) },
              ]),
              [base],
            ),
          ),
        );
        const [one = '', other = ''] = commits;
        const outcome = await store.merge(one, other);
        if (outcome.status === 'clean') return;
        const marked = outcome.conflicts[0]?.marked?.toString() ?? '';
        const regions = parseConflictRegions(marked, { ours: one, theirs: other });
        expect(regions.length).toBe(marked.split('\n').filter((line) => line === `<<<<<<< ${one}`).length);
        const resolved = splitLines(marked).filter(
          (_, index) =>
            !regions.some((region) => region.startLine <= index + 1 && index + 1 <= region.endLine),
        );
        expect(holdsMarkers(resolved.join(''))).toBe(false);
      }),
      {
        numRuns: 6,
        examples: [
          [
            ['one\n', 'new\n'],
            ['one\n', 'six\n', 'six\n'],
          ],
        ],
      },
    );
  });
});

describe('the score of a conflict', () => {
  it('is 20 a section and 2 a line', () => {
    expect(conflictScore({ sections: 3, lines: 7 })).toBe(74);
    expect(conflictScore({ sections: 0, lines: 0 })).toBe(0);
  });

  it.each([
    [0, 'none'],
    [2, 'low'],
    [20, 'low'],
    [22, 'medium'],
    [50, 'medium'],
    [52, 'high'],
    [100, 'high'],
    [102, 'critical'],
  ] as const)('of %i is %s', (score, severity) => {
    expect(conflictSeverity(score)).toBe(severity);
  });

  it('has an average of zero lines where there is no section', () => {
    expect(averageLines({ sections: 0, lines: 0 })).toBe(0);
    expect(averageLines({ sections: 2, lines: 5 })).toBe(2.5);
    expect(
      addCounts([
        { sections: 1, lines: 2 },
        { sections: 3, lines: 4 },
      ]),
    ).toEqual({ sections: 4, lines: 6 });
  });

  it('counts a file that conflicts as a whole as one section', () => {
    const conflict = {
      path: 'x',
      rawPath: Buffer.from('x'),
      kinds: ['modify/delete'],
      mode: '100644',
      marked: undefined,
    };
    expect(countFileConflict(conflict)).toEqual({
      file: 'x',
      kinds: ['modify/delete'],
      sections: 1,
      lines: 0,
    });
  });
});
