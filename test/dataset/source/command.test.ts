import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandLine, linesOf } from '../../cli/command-line.js';
import { startHub, type HubServer } from './hub-server.js';
import { sampleFiles, takenFiles, textsBelow } from './sample.js';

const line = commandLine();
const NAME = 'someone/some-dataset';
const TOKEN = 'hf_secretSecretSecret';
let hub: HubServer;
let folder: string;

beforeEach(async () => {
  hub = await startHub(NAME, sampleFiles());
  folder = line.emptyFolder();
});
afterEach(() => hub.close());

const prepare = (...more: readonly string[]) =>
  line.start(['dataset', 'prepare', ...more], {
    folder,
    environment: { HF_ENDPOINT: hub.url, HF_TOKEN: TOKEN },
  });

describe('troupe dataset prepare', () => {
  it('fetches a dataset into ./dataset, says what it got, and other commands see it', async () => {
    const { code, stdout, stderr } = await prepare('--from', NAME).end;
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('2 tasks, 4 features, 2 pairs');
    expect(stderr).toContain(`taking tasks from ${hub.url}/datasets/${NAME}`);
    expect(stdout + stderr).not.toContain('secretSecret');
    const { '.troupe-prepared.json': _manifest, ...texts } = textsBelow(path.join(folder, 'dataset'));
    expect(texts).toEqual(takenFiles());
    const listed = await line.run(['dataset', 'list', '--json'], { folder });
    expect(JSON.parse(listed.stdout)).toMatchObject({ totals: { tasks: 2, features: 4, pairs: 2 } });
    line.expectNothingLeft();
  });

  it('asks for the public dataset by default', async () => {
    const { code, stderr } = await prepare().end;
    expect(code).toBe(2);
    expect(linesOf(stderr).at(-1)).toContain('CodeConflict/cooperbench-dataset: the hub has no such dataset');
    expect(hub.requests[0]?.path).toContain('/api/datasets/CodeConflict/cooperbench-dataset/');
  });

  it('prints one JSON document, with faults in it, and ends with 2 where the subset is not whole', async () => {
    const { code, stdout, stderr } = await prepare('--from', NAME, '--subset', 'flash', '--json').end;
    expect(code, stderr).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      tasks: ['beta_task/task20'],
      features: 2,
      pairs: 1,
      errors: [{ code: 'subset-without-target' }],
    });
  });

  it('keeps tasks that were there, and says so', async () => {
    const own = path.join(folder, 'dataset/alpha_task/task1/feature1');
    mkdirSync(own, { recursive: true });
    writeFileSync(path.join(own, 'feature.md'), 'ours\n');
    const { code, stdout } = await prepare('--from', NAME).end;
    expect(code).toBe(0);
    expect(stdout).toContain('kept alpha_task/task1');
    expect(readFileSync(path.join(own, 'feature.md'), 'utf8')).toBe('ours\n');
  });

  it('ends with 1 and one line where a file came wrong', async () => {
    hub.odd['alpha_task/task1/combined.patch'] = { oid: '0'.repeat(40) };
    const { code, stderr } = await prepare('--from', NAME).end;
    expect(code).toBe(1);
    expect(linesOf(stderr).filter((text) => text.startsWith('error: '))).toEqual([
      expect.stringContaining('combined.patch: the file came wrong'),
    ]);
  });

  it.each([
    [['--from', 'no-such-folder'], 'is neither a folder nor a dataset'],
    [['--from', 'ftp://example.org/x'], 'has a protocol that is not used'],
    [['--subset', 'litte'], 'lite'],
  ])('%j is a mistake of one line', async (words, text) => {
    const { code, stdout, stderr } = await prepare(...words).end;
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(linesOf(stderr)).toEqual([expect.stringMatching(new RegExp(`^error: .*${text}`))]);
  });

  it('stops at Ctrl-C, leaves nothing half done, and goes on by the command that it prints', async () => {
    const large = Buffer.alloc(200_000, 'patch line\n');
    const slow = 'alpha_task/task1/combined.patch';
    hub.files[slow] = large;
    let sent: () => void = () => {};
    const isSent = new Promise<void>((resolve) => {
      sent = resolve;
    });
    hub.intercept = (request, response) => {
      if (!request.path.endsWith(slow)) return false;
      response.writeHead(200, { 'content-length': String(large.length) });
      response.write(large.subarray(0, 60_000), sent);
      return true;
    };
    const command = prepare('--from', NAME);
    await isSent;
    command.child.kill('SIGINT');
    const { code, stderr } = await command.end;
    expect(code, stderr).toBe(130);
    expect(linesOf(stderr).at(-1)).toMatch(/^go on with: .* dataset prepare --from someone\/some-dataset$/);
    line.expectNothingLeft();
    hub.intercept = () => false;
    const again = await prepare('--from', NAME).end;
    expect(again.code, again.stderr).toBe(0);
    expect(textsBelow(path.join(folder, 'dataset'))[slow]).toBe(large.toString());
  });
});
