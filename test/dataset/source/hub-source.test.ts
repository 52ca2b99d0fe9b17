import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InfrastructureFault, Interrupted, TroupeError, UserMistake } from '../../../src/base/errors.js';
import { hubSource, type HubAccess } from '../../../src/dataset/source/hub-source.js';
import { MANIFEST_NAME } from '../../../src/dataset/source/manifest.js';
import {
  PART_FOLDER,
  prepareDataset,
  type PrepareDatasetOptions,
  type PreparedDataset,
  type PrepareProgress,
} from '../../../src/dataset/source/prepare-dataset.js';
import { scratchFolder } from '../../git/scratch.js';
import { startHub, type HubServer } from './hub-server.js';
import { sampleFiles, taskFiles, takenFiles, textsBelow } from './sample.js';

const root = scratchFolder();
const NAME = 'someone/some-dataset';
const TOKEN = 'hf_secretSecretSecret';
let count = 0;
let hub: HubServer;
let target: string;

beforeEach(async () => {
  hub = await startHub(NAME, sampleFiles());
  target = path.join(root, `dataset${(count += 1)}`);
});
afterEach(() => hub.close());

async function prepare(options: PrepareDatasetOptions = {}, access: HubAccess = {}): Promise<PreparedDataset> {
  const source = await hubSource(NAME, { endpoint: hub.url, ...access }, options.signal);
  return prepareDataset(source, target, { retryPause: 1, ...options });
}

async function faultOf(promise: Promise<unknown>): Promise<TroupeError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TroupeError);
  const fault = error as TroupeError;
  expect(fault.toLine()).not.toContain('\n');
  return fault;
}

/** Texts of the target, manifest left out. */
function texts(): Record<string, string> {
  const { [MANIFEST_NAME]: _manifest, ...rest } = textsBelow(target);
  return rest;
}

const GOLD = 'alpha_task/task1/feature1/feature.patch';
const gold = (): string => path.join(target, GOLD);
const isGold = (request: { path: string }): boolean => request.path.endsWith(GOLD);

describe('a dataset of a hub', () => {
  it('is put into the folder page by page, without the files that belong to no task', async () => {
    const seen: PrepareProgress[] = [];
    const prepared = await prepare({ onProgress: (progress) => seen.push(progress) });
    expect(texts()).toEqual(takenFiles());
    expect(prepared).toMatchObject({
      tasks: ['alpha_task/task1', 'beta_task/task20'],
      features: 4,
      pairs: 2,
      kept: [],
      faults: [],
      missingScripts: {},
      files: { fetched: 20, unchanged: 0 },
    });
    const total = Object.values(takenFiles()).join('').length;
    expect(seen.at(-1)).toEqual({ files: 20, totalFiles: 20, bytes: total, totalBytes: total });
    expect(hub.requests.filter(({ path: asked }) => asked.includes('/tree/')).length).toBe(4);
    expect(hub.downloads()).toHaveLength(20);
    expect(statSync(path.join(target, 'alpha_task/task1/setup.sh')).mode & 0o777).toBe(0o755);
    expect(statSync(gold()).mode & 0o777).toBe(0o644);
    expect(existsSync(path.join(target, PART_FOLDER))).toBe(false);
  });

  it('is not fetched again where it is there, and only what changed is', async () => {
    await prepare();
    hub.requests.length = 0;
    expect((await prepare()).files).toEqual({ fetched: 0, unchanged: 20 });
    expect(hub.downloads()).toEqual([]);
    hub.files[GOLD] = 'a better patch\n';
    expect((await prepare()).files).toEqual({ fetched: 1, unchanged: 19 });
    expect(readFileSync(gold(), 'utf8')).toBe('a better patch\n');
  });

  it('takes only what a subset names, and says what the dataset lacks of it', async () => {
    const lite = await prepare({ subset: 'lite' });
    expect(lite.tasks).toEqual(['alpha_task/task1']);
    expect(Object.keys(texts())).toEqual(
      Object.keys(takenFiles()).filter((name) => /^alpha|lite/.test(name)).sort(),
    );
    const flash = await prepare({ subset: 'flash' });
    expect(flash.tasks).toEqual(['beta_task/task20']);
    expect(flash.faults.map((fault) => fault.toLine())).toEqual([
      expect.stringContaining('subsets/flash.json: there is no gone_task/task3'),
    ]);
    expect(texts()).toEqual(takenFiles());
  });

  it('that has no such subset is a mistake, and nothing is left behind', async () => {
    delete hub.files['subsets/lite.json'];
    const fault = await faultOf(prepare({ subset: 'lite' }));
    expect(fault).toBeInstanceOf(UserMistake);
    expect(fault.toLine()).toContain('there is no subset "lite"');
    expect(fault.toLine()).toContain('flash');
    expect(readdirSync(target)).toEqual([]);
  });

  it('with a subset that is no JSON names the file of the dataset, not a scratch file', async () => {
    hub.files['subsets/lite.json'] = '{';
    const fault = await faultOf(prepare({ subset: 'lite' }));
    expect(fault.where).toBe(`${hub.url}/datasets/${NAME}: subsets/lite.json`);
  });
});

describe('a broken download', () => {
  const large = Buffer.alloc(300_000, 'patch line\n');
  /** Sends some bytes and cuts the connection. */
  const breakAfter = (bytes: number, times: number) => {
    let left = times;
    hub.intercept = (request, response) => {
      if (!isGold(request) || left === 0) return false;
      left -= 1;
      const from = Number(/^bytes=(\d+)/.exec(request.range ?? '')?.[1] ?? 0);
      response.writeHead(request.range === undefined ? 200 : 206, {
        'content-length': String(large.length - from),
      });
      response.write(large.subarray(from, from + bytes), () => setTimeout(() => response.destroy(), 20));
      return true;
    };
  };
  beforeEach(() => {
    hub.files[GOLD] = large;
  });

  it('is continued where it broke off, as often as some bytes come', async () => {
    breakAfter(30_000, 7);
    const seen: PrepareProgress[] = [];
    const prepared = await prepare({ onProgress: (progress) => seen.push(progress) });
    expect(prepared.faults).toEqual([]);
    expect(readFileSync(gold()).equals(large)).toBe(true);
    const ranges = hub.requests.filter(isGold).map(({ range }) => range);
    expect(ranges[0]).toBeUndefined();
    expect(ranges[1]).toBe(`bytes=30000-${large.length - 1}`);
    expect(ranges[7]).toBe(`bytes=210000-${large.length - 1}`);
    expect(ranges).toHaveLength(8);
    const last = seen.at(-1);
    expect(last?.bytes).toBe(last?.totalBytes);
  });

  it('that brings nothing any more ends the call; the next one goes on with what is there', async () => {
    breakAfter(0, 1000);
    const other = hub.intercept;
    let isFirst = true;
    hub.intercept = (request, response) => {
      if (!isGold(request) || !isFirst) return other(request, response);
      isFirst = false;
      response.writeHead(200, { 'content-length': String(large.length) });
      response.write(large.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 20));
      return true;
    };
    const fault = await faultOf(prepare());
    expect(fault).toBeInstanceOf(InfrastructureFault);
    expect(fault.toLine()).toContain('finished files are kept');
    expect(existsSync(gold())).toBe(false);
    expect(readdirSync(path.join(target, PART_FOLDER))).not.toEqual([]);
    hub.intercept = () => false;
    hub.requests.length = 0;
    await prepare();
    expect(hub.requests.filter(isGold).map(({ range }) => range)).toEqual([
      `bytes=100000-${large.length - 1}`,
    ]);
    expect(texts()).toEqual({ ...takenFiles(), [GOLD]: large.toString() });
    expect(existsSync(path.join(target, PART_FOLDER))).toBe(false);
  });

  it('is begun anew where the hub cannot go on in the middle', async () => {
    breakAfter(30_000, 1);
    const breaking = hub.intercept;
    hub.intercept = (request, response) => {
      if (breaking(request, response)) return true;
      if (!isGold(request)) return false;
      response.writeHead(200, { 'content-length': String(large.length) }).end(large);
      return true;
    };
    expect((await prepare()).faults).toEqual([]);
    expect(readFileSync(gold()).equals(large)).toBe(true);
  });

  it('that Ctrl-C broke leaves finished files, knows its tasks, and goes on', async () => {
    const controller = new AbortController();
    hub.intercept = (request, response) => {
      if (!isGold(request)) return false;
      response.writeHead(200, { 'content-length': String(large.length) });
      response.write(large.subarray(0, 50_000), () => setTimeout(() => controller.abort(new Interrupted()), 20));
      return true;
    };
    await expect(prepare({ signal: controller.signal })).rejects.toBeInstanceOf(Interrupted);
    expect(existsSync(gold())).toBe(false);
    hub.intercept = () => false;
    const prepared = await prepare();
    expect(prepared.kept).toEqual([]);
    expect(prepared.files.unchanged + prepared.files.fetched).toBe(20);
    expect(readFileSync(gold()).equals(large)).toBe(true);
    expect(hub.requests.filter(isGold).at(-1)?.range).toMatch(/^bytes=[1-9]/);
  });

  it('by an answer of 503 or 429 is tried again', async () => {
    const answers = [503, 429];
    hub.intercept = (request, response) => {
      const status = isGold(request) ? answers.shift() : undefined;
      if (status === undefined) return false;
      response.writeHead(status, { 'retry-after': '0' }).end('later');
      return true;
    };
    expect((await prepare()).faults).toEqual([]);
    expect(answers).toEqual([]);
  });
});

describe('what came is verified', () => {
  it('by git’s name of it: a wrong file is fetched twice, never put in place, and the others are', async () => {
    hub.odd[GOLD] = { oid: '0'.repeat(40) };
    const prepared = await prepare();
    expect(prepared.faults.map(({ code }) => code)).toEqual(['content-wrong', 'task-file-missing']);
    expect(prepared.faults[0]?.toLine()).toContain(GOLD);
    expect(hub.downloads().filter((name) => name.endsWith(GOLD))).toHaveLength(2);
    const { [GOLD]: _wrong, ...others } = takenFiles();
    expect(texts()).toEqual(others);
    hub.odd = {};
    expect((await prepare()).files).toEqual({ fetched: 1, unchanged: 19 });
  });

  it('by SHA-256 where the file is in large file storage', async () => {
    const content = sampleFiles()[GOLD] ?? '';
    const oid = createHash('sha256').update(content).digest('hex');
    hub.odd[GOLD] = { size: content.length, lfs: { oid, size: content.length, pointerSize: 130 }, oid: '1'.repeat(40) };
    expect((await prepare()).faults).toEqual([]);
    hub.odd[GOLD] = { lfs: { oid: 'f'.repeat(64), size: content.length, pointerSize: 130 } };
    target = `${target}-wrong`;
    expect((await prepare()).faults[0]?.toLine()).toContain('SHA-256');
  });

  it.each([1, -1])('by size where the hub tells nothing else (%i)', async (difference) => {
    const { length } = sampleFiles()[GOLD] ?? '';
    hub.odd[GOLD] = { oid: undefined, size: length + difference };
    const prepared = await (difference > 0 ? faultOf(prepare()) : prepare());
    if (prepared instanceof TroupeError) expect(prepared.code).toBe('hub-unreachable');
    else expect(prepared.faults[0]?.code).toBe('content-wrong');
    expect(existsSync(gold())).toBe(false);
  });

  it('and so is the layout: each useless or missing file of a feature is one line', async () => {
    delete hub.files['alpha_task/task1/feature2/tests.patch'];
    hub.files['alpha_task/task1/feature1/feature.md'] = '';
    hub.files[GOLD] = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n';
    delete hub.files['beta_task/task20/setup.sh'];
    const prepared = await prepare();
    expect(prepared.faults.map(({ code, where }) => [code, path.relative(target, where ?? '')])).toEqual([
      ['task-file-useless', 'alpha_task/task1/feature1/feature.md'],
      ['task-file-useless', GOLD],
      ['task-file-missing', 'alpha_task/task1/feature2/tests.patch'],
    ]);
    expect(prepared.missingScripts).toEqual({ 'beta_task/task20': ['setup.sh'] });
  });

  it('a listed file that the hub does not have is a fault of that file alone', async () => {
    hub.intercept = (request, response) => {
      if (!isGold(request)) return false;
      response.writeHead(404).end();
      return true;
    };
    const prepared = await prepare();
    expect(prepared.faults.map(({ code }) => code)).toEqual(['hub-not-found', 'task-file-missing']);
  });
});

describe('what others put into the folder', () => {
  it('stays: their tasks and subsets are kept whole and named', async () => {
    const own = path.join(target, 'alpha_task/task1/feature1');
    mkdirSync(own, { recursive: true });
    writeFileSync(path.join(own, 'feature.md'), 'my own\n');
    mkdirSync(path.join(target, 'subsets'));
    writeFileSync(path.join(target, 'subsets/lite.json'), '{"tasks": []}');
    for (const _again of [1, 2]) {
      const prepared = await prepare();
      expect(prepared.kept).toEqual(['alpha_task/task1', 'subsets/lite.json']);
      expect(prepared.tasks).toEqual(['beta_task/task20']);
      expect(readdirSync(path.join(target, 'alpha_task/task1'))).toEqual(['feature1']);
      expect(textsBelow(own)).toEqual({ 'feature.md': 'my own\n' });
      expect(texts()['subsets/lite.json']).toBe('{"tasks": []}');
    }
  });

  it('stays: a prepared file that was changed by hand is reported, not overwritten', async () => {
    await prepare();
    writeFileSync(gold(), 'mine\n');
    const prepared = await prepare();
    expect(prepared.faults.map(({ code, where }) => [code, where])).toEqual([['file-changed', gold()]]);
    expect(readFileSync(gold(), 'utf8')).toBe('mine\n');
  });

  it('is not written through: a link in place of a folder is refused', async () => {
    await prepare({ subset: 'lite' });
    const elsewhere = path.join(root, `elsewhere${count}`);
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, path.join(target, 'beta_task'));
    const fault = await faultOf(prepare());
    expect(fault.where).toBe(path.join(target, 'beta_task'));
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  it('a list of prepared files that nobody understands stops everything', async () => {
    mkdirSync(target);
    writeFileSync(path.join(target, MANIFEST_NAME), '{"format": 7}');
    const fault = await faultOf(prepare());
    expect(fault).toMatchObject({ code: 'manifest-unreadable', where: path.join(target, MANIFEST_NAME) });
    expect(readdirSync(target)).toEqual([MANIFEST_NAME]);
  });

  it('a file that has the name of the dataset folder is one line', async () => {
    writeFileSync(target, 'a file\n');
    expect((await faultOf(prepare())).code).toBe('dataset-not-written');
    expect(readFileSync(target, 'utf8')).toBe('a file\n');
  });
});

describe('hostile names of a hub', () => {
  it.each([
    '../escape.md',
    'alpha_task/task1/../../../escape.md',
    '/etc/escape.md',
    'C:/escape.md',
    'alpha_task/task1/..\\..\\escape.md',
    'alpha_task/task1/.git/hooks/post-checkout',
    'alpha_task/task1/.GIT/config',
    'alpha_task/task1//feature1/feature.md',
    'alpha_task/./task1/feature1/feature.md',
    'alpha_task/task1/nul\0byte',
    '',
  ])('%j is refused before anything is written', async (name) => {
    hub.odd[name] = {};
    const fault = await faultOf(prepare());
    expect(fault).toMatchObject({ code: 'dataset-hostile' });
    expect(fault).toBeInstanceOf(UserMistake);
    expect(existsSync(target)).toBe(false);
    expect(hub.downloads()).toEqual([]);
  });

  it('so is what is no regular file, and a folder that is also a file', async () => {
    hub.odd['alpha_task/task1/odd'] = { type: 'unknown' };
    expect((await faultOf(prepare())).toLine()).toContain('no regular file');
    hub.odd = { 'alpha_task/task1/feature1': {} };
    expect((await faultOf(prepare())).toLine()).toContain('named as a file as well');
    expect(existsSync(target)).toBe(false);
  });

  it('odd but harmless ones come through as they are', async () => {
    const odd = 'alpha_task/task1/base/a #1?&%20 ü.md';
    hub.files[odd] = 'odd\n';
    await prepare();
    expect(texts()[odd]).toBe('odd\n');
  });
});

describe('a hub that refuses', () => {
  const refuseWith = (status: number, body = '{"error":"Invalid token hf_secretSecretSecret"}') => {
    hub.intercept = (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
      return true;
    };
  };

  it.each([
    [401, undefined, 'hub-unauthorized', 'HF_TOKEN'],
    [401, TOKEN, 'hub-unauthorized', 'does not accept the token'],
    [403, TOKEN, 'hub-forbidden', 'ask for access'],
    [404, undefined, 'hub-not-found', 'owner/name'],
    [418, undefined, 'hub-unexpected', 'HF_ENDPOINT'],
    [500, undefined, 'hub-unreachable', 'HF_ENDPOINT'],
  ])('by %i with token %s says so in one line, without the token', async (status, token, code, words) => {
    refuseWith(status);
    const fault = await faultOf(prepare({}, { token }));
    expect(fault.code).toBe(code);
    expect(fault).toBeInstanceOf(status >= 405 ? InfrastructureFault : UserMistake);
    expect(fault.toLine()).toContain(words);
    expect(`${fault.toLine()} ${fault.stack}`).not.toContain('secretSecret');
    expect(existsSync(target)).toBe(false);
  });

  it('is asked with the token, which goes nowhere else', async () => {
    const other = await startHub(NAME, sampleFiles());
    hub.intercept = (request, response) => {
      if (!isGold(request)) return false;
      response.writeHead(302, { location: `${other.url}${request.path.replace(NAME, NAME)}` }).end();
      return true;
    };
    await prepare({}, { token: TOKEN });
    expect(hub.requests.every(({ authorization }) => authorization === `Bearer ${TOKEN}`)).toBe(true);
    expect(other.requests).toHaveLength(1);
    expect(other.requests[0]?.authorization).toBeUndefined();
    expect(JSON.stringify(textsBelow(target))).not.toContain('secretSecret');
    await other.close();
  });

  it('whose list goes on at another host has the token sent nowhere but to itself', async () => {
    const other = await startHub(NAME, sampleFiles());
    hub.intercept = (request, response) => {
      if (!request.path.includes('/tree/')) return false;
      const next = `<${other.url}${request.path}?cursor=0>; rel="next"`;
      response.writeHead(200, { 'content-type': 'application/json', link: next }).end('[]');
      return true;
    };
    await prepare({}, { token: TOKEN });
    expect(other.requests.length).toBeGreaterThan(0);
    expect(other.requests.map(({ authorization }) => authorization).filter(Boolean)).toEqual([]);
    await other.close();
  });

  it('is told from one that is not there, or is none', async () => {
    const { url } = hub;
    refuseWith(200, '<html>');
    expect((await faultOf(prepare())).code).toBe('hub-unexpected');
    await hub.close();
    const fault = await faultOf(hubSource(NAME, { endpoint: url }));
    expect(fault.toLine()).toContain('ECONNREFUSED');
    hub = await startHub(NAME, {});
  });

  it.each(['no address', 'ftp://example.org', 'http://user:word@example.org'])(
    'by the endpoint %j is a mistake that shows no password',
    async (endpoint) => {
      const fault = await faultOf(hubSource(NAME, { endpoint }));
      expect(fault).toMatchObject({ code: 'endpoint-invalid', where: 'HF_ENDPOINT' });
      expect(fault.toLine()).not.toContain('word@');
    },
  );

  it('a token that cannot be one is not sent', async () => {
    const fault = await faultOf(prepare({}, { token: 'sk-secretSecret' }));
    expect(fault).toMatchObject({ code: 'token-invalid', where: 'HF_TOKEN' });
    expect(fault.toLine()).not.toContain('secretSecret');
    expect(hub.requests).toEqual([]);
  });
});

it('a dataset whose tasks lie in its dataset folder is taken from there', async () => {
  hub.files = Object.fromEntries(
    Object.entries(taskFiles('alpha_task/task1')).map(([name, text]) => [`dataset/${name}`, text]),
  );
  await prepare();
  expect(texts()).toEqual(taskFiles('alpha_task/task1'));
});
