/** One number that a benchmark found. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** E.g. `×`, `messages/s`, `ms`. */
  readonly unit: string;
  /** What the project holds itself to; absent for figures that only explain. */
  readonly target?: { readonly atMost: number } | { readonly atLeast: number };
}

export interface Benchmark {
  /** By which it is called on the command line. */
  readonly name: string;
  /** What is compared with what, and what is left out. */
  readonly question: string;
  /** @param say tells the user how far it is. */
  run(say: (text: string) => void): Promise<readonly Figure[]>;
}

/** Whether a figure keeps its target; `undefined` where it has none. */
export function isMet({ value, target }: Figure): boolean | undefined {
  if (target === undefined) return undefined;
  return 'atMost' in target ? value <= target.atMost : value >= target.atLeast;
}

/** One line for a person. */
export function figureLine(figure: Figure): string {
  const { name, value, unit, target } = figure;
  const shown = `${formatNumber(value)} ${unit}`;
  if (target === undefined) return `  ${name.padEnd(NAME_WIDTH)} ${shown}`;
  const [word, bound] = 'atMost' in target ? ['at most', target.atMost] : ['at least', target.atLeast];
  const verdict = isMet(figure) === true ? 'met' : 'NOT MET';
  return `  ${name.padEnd(NAME_WIDTH)} ${shown}  (target: ${word} ${formatNumber(bound)} ${unit}: ${verdict})`;
}

const NAME_WIDTH = 56;

function formatNumber(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(Math.abs(value) >= 100 ? 0 : 2);
}
