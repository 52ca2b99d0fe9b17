import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const PROJECT = path.resolve(import.meta.dirname, '..');

/** The rooms from the ground up, as ARCHITECTURE.md draws them: a room uses those before it. */
const ROOMS = [
  'base',
  'log',
  'model',
  'sandbox',
  'git',
  'dataset',
  'channel',
  'scenario',
  'scenarios',
  'taxonomy',
  'agent',
  'agents',
  'referee',
  'simulation',
  'experiment',
  'cli',
];

function sourceFiles(folder: string): string[] {
  return readdirSync(path.join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.posix.join(folder, name));
}

/** `src/agent/tools/bash.ts` → `agent`; `agents/personas/gold.ts` → `agents`; the entry points have no room. */
function roomOf(file: string): string | undefined {
  const parts = file.split('/');
  if (parts[0] !== 'src') return parts[0];
  return parts.length > 2 ? parts[1] : undefined;
}

function importsOf(file: string): string[] {
  const text = readFileSync(path.join(PROJECT, file), 'utf8');
  const names = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map((match) => match[1] ?? '');
  return names.map((name) => path.posix.join(path.posix.dirname(file), name).replace(/\.js$/, '.ts'));
}

const files = ['src', 'agents', 'scenarios'].flatMap(sourceFiles);

describe('the house', () => {
  it('has no room that is not drawn', () => {
    const rooms = new Set(files.map(roomOf).filter((room) => room !== undefined));
    expect([...rooms].filter((room) => !ROOMS.includes(room))).toEqual([]);
  });

  it('lets a room use only the rooms below it', () => {
    const wrong = files.flatMap((file) => {
      const room = roomOf(file);
      if (room === undefined) return [];
      return importsOf(file)
        .filter((target) => ROOMS.indexOf(roomOf(target) ?? '') > ROOMS.indexOf(room))
        .map((target) => `${file} uses ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it('keeps every git call in the git room', () => {
    const callers = files.filter((file) => {
      const text = readFileSync(path.join(PROJECT, file), 'utf8');
      return roomOf(file) !== 'git' && /spawn\w*\(\s*'git'|execFile\w*\(\s*'git'/.test(text);
    });
    expect(callers).toEqual([]);
  });

  it('reads time and chance only through what is injected, where a run must repeat', () => {
    const rooms = new Set([
      'agent',
      'agents',
      'channel',
      'log',
      'referee',
      'scenario',
      'simulation',
      'taxonomy',
    ]);
    const readers = files.filter((file) => {
      const text = readFileSync(path.join(PROJECT, file), 'utf8');
      return rooms.has(roomOf(file) ?? '') && /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(/.test(text);
    });
    expect(readers).toEqual([]);
  });

  it('keeps files short: none over 400 lines', () => {
    const long = files.filter(
      (file) => readFileSync(path.join(PROJECT, file), 'utf8').split('\n').length > 401,
    );
    expect(long).toEqual([]);
  });
});
