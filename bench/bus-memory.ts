/**
 * Sends a million messages over a bus whose log goes to a file, and tells on stdout what memory was in use on the
 * way. To be run with --expose-gc.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { systemClock } from '../src/base/clock.js';
import { open } from '../src/channel/channel-policy.js';
import { InProcessBus } from '../src/channel/in-process-bus.js';
import { EventLog } from '../src/log/event-log.js';
import { FileSink } from '../src/log/file-sink.js';

export interface MemoryReading {
  readonly messages: number;
  /** Bytes of heap and of buffers beside it, after garbage was collected. */
  readonly heap: number;
  /** Bytes of the log. */
  readonly logged: number;
  /** Milliseconds since the start. */
  readonly time: number;
}

const MESSAGES = 1_000_000;
const STEP = 100_000;

async function main(): Promise<void> {
  const collect = (globalThis as { gc?: () => void }).gc;
  if (collect === undefined) throw new Error('run this with --expose-gc');
  const folder = mkdtempSync(path.join(tmpdir(), 'troupe-bench-'));
  try {
    const sink = new FileSink(path.join(folder, 'events.jsonl'));
    const log = new EventLog(systemClock, [sink]);
    const bus = new InProcessBus(['agent1', 'agent2'], open(), log);
    const sender = await bus.connect('agent1');
    const recipient = await bus.connect('agent2');
    const readings: MemoryReading[] = [];
    const started = performance.now();
    for (let messages = 1; messages <= MESSAGES; messages += 1) {
      await sender.send({ to: ['agent2'], content: `message ${messages} of a long run` });
      if (messages % 10 === 0) await recipient.read();
      if (messages % STEP !== 0) continue;
      const time = performance.now() - started;
      log.flush();
      collect();
      const { heapUsed, external } = process.memoryUsage();
      readings.push({ messages, heap: heapUsed + external, logged: statSync(sink.path).size, time });
    }
    log.close();
    process.stdout.write(JSON.stringify(readings));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
