import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  describeError,
  InfrastructureFault,
  Interrupted,
  TroupeError,
  UserMistake,
} from '../../src/base/errors.js';

describe('an error of ours', () => {
  it('says in one line where, what, and what to do', () => {
    const mistake = new UserMistake('there is no feature 9', {
      code: 'feature-not-found',
      where: 'dataset/waypost_router_task/task1',
      remedy: 'use one of 1, 2, 3',
    });
    expect(mistake.toLine()).toBe(
      'dataset/waypost_router_task/task1: there is no feature 9 (use one of 1, 2, 3)',
    );
    expect(mistake.code).toBe('feature-not-found');
  });

  it('leaves out what it was not given', () => {
    expect(new InfrastructureFault('git broke', { code: 'git-failed' }).toLine()).toBe('git broke');
    expect(new TroupeError('wrong', { code: 'x', where: '--k' }).toLine()).toBe('--k: wrong');
    expect(new TroupeError('wrong', { code: 'x', remedy: 'mend it' }).toLine()).toBe('wrong (mend it)');
  });

  it('stays one printable line, whatever file names and outputs it quotes', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('a\nb', 'a\r\nb', 'a\rb', '\u001b[2J', 'a\u2028b', '\u0007', '\u009b31m', '\t'),
    );
    fc.assert(
      fc.property(hostile, hostile, hostile, (message, where, remedy) => {
        const line = new TroupeError(message, { code: 'x', where, remedy }).toLine();
        expect(line).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      }),
    );
    const error = new TroupeError('first\n  second\r\n\r\nthird', { code: 'x' });
    expect(error.toLine()).toBe('first second third');
    expect(error.message).toContain('\n');
  });

  it('carries its name, its family and its cause', () => {
    const cause = new Error('disk');
    const fault = new InfrastructureFault('the log cannot be written', { code: 'log-not-writable', cause });
    expect(fault).toBeInstanceOf(TroupeError);
    expect(fault).not.toBeInstanceOf(UserMistake);
    expect(fault.name).toBe('InfrastructureFault');
    expect(fault.cause).toBe(cause);
    expect('cause' in new TroupeError('x', { code: 'x' })).toBe(false);
  });

  it('is an interruption where the run was told to stop', () => {
    expect(new Interrupted()).toMatchObject({
      code: 'interrupted',
      message: 'interrupted',
      name: 'Interrupted',
    });
  });
});

describe('the description of whatever was thrown', () => {
  it.each<[unknown, string]>([
    [new UserMistake('wrong', { code: 'x', where: '--k' }), '--k: wrong'],
    [new Error('plain'), 'plain'],
    [new TypeError(), 'TypeError'],
    ['a text', 'a text'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Symbol('sign'), 'Symbol(sign)'],
    [Object.create(null), '[object Object]'],
    [
      {
        toString: () => {
          throw new Error('no');
        },
      },
      '[object Object]',
    ],
  ])('of case %#', (thrown, text) => {
    expect(describeError(thrown)).toBe(text);
  });

  it('holds no stack', () => {
    expect(describeError(new Error('plain'))).not.toContain(' at ');
  });
});
