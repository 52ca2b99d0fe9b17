import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

import { SimulatedClock } from '../../src/base/clock.js';
import { InfrastructureFault } from '../../src/base/errors.js';
import type { RunEvent } from '../../src/log/event.js';
import { EventLog } from '../../src/log/event-log.js';
import { EventStream } from '../../src/log/event-stream.js';
import { FileSink } from '../../src/log/file-sink.js';
import { readLog } from '../../src/log/read-log.js';
import { said, scratchFolder } from './scratch.js';

const scratch = scratchFolder();
const PROJECT = path.resolve(import.meta.dirname, '../..');
/** A device whose disk is always full. */
const FULL = '/dev/full';

const freshFile = (...parts: string[]): string =>
  path.join(mkdtempSync(path.join(scratch, 'run-')), ...parts, 'events.jsonl');
const event = (seq: number, content = 'hello'): RunEvent => ({
  seq,
  at: 0,
  ...said(content),
  to: ['agent2'],
});
/** Reads a file as another process sees it. */
const seenByOthers = (file: string): string => execFileSync('cat', [file], { encoding: 'utf8' });

async function sequences(file: string): Promise<number[]> {
  const read: number[] = [];
  for await (const { seq } of readLog(file)) read.push(seq);
  return read;
}

describe('a file sink', () => {
  it('makes the file and its folders only when there is something to write', () => {
    const file = freshFile('logs', 'coop');
    const sink = new FileSink(file);
    sink.flush();
    expect(existsSync(path.dirname(file))).toBe(false);
    sink.write(event(1));
    expect(existsSync(file)).toBe(false);
    sink.flush();
    expect(seenByOthers(file)).toBe(`${JSON.stringify(event(1))}\n`);
    sink.close();
  });

  it('leaves an existing file alone when nothing happens', () => {
    const file = freshFile();
    writeFileSync(file, 'what was there\n');
    new FileSink(file).close();
    expect(readFileSync(file, 'utf8')).toBe('what was there\n');
  });

  it('keeps events in memory until it is flushed, and writes by itself once they are many', () => {
    const file = freshFile();
    const sink = new FileSink(file);
    sink.write(event(1));
    sink.flush();
    sink.write(event(2));
    expect(seenByOthers(file)).toBe(`${JSON.stringify(event(1))}\n`);
    const big = event(3, 'x'.repeat(70_000));
    sink.write(big);
    expect(seenByOthers(file).split('\n').slice(1)).toEqual([
      JSON.stringify(event(2)),
      JSON.stringify(big),
      '',
    ]);
    sink.close();
  });

  it('writes whole lines only, so that a reader beside the run never sees half an event', () => {
    const file = freshFile();
    const sink = new FileSink(file);
    for (let seq = 1; seq <= 3000; seq += 1) {
      sink.write(event(seq, 'é'.repeat(seq % 97)));
      if (seq % 500 === 0 && existsSync(file)) expect(readFileSync(file, 'utf8')).toMatch(/\n$/);
    }
    sink.close();
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(3000);
  });

  it('replaces an older file, or goes on with it when told to append', async () => {
    const file = freshFile();
    const write = (seq: number, options?: { append: boolean }): void => {
      const sink = new FileSink(file, options);
      sink.write(event(seq));
      sink.close();
    };
    write(1);
    write(2);
    expect(await sequences(file)).toEqual([2]);
    write(3, { append: true });
    expect(await sequences(file)).toEqual([2, 3]);
    const fresh = freshFile('new');
    const sink = new FileSink(fresh, { append: true });
    sink.write(event(1));
    sink.close();
    expect(readFileSync(fresh, 'utf8')).toBe(`${JSON.stringify(event(1))}\n`);
  });

  it('appends on a line of its own after a process that died in the middle of one', async () => {
    const file = freshFile();
    writeFileSync(file, `${JSON.stringify(event(1))}\n${JSON.stringify(event(2)).slice(0, 20)}`);
    const sink = new FileSink(file, { append: true });
    sink.write(event(2));
    sink.close();
    const broken: number[] = [];
    const read: number[] = [];
    for await (const { seq } of readLog(file, ({ line }) => broken.push(line))) read.push(seq);
    expect({ read, broken }).toEqual({ read: [1, 2], broken: [2] });
  });

  it('writes what is left when it is closed, and drops what comes later', () => {
    const file = freshFile();
    const sink = new FileSink(file);
    sink.write(event(1));
    sink.close();
    sink.close();
    sink.write(event(2, 'x'.repeat(100_000)));
    sink.flush();
    expect(readFileSync(file, 'utf8')).toBe(`${JSON.stringify(event(1))}\n`);
  });

  it('loses nothing that was flushed when its process is killed on the spot', async () => {
    const folder = mkdtempSync(path.join(scratch, 'killed-'));
    const file = path.join(folder, 'events.jsonl');
    const child = spawn(process.execPath, [writerProgram(folder), file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [said] = (await once(child.stdout, 'data')) as [Buffer];
      expect(said.toString()).toBe('flushed\n');
    } finally {
      child.kill('SIGKILL');
    }
    await once(child, 'close');
    expect(child.signalCode).toBe('SIGKILL');
    expect(await sequences(file)).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
  });
});

/** A program that writes 500 events, flushes, writes one more, and waits for its end. Compiled from our sources. */
function writerProgram(folder: string): string {
  const names = ['base/errors', 'base/clock', 'log/scrubbing', 'log/event-log', 'log/file-sink'];
  for (const name of names.map((each) => `src/${each}`)) {
    const source = readFileSync(path.join(PROJECT, `${name}.ts`), 'utf8');
    const target = path.join(folder, `${name}.js`);
    mkdirSync(path.dirname(target), { recursive: true });
    const options = {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    };
    writeFileSync(target, ts.transpileModule(source, { compilerOptions: options }).outputText);
  }
  const program = path.join(folder, 'writer.js');
  writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(
    program,
    `import { SimulatedClock } from './src/base/clock.js';
import { EventLog } from './src/log/event-log.js';
import { FileSink } from './src/log/file-sink.js';

const log = new EventLog(new SimulatedClock(), [new FileSink(process.argv[2])]);
const send = (message) =>
  log.append({ type: 'message-sent', message, from: 'agent1', to: ['agent2'], content: 'hello' });
for (let message = 1; message <= 500; message += 1) send(message);
log.flush();
send(501);
process.stdout.write('flushed\\n');
setInterval(() => {}, 60_000);
`,
  );
  return program;
}

describe('a file sink whose disk is full', () => {
  const fault = (action: () => void): unknown => {
    try {
      action();
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it.runIf(existsSync(FULL))('says so as a fault of the world, with the file and what to do', () => {
    const sink = new FileSink(FULL);
    sink.write(event(1));
    const error = fault(() => sink.flush());
    expect(error).toBeInstanceOf(InfrastructureFault);
    expect(error).toMatchObject({ code: 'log-not-writable', where: FULL });
    expect((error as InfrastructureFault).toLine()).toContain('free disk space');
    expect((error as Error).cause).toMatchObject({ code: 'ENOSPC' });
  });

  it.runIf(existsSync(FULL))('fails when it is closed, once', () => {
    const sink = new FileSink(FULL);
    sink.write(event(1));
    expect(fault(() => sink.close())).toMatchObject({ code: 'log-not-writable' });
    expect(fault(() => sink.close())).toBeUndefined();
  });

  it('says the same where a folder of its path is a file', () => {
    const file = freshFile();
    writeFileSync(file, '');
    const sink = new FileSink(path.join(file, 'events.jsonl'));
    sink.write(event(1));
    expect(fault(() => sink.flush())).toBeInstanceOf(InfrastructureFault);
  });

  it('writes what waited, without a gap, once there is room again', async () => {
    const folder = mkdtempSync(path.join(scratch, 'full-'));
    const file = path.join(folder, 'logs', 'events.jsonl');
    // A folder that cannot be made stands for a disk without room; it is gone before the second try.
    symlinkSync(path.join(folder, 'nowhere', 'deep'), path.join(folder, 'logs'));
    const sink = new FileSink(file);
    sink.write(event(1));
    expect(fault(() => sink.flush())).toBeInstanceOf(InfrastructureFault);
    sink.write(event(2));
    mkdirSync(path.join(folder, 'nowhere', 'deep'), { recursive: true });
    sink.flush();
    sink.close();
    expect(await sequences(file)).toEqual([1, 2]);
  });

  it.runIf(existsSync(FULL))(
    'keeps neither other sinks from the events nor readers of the run from its end',
    async () => {
      const stream = new EventStream();
      const log = new EventLog(new SimulatedClock(), [new FileSink(FULL), stream]);
      expect(fault(() => log.append({ ...said('x'.repeat(70_000)), to: [] }))).toBeInstanceOf(
        InfrastructureFault,
      );
      expect(fault(() => log.flush())).toBeInstanceOf(InfrastructureFault);
      expect(fault(() => log.close())).toBeInstanceOf(InfrastructureFault);
      const read: number[] = [];
      for await (const { seq } of stream) read.push(seq);
      expect(read).toEqual([1]);
    },
  );
});
