import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Engine, InvalidOptionError, QuilletError, RenderError } from '../src/index.js';

const engine = new Engine();

test('prints values', () => {
  const data = { user: { name: 'Ada', age: 36 }, none: null };
  assert.equal(engine.render('{{ user.name }} ({{user.age}}){{ none }}{{ missing.name }}', data), 'Ada (36)');
  assert.equal(engine.render(`{{ 'text' }} {{ "x" }} {{ -1.5 }} {{ true }}`), 'text x -1.5 true');
});

test('only own properties can be reached', () => {
  assert.equal(engine.render('[{{ user.constructor }}{{ toString }}]', { user: {} }), '[]');
});

test('applies filters', () => {
  const data = { name: '  Ada ', list: ['a', 'b'] };
  assert.equal(engine.render('{{ name | trim | upper }}', data), 'ADA');
  assert.equal(engine.render(`{{ list | join: '-' }} {{ list | length }}`, data), 'a-b 2');
  assert.equal(engine.render(`{{ nobody | default: 'x' | upper }}`, data), 'X');
});

test('takes filters of its own', () => {
  const own = new Engine({ filters: { add: (value, a, b = 0) => value + a + b } });
  assert.equal(own.render('{{ 1 | add: 2 }} {{ 1 | add: 2, 3 }}'), '3 6');
  assert.throws(() => own.render('{{ 1 | nope }}'), RenderError);
});

test('chooses', () => {
  const template = engine.compile('{% if items %}some{% else %}none{% endif %}');
  assert.equal(template.render({ items: [1] }), 'some');
  assert.equal(template.render({ items: [] }), 'none');
  assert.equal(template.render({}), 'none');
});

test('loops', () => {
  const source = '{% for row in rows %}{% for x in row %}{{ x }},{% endfor %};{% endfor %}{{ x }}';
  assert.equal(engine.render(source, { rows: [[1, 2], new Set([3])] }), '1,2,;3,;');
  assert.equal(engine.render('{% for x in nothing %}{{ x }}{% endfor %}'), '');
  assert.throws(() => engine.render('{% for x in 5 %}{% endfor %}'), RenderError);
});

test('leaves comments out', () => {
  assert.equal(engine.render('a{# {{ b }} #}c'), 'ac');
});

test('strict mode reports what is not defined', () => {
  const strict = new Engine({ strict: true });
  assert.throws(() => strict.render('{{ a.b }}', { a: {} }), (error) => {
    assert.ok(error instanceof RenderError && error instanceof QuilletError);
    assert.equal(error.code, 'RENDER_FAILED');
    return true;
  });
  assert.equal(strict.render('{{ a }}', { a: null }), '');
});

test('refuses bad options', () => {
  assert.throws(() => new Engine({ strict: 1 }), InvalidOptionError);
  assert.throws(() => new Engine({ stricd: true }), InvalidOptionError);
  assert.throws(() => new Engine({ filters: { a: 1 } }), InvalidOptionError);
});
