import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cache, InvalidOptionError, LarderError } from '../src/index.js';

function clock(time = 0) {
  const now = () => now.time;
  now.time = time;
  return now;
}

test('keeps values', () => {
  const cache = new Cache();
  assert.equal(cache.set('a', 1), cache);
  cache.set('b', undefined);
  assert.equal(cache.get('a'), 1);
  assert.equal(cache.get('b', 'fallback'), undefined);
  assert.equal(cache.get('c'), undefined);
  assert.equal(cache.get('c', 'fallback'), 'fallback');
  assert.equal(cache.size, 2);
});

test('drops the least recently used entry', () => {
  const cache = new Cache({ maxEntries: 2 });
  cache.set('a', 1).set('b', 2);
  cache.get('a');
  cache.set('c', 3);
  assert.deepEqual(cache.keys(), ['a', 'c']);
  cache.set('a', 4).set('d', 5);
  assert.deepEqual(cache.keys(), ['a', 'd']);
});

test('peek and has do not count as use', () => {
  const cache = new Cache({ maxEntries: 2 });
  cache.set('a', 1).set('b', 2);
  assert.equal(cache.peek('a'), 1);
  assert.ok(cache.has('a'));
  cache.set('c', 3);
  assert.ok(!cache.has('a'));
  assert.equal(cache.peek('a'), undefined);
  assert.equal(cache.stats().hits, 0);
});

test('entries expire', () => {
  const now = clock();
  const cache = new Cache({ ttl: 10, now });
  cache.set('a', 1).set('b', 2, { ttl: 20 });
  now.time = 9;
  assert.equal(cache.get('a'), 1);
  now.time = 10;
  assert.ok(!cache.has('a'));
  assert.deepEqual(cache.keys(), ['b']);
  assert.equal(cache.size, 2);
  assert.equal(cache.get('a', 'gone'), 'gone');
  assert.equal(cache.size, 1);
});

test('prune drops what has expired', () => {
  const now = clock();
  const cache = new Cache({ ttl: 10, now });
  cache.set('a', 1).set('b', 2).set('c', 3, { ttl: 50 });
  now.time = 30;
  assert.equal(cache.prune(), 2);
  assert.equal(cache.size, 1);
  assert.equal(cache.stats().expirations, 2);
});

test('deletes and clears', () => {
  const cache = new Cache();
  cache.set('a', 1).set('b', 2);
  assert.equal(cache.delete('a'), true);
  assert.equal(cache.delete('a'), false);
  cache.clear();
  assert.equal(cache.size, 0);
});

test('counts', () => {
  const cache = new Cache({ maxEntries: 1 });
  cache.set('a', 1).set('b', 2);
  cache.get('a');
  cache.get('b');
  cache.get('b');
  cache.get('b');
  cache.delete('b');
  assert.deepEqual(cache.stats(), {
    hits: 3, misses: 1, sets: 2, deletes: 1, evictions: 1, expirations: 0, hitRate: 0.75,
  });
  cache.resetStats();
  assert.equal(cache.stats().hits, 0);
  assert.equal(cache.stats().hitRate, 0);
});

test('refuses bad options', () => {
  for (const options of [{ maxEntries: 0 }, { ttl: -1 }, { ttl: '10' }, { now: 5 }]) {
    assert.throws(() => new Cache(options), (error) => {
      assert.ok(error instanceof InvalidOptionError && error instanceof LarderError);
      assert.equal(error.code, 'INVALID_OPTION');
      return true;
    });
  }
  assert.throws(() => new Cache().set('a', 1, { ttl: 0 }), InvalidOptionError);
});
