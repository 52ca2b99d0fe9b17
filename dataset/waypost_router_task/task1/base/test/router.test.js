import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  InvalidArgumentError,
  RouteConflictError,
  Router,
  RouteNotFoundError,
  WaypostError,
} from '../src/index.js';

const noop = () => {};

test('finds a literal route', () => {
  const router = new Router();
  router.get('/about', noop);
  const found = router.match('get', '/about');
  assert.equal(found.handler, noop);
  assert.equal(found.pattern, '/about');
  assert.deepEqual(found.params, {});
  assert.equal(router.match('GET', '/nowhere'), null);
  assert.equal(router.match('POST', '/about'), null);
});

test('extracts and decodes params', () => {
  const router = new Router();
  router.get('/users/:id/posts/:post', noop);
  assert.deepEqual(router.match('GET', '/users/7/posts/a%20b').params, { id: '7', post: 'a b' });
});

test('cuts the query string off', () => {
  const router = new Router();
  router.get('/search', noop);
  assert.notEqual(router.match('GET', '/search?q=/a/b#c'), null);
});

test('tries routes in the order of registration', () => {
  const router = new Router();
  router.get('/users/:id', () => 'param');
  router.get('/users/me', () => 'literal');
  assert.equal(router.handle('GET', '/users/me'), 'param');
});

test('puts the prefix and the group prefix before the pattern', () => {
  const router = new Router({ prefix: '/api' });
  router.group('/admin', (admin) => {
    admin.post('/reindex', () => 'started');
    admin.group('/users', (users) => users.get('/:id', ({ params }) => params.id));
  });
  assert.equal(router.handle('POST', '/api/admin/reindex'), 'started');
  assert.equal(router.handle('GET', '/api/admin/users/4'), '4');
});

test('can ignore case', () => {
  const router = new Router({ caseSensitive: false });
  router.get('/About/:name', ({ params }) => params.name);
  assert.equal(router.handle('GET', '/aBOUT/Me'), 'Me');
});

test('ignores a slash at the end by default', () => {
  const router = new Router();
  router.get('/about', noop);
  assert.notEqual(router.match('GET', '/about/'), null);
});

test('lists the allowed methods', () => {
  const router = new Router();
  router.put('/users/:id', noop).delete('/users/:id', noop).post('/users', noop);
  assert.deepEqual(router.allowedMethods('/users/7'), ['DELETE', 'PUT']);
});

test('hands the request to the handler', () => {
  const router = new Router();
  router.get('/users/:id', (request) => request);
  const request = router.handle('get', '/users/7?full=1', { user: 'ada' });
  assert.equal(request.method, 'GET');
  assert.equal(request.path, '/users/7?full=1');
  assert.equal(request.pattern, '/users/:id');
  assert.deepEqual(request.context, { user: 'ada' });
});

test('throws when there is no route', () => {
  const router = new Router();
  assert.throws(() => router.handle('GET', '/nowhere'), (error) => {
    assert.ok(error instanceof RouteNotFoundError && error instanceof WaypostError);
    assert.equal(error.code, 'ROUTE_NOT_FOUND');
    return true;
  });
});

test('refuses bad arguments and duplicates', () => {
  const router = new Router();
  router.get('/users/:id', noop);
  assert.throws(() => router.get('/users/:name', noop), RouteConflictError);
  assert.throws(() => router.add('FETCH', '/a', noop), InvalidArgumentError);
  assert.throws(() => router.get('/a', 'handler'), InvalidArgumentError);
  assert.throws(() => router.match('GET', 'about'), InvalidArgumentError);
  assert.throws(() => router.group('', noop), InvalidArgumentError);
});
