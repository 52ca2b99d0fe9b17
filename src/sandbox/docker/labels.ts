import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Labels by which everything of ours is known on an engine. */
export const LABELS = {
  run: 'troupe.run',
  sandbox: 'troupe.sandbox',
  host: 'troupe.harness.host',
  process: 'troupe.harness.process',
} as const;

/** A process of the harness: its id and when it started, so that an id used anew is not taken for it. */
export interface Harness {
  readonly host: string;
  /** `<process id>/<start on the kernel's clock>/<boot>`. */
  readonly process: string;
}

/** This process. */
export function harnessHere(): Harness {
  return { host: hostname(), process: describeProcess(process.pid) ?? `${process.pid}//` };
}

/** Whether the harness that made something can still want it. That of another machine may, for all we know. */
export function harnessLives(harness: Harness, here: string = hostname()): boolean {
  if (harness.host !== here) return true;
  const id = Number(harness.process.split('/')[0]);
  if (!Number.isSafeInteger(id) || id <= 0) return false;
  const now = describeProcess(id);
  if (now !== undefined) return now === harness.process;
  return isRunning(id) && harness.process === `${id}//`;
}

function describeProcess(id: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return fields[0] === 'Z' ? undefined : `${id}/${fields[19] ?? ''}/${boot}`;
  } catch {
    return undefined;
  }
}

function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Labels of something made by a harness. */
export function labelsFor(run: string, sandbox: string, harness: Harness): Record<string, string> {
  return {
    [LABELS.run]: run,
    [LABELS.sandbox]: sandbox,
    [LABELS.host]: harness.host,
    [LABELS.process]: harness.process,
  };
}

/** A name that shows whose it is, e.g. `troupe-018f3b-agent1-9c1e22`; unique. */
export function resourceName(run: string, sandbox: string): string {
  const readable = (text: string, length: number): string =>
    text
      .replace(/[^A-Za-z0-9.]+/g, '-')
      .replace(/^[-.]+|[-.]+$/g, '')
      .slice(0, length) || 'x';
  return `troupe-${readable(run, 36)}-${readable(sandbox, 40)}-${randomBytes(4).toString('hex')}`;
}
