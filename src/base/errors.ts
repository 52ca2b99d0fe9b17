/**
 * The error families of Troupe. Every error says what is wrong, where, and what to do about it, and
 * carries a stable `code` that programs may branch on.
 */

/** Where and how an error can be mended. */
export interface ErrorDetails {
  /** Stable, kebab-case name of the fault, e.g. `feature-not-found`. */
  readonly code: string;
  /** File, field or option at fault, e.g. `dataset/a_task/task1/feature3` or `--setting`. */
  readonly where?: string;
  /** What the reader can do, as one imperative sentence. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

/** Base of all errors that Troupe throws on purpose. */
export class TroupeError extends Error {
  readonly code: string;
  readonly where: string | undefined;
  readonly remedy: string | undefined;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = details.code;
    this.where = details.where;
    this.remedy = details.remedy;
  }

  /** The error as the one line that a user is shown. */
  toLine(): string {
    const where = this.where === undefined ? '' : `${this.where}: `;
    const remedy = this.remedy === undefined ? '' : ` (${this.remedy})`;
    return oneLine(`${where}${this.message}${remedy}`);
  }
}

/** The user asked for something that cannot be: exit code 2, one line, no stack. */
export class UserMistake extends TroupeError {}

/**
 * The world under a run broke (disk, git, process table, network): exit code 1. Never scored as an
 * agent's failure.
 */
export class InfrastructureFault extends TroupeError {}

/** The run was told to stop from outside (Ctrl-C or an `AbortSignal`): exit code 130. */
export class Interrupted extends TroupeError {
  constructor(message = 'interrupted') {
    super(message, { code: 'interrupted' });
  }
}

/** A short text for any thrown value, without a stack. */
export function describeError(error: unknown): string {
  if (error instanceof TroupeError) return error.toLine();
  if (error instanceof Error) return error.message || error.name;
  try {
    return String(error);
  } catch {
    // An object without a prototype, or with a toString of its own that throws.
    return Object.prototype.toString.call(error);
  }
}

/** Errors quote file names and output of strangers: no line break and no control character comes through. */
function oneLine(text: string): string {
  return text.replace(/\s*[\p{Cc}\u2028\u2029]+\s*/gu, ' ').trim();
}
