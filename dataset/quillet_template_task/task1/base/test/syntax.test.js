import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Engine, TemplateSyntaxError } from '../src/index.js';
import { tokenize } from '../src/lexer.js';

test('tokens know their line', () => {
  const lines = tokenize('a\n{{ b }}\n{# c\n #}{% if d %}').map((token) => token.line);
  assert.deepEqual(lines, [1, 2, 2, 4]);
});

test('tags have a name and a body', () => {
  const [tag] = tokenize('{% for x in list %}');
  assert.equal(tag.name, 'for');
  assert.equal(tag.body, 'x in list');
});

test('reports broken templates with the line', () => {
  const engine = new Engine();
  const cases = [
    ['{{ a', 1],
    ['\n{% if a %}', 2],
    ['{% endif %}', 1],
    ['a\nb\n{% what %}', 3],
    ['{{ }}', 1],
    ['{{ a b }}', 1],
    ['{{ a | }}', 1],
    ['{% for in x %}{% endfor %}', 1],
    ['{% for true in x %}{% endfor %}', 1],
    ['{% %}', 1],
  ];
  for (const [source, line] of cases) {
    assert.throws(() => engine.compile(source), (error) => {
      assert.ok(error instanceof TemplateSyntaxError, source);
      assert.equal(error.code, 'TEMPLATE_SYNTAX');
      assert.equal(error.line, line, source);
      return true;
    });
  }
});
