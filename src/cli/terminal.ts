import Table from 'cli-table3';
import pico from 'picocolors';

/** Colours and tables where people look on, plain text where programs do. */
export interface Terminal {
  readonly colors: ReturnType<typeof pico.createColors>;
  /** Whether the progress can be redrawn in place. */
  readonly isInteractive: boolean;
  /** Writes one line of the command's result to stdout. */
  print(line: string): void;
  /** Writes one line of progress to stderr. */
  note(line: string): void;
  /** Shows a passing line on stderr, in place of the one before; nothing where it cannot be redrawn. */
  status(line: string): void;
}

/** `NO_COLOR` and pipes are respected, as the user's terminal says. */
export function openTerminal(
  stdout: NodeJS.WriteStream = process.stdout,
  stderr: NodeJS.WriteStream = process.stderr,
): Terminal {
  const isInteractive = stderr.isTTY === true && process.env['TERM'] !== 'dumb';
  const useColor = pico.isColorSupported && stdout.isTTY === true;
  let shown = false;
  const clear = (): void => {
    if (shown) stderr.write('\r\u001b[2K');
    shown = false;
  };
  return {
    colors: pico.createColors(useColor),
    isInteractive,
    print: (line) => {
      clear();
      stdout.write(`${line}\n`);
    },
    note: (line) => {
      clear();
      stderr.write(`${line}\n`);
    },
    status: (line) => {
      if (!isInteractive) return;
      clear();
      if (line === '') return;
      stderr.write(cut(line, (stderr.columns ?? 80) - 1));
      shown = true;
    },
  };
}

/** Text from agents, made harmless for a terminal: one line, no control characters, at most `width` long. */
export function plainText(text: string, width = 100): string {
  // oxlint-disable-next-line no-control-regex
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+/g, ' ').trim();
  return cut(clean, width);
}

function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

/** A table with borders on a terminal, tab-separated where piped. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (process.stdout.isTTY !== true) return [head, ...rows].map((row) => row.join('\t')).join('\n');
  const table = new Table({ head: [...head], style: { head: ['bold'], border: [] } });
  for (const row of rows) table.push([...row]);
  return table.toString();
}
