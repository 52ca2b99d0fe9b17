import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { systemClock } from '../src/base/clock.js';
import { all, during } from '../src/channel/channel-policy.js';
import { InProcessBus } from '../src/channel/in-process-bus.js';
import { EventLog, MemorySink } from '../src/log/event-log.js';
import type { Benchmark, Figure } from './benchmark.js';
import type { MemoryReading } from './bus-memory.js';
import { median, sideBySide } from './side-by-side.js';

const MESSAGES = 100_000;
/** Messages that wait before the recipient reads them. */
const BURST = 10;
const CONTENT = 'I take src/router.js, lines 10 to 30; please keep to src/match.js.';

/** The channel without anybody's mailbox, and what it leaves in memory when its log goes to a file. */
export const bus: Benchmark = {
  name: 'bus',
  question:
    'messages through the in-process bus (policy asked, sent, delivered and read in the log) against a bare loop that puts the same text in an array per recipient',
  run: async (say) => {
    const repetitions = 9;
    say(`${repetitions} × ${MESSAGES} messages`);
    const processorTimes: number[] = [];
    const measured = async (): Promise<number> => {
      const before = process.cpuUsage();
      const time = await throughBus();
      const { user, system } = process.cpuUsage(before);
      processorTimes.push((user + system) / 1000);
      return time;
    };
    const times = await sideBySide({ bus: measured, bare: throughArrays }, repetitions);
    return [
      {
        name: 'messages through the bus, logged to memory',
        value: (MESSAGES / times.bus) * 1000,
        unit: 'messages/s',
        target: { atLeast: 300_000 },
      },
      {
        // On a machine that is busy otherwise, this is what the bus would do with a processor to itself.
        name: 'the same by processor time, collecting garbage included',
        value: (MESSAGES / median(processorTimes)) * 1000,
        unit: 'messages/s',
      },
      { name: 'bus / bare loop', value: times.bus / times.bare, unit: '×' },
      ...memory(say),
    ];
  },
};

async function throughBus(): Promise<number> {
  const sink = new MemorySink();
  const log = new EventLog(systemClock, [sink]);
  const channel = new InProcessBus(['agent1', 'agent2'], all(during('planning', 'execution')), log);
  channel.enterPhase('execution');
  const sender = await channel.connect('agent1');
  const recipient = await channel.connect('agent2');
  let read = 0;
  const started = performance.now();
  for (let number = 1; number <= MESSAGES; number += 1) {
    await sender.send({ to: ['agent2'], content: CONTENT });
    if (number % BURST === 0) read += (await recipient.read()).length;
  }
  const time = performance.now() - started;
  if (read !== MESSAGES || sink.events.length !== 3 * MESSAGES) throw new Error('messages were lost');
  return time;
}

async function throughArrays(): Promise<number> {
  const inboxes = new Map<string, { number: number; content: string }[]>([['agent2', []]]);
  let read = 0;
  const started = performance.now();
  for (let number = 1; number <= MESSAGES; number += 1) {
    await inboxes.get('agent2')?.push({ number, content: CONTENT });
    if (number % BURST === 0) read += (await inboxes.get('agent2')?.splice(0))?.length ?? 0;
  }
  const time = performance.now() - started;
  if (read !== MESSAGES) throw new Error('messages were lost');
  return time;
}

/** In a process of its own, which may ask for garbage to be collected. */
function memory(say: (text: string) => void): Figure[] {
  say('a million messages, logged to a file');
  const program = fileURLToPath(new URL('./bus-memory.js', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', program], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the memory benchmark failed: ${stderr}`);
  const readings = JSON.parse(stdout) as MemoryReading[];
  const first = readings[0];
  const last = readings.at(-1);
  if (first === undefined || last === undefined) throw new Error('the memory benchmark said nothing');
  const mebibytes = (bytes: number): number => bytes / 1024 ** 2;
  return [
    {
      name: `heap grown from message ${count(first)} to message ${count(last)}`,
      value: mebibytes(last.heap - first.heap),
      unit: 'MiB',
      target: { atMost: 1 },
    },
    { name: 'heap in use at the end', value: mebibytes(last.heap), unit: 'MiB' },
    { name: 'log on disk at the end', value: mebibytes(last.logged), unit: 'MiB' },
    { name: 'messages logged to disk', value: last.messages / (last.time / 1000), unit: 'messages/s' },
  ];
}

function count({ messages }: MemoryReading): string {
  return messages.toLocaleString('en-US');
}
