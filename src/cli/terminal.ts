import Table from 'cli-table3';
import pico from 'picocolors';
import { cut } from './plain-text.js';

export type Colors = ReturnType<typeof pico.createColors>;

/** Colours and tables where people look on, plain text where programs do. */
export interface Terminal {
  /** For what {@link print} writes. */
  readonly colors: Colors;
  /** For what {@link note} writes. */
  readonly noteColors: Colors;
  /** Writes lines of the command's result to stdout. */
  print(text: string): void;
  /** Writes a table of the result to stdout: with borders on a terminal, tab-separated where piped. */
  printTable(head: readonly string[], rows: readonly (readonly string[])[]): void;
  /** Writes one line of progress to stderr. */
  note(line: string): void;
  /** Shows a passing line on stderr, in place of the one before; nothing where it cannot be redrawn. */
  status(line: string): void;
}

/** The part of a stream that a terminal needs. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** `NO_COLOR`, `FORCE_COLOR`, dumb terminals and pipes are respected, each stream by itself. */
export function openTerminal(
  stdout: OutputStream = process.stdout,
  stderr: OutputStream = process.stderr,
  environment: NodeJS.ProcessEnv = process.env,
): Terminal {
  const isInteractive = stderr.isTTY === true && environment['TERM'] !== 'dumb';
  const colors = pico.createColors(usesColor(stdout, environment));
  let shown = false;
  const clear = (): void => {
    if (shown) stderr.write('\r\u001b[2K');
    shown = false;
  };
  const print = (text: string): void => {
    clear();
    stdout.write(`${text}\n`);
  };
  return {
    colors,
    noteColors: pico.createColors(usesColor(stderr, environment)),
    print,
    printTable: (head, rows) => {
      print(stdout.isTTY === true ? borderedTable(head.map(colors.bold), rows) : tabbedTable(head, rows));
    },
    note: (line) => {
      clear();
      stderr.write(`${line}\n`);
    },
    status: (line) => {
      if (!isInteractive) return;
      clear();
      if (line === '') return;
      stderr.write(cut(line, (stderr.columns || 80) - 1));
      shown = true;
    },
  };
}

/** Whether colours go to a stream: never with `NO_COLOR`, always with `FORCE_COLOR`, else where it is a terminal. */
export function usesColor(stream: OutputStream, environment: NodeJS.ProcessEnv): boolean {
  if (environment['NO_COLOR']) return false;
  const forced = environment['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return stream.isTTY === true && environment['TERM'] !== 'dumb';
}

function tabbedTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, ...rows].map((row) => row.join('\t')).join('\n');
}

function borderedTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  // The table's own colours know nothing of NO_COLOR.
  const table = new Table({ head: [...head], style: { head: [], border: [] } });
  for (const row of rows) table.push([...row]);
  return table.toString();
}
