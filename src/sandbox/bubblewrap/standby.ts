import { spawn, type ChildProcess } from 'node:child_process';
import { unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Socket } from 'node:net';

import { withoutInherited } from './inherited-descriptors.js';

/** What a waiting process becomes, and what it opens before. */
export interface StandbyOrder {
  readonly command: readonly [string, ...string[]];
  /** Value of the variable by which the command's processes are known. */
  readonly marker: string;
  /** Descriptors of this process for the command's stdout, stderr, and as its 3 and 4. */
  readonly descriptors: readonly [stdout: number, stderr: number, status: number, filter: number | undefined];
  /** Whether the command reads what is written to the process's stdin afterwards. */
  readonly readsStdin: boolean;
}

/** Waits for the name of a file with its orders, and becomes what they say. */
const WAIT = `
for group; do echo 0 > "$group" || exit 125; done
IFS= read -r file && mapfile -d "" -t order < "$file" || exit 0
export TROUPE_SANDBOX="\${order[0]}"
exec 1> "\${order[1]}" 2> "\${order[2]}" 3<> "\${order[3]}"
[ -z "\${order[4]}" ] || exec 4< "\${order[4]}"
[ "\${order[5]}" = stdin ] || exec 0< /dev/null
exec "\${order[@]:6}"
`;

/**
 * Processes that have entered a sandbox's control groups ahead of time. Entering takes the kernel longer than all
 * else of a command's start, and can only be done by a process itself before it becomes the command.
 */
export class Standby {
  readonly #bash: string;
  readonly #folder: string;
  readonly #entrances: readonly string[];
  readonly #marker: string;
  #waiting: ChildProcess | undefined;
  #orders = 0;
  #ended = false;

  /**
   * @param folder for orders on their way.
   * @param entrances files of the control groups.
   * @param marker of processes that wait.
   */
  constructor(bash: string, folder: string, entrances: readonly string[], marker: string) {
    this.#bash = bash;
    this.#folder = folder;
    this.#entrances = entrances;
    this.#marker = marker;
  }

  /** Starts a process that waits, unless one does. */
  prepare(): void {
    if (this.#ended || (this.#waiting !== undefined && lives(this.#waiting))) return;
    const waiting = this.#start();
    waiting.unref();
    (waiting.stdin as Socket | null)?.unref();
    this.#waiting = waiting;
  }

  /** Gives the process that waits its order; its descriptors must stay open until it ends. */
  launch({ command, marker, descriptors, readsStdin }: StandbyOrder): ChildProcess {
    const ready = this.#waiting;
    this.#waiting = undefined;
    const child = ready !== undefined && lives(ready) ? ready : this.#start();
    const file = path.join(this.#folder, `order-${(this.#orders += 1)}`);
    const places = descriptors.map((each) => (each === undefined ? '' : `/proc/${process.pid}/fd/${each}`));
    const order = [marker, ...places, readsStdin ? 'stdin' : 'nothing', ...command];
    writeFileSync(file, order.map((each) => `${each}\0`).join(''), { mode: 0o600, flag: 'wx' });
    child.once('exit', () => {
      try {
        unlinkSync(file);
      } catch {
        // The sandbox is gone already.
      }
    });
    child.ref();
    (child.stdin as Socket | null)?.ref();
    child.stdin?.write(`${file}\n`);
    setImmediate(() => this.prepare());
    return child;
  }

  end(): void {
    this.#ended = true;
    if (this.#waiting !== undefined && lives(this.#waiting)) this.#waiting.kill('SIGKILL');
    this.#waiting = undefined;
  }

  #start(): ChildProcess {
    const child = spawn(this.#bash, ['-c', WAIT, 'bash', ...this.#entrances], {
      cwd: '/',
      env: { TROUPE_SANDBOX: this.#marker },
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore', ...withoutInherited(0)],
    });
    child.on('error', () => {});
    child.stdin?.on('error', () => {});
    return child;
  }
}

const lives = (child: ChildProcess): boolean =>
  child.pid !== undefined && child.exitCode === null && child.signalCode === null;
