import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutJoined } from '../../agents/personas/agreed-changes.js';
import { describePlaces, type KnownChange } from '../../agents/personas/known-change.js';
import {
  applyBlocks,
  blocksMeet,
  lineBlocks,
  lineRange,
  splitLines,
} from '../../agents/personas/line-blocks.js';

const text = fc
  .array(fc.constantFrom('a', 'b', 'c', '', 'a\r'), { maxLength: 12 })
  .chain((lines) => fc.constantFrom(lines.join('\n'), lines.map((line) => `${line}\n`).join('')));

const change = (before: string | undefined, after: string | undefined, path = 'f.txt'): KnownChange => ({
  path,
  before: before === undefined ? undefined : Buffer.from(before),
  after: after === undefined ? undefined : Buffer.from(after),
  beforeMode: before === undefined ? undefined : '100644',
  afterMode: after === undefined ? undefined : '100644',
});

describe('blocks of changed lines', () => {
  it('lead from the old text to the new one', () => {
    fc.assert(
      fc.property(text, text, (before, after) => applyBlocks(before, lineBlocks(before, after)) === after),
    );
  });

  it('lead nowhere when none is applied, and there are none where nothing changed', () => {
    fc.assert(
      fc.property(
        text,
        (before) => applyBlocks(before, []) === before && lineBlocks(before, before).length === 0,
      ),
    );
  });

  it('never meet one another', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const blocks = lineBlocks(before, after);
        return blocks.every((one, index) =>
          blocks.slice(index + 1).every((other) => !blocksMeet(one, other)),
        );
      }),
    );
  });

  it('together with unchanged lines are the whole text', () => {
    fc.assert(fc.property(text, (any) => splitLines(any).join('') === any));
  });

  it.each([
    [{ start: 2, removed: ['x'], added: [] }, '3'],
    [{ start: 2, removed: ['x', 'y'], added: [] }, '3-4'],
    [{ start: 0, removed: [], added: ['x'] }, '1'],
  ])('%j lie in line %s', (block, range) => {
    expect(lineRange(block)).toBe(range);
  });
});

describe('a cut of the joined text', () => {
  it('is the whole joined text for an agent that touches all of it, and nothing for one that touches none', () => {
    const joined = change('1\n2\n3\n4\n5\n', 'one\n2\n3\n4\nfive\n');
    expect(cutJoined([joined], [joined])).toEqual([joined]);
    const first = change('1\n2\n3\n4\n5\n', 'ONE\n2\n3\n4\n5\n');
    expect(cutJoined([first], [joined])[0]?.after?.toString()).toBe('one\n2\n3\n4\n5\n');
  });

  it('is the whole file where that is asked for, or where there are no lines to tell apart', () => {
    const joined = change('1\n2\n3\n', 'one\n2\nthree\n');
    const first = change('1\n2\n3\n', 'ONE\n2\n3\n');
    expect(cutJoined([first], [joined], new Set(['f.txt']))).toEqual([joined]);
    const [binary, joinedBinary] = [change('\0a', '\0b'), change('\0a', '\0c')];
    expect(cutJoined([binary], [joinedBinary])).toEqual([joinedBinary]);
  });

  it('leaves a file alone that the joined text does not change', () => {
    const own = change('1\n', '2\n', 'mine.txt');
    expect(cutJoined([own], [])).toEqual([own]);
  });
});

describe('places', () => {
  it.each([
    [change('1\n2\n3\n', '1\ntwo\n3\n'), 'f.txt (line 2)'],
    [change('1\n2\n3\n4\n', 'one\n2\nthree\nfour\n'), 'f.txt (lines 1, 3-4)'],
    [change(undefined, 'new\n'), 'f.txt (new)'],
    [change('old\n', undefined), 'f.txt (removed)'],
    [change('\0a', '\0b'), 'f.txt'],
    [{ ...change('same\n', 'same\n'), afterMode: '100755' as const }, 'f.txt'],
  ])('%# are told in words', (one, words) => {
    expect(describePlaces([one])).toEqual([words]);
  });
});
