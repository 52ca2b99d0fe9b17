import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePattern, PatternError } from '../src/index.js';
import { joinPaths, parsePattern, splitPath } from '../src/pattern.js';

test('joins path parts', () => {
  assert.equal(joinPaths('', '/a'), '/a');
  assert.equal(joinPaths('/api/', '/a/', 'b'), '/api/a/b');
  assert.equal(joinPaths(''), '/');
});

test('parses the parts of a pattern', () => {
  const types = parsePattern('/files/:owner/*path').map((token) => token.type);
  assert.deepEqual(types, ['literal', 'param', 'wildcard']);
});

test('a wildcard takes the rest', () => {
  const pattern = compilePattern('/files/*path');
  assert.deepEqual(pattern.match(splitPath('/files/a/b%20c.txt')), { path: 'a/b c.txt' });
  assert.equal(pattern.match(splitPath('/files')), null);
  assert.equal(pattern.keys.length, 1);
});

test('a wildcard has a default name', () => {
  assert.deepEqual(compilePattern('/*').match(['a']), { rest: 'a' });
});

test('keeps text that is no valid encoding', () => {
  assert.deepEqual(compilePattern('/:id').match(['100%']), { id: '100%' });
});

test('refuses broken patterns', () => {
  for (const source of ['users', '/:', '/:1a', '/*path/x', '/:id/:id', 7]) {
    assert.throws(() => compilePattern(source), PatternError, String(source));
  }
});
