import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coop } from '../../scenarios/index.js';
import { FileSink } from '../../src/log/file-sink.js';
import { InfrastructureFault, UserMistake } from '../../src/base/errors.js';
import type { RunEvent } from '../../src/log/event.js';
import type { SimulationOptions } from '../../src/simulation/simulation-options.js';
import { startProviderServer, type ProviderServer } from '../support/provider-server/index.js';
import { goldWork, playing, shell, telling } from './team-play.js';
import { asRun, processesUnder, workbench, type Run } from './workbench.js';

const bench = workbench();
let server: ProviderServer;
beforeAll(async () => {
  server = await startProviderServer();
});
afterAll(() => server.close());

/** Starts a run and interrupts it once `moment` has come, which is asked after every event and every 20 ms. */
async function interruptedRun(
  moment: (events: readonly RunEvent[]) => boolean,
  options: Partial<SimulationOptions> = {},
): Promise<Run> {
  const controller = new AbortController();
  const simulation = await bench.start(coop, {
    models: ['anthropic/claude-sonnet-4-5-20250929', 'openai/gpt-5'],
    environment: server.environment,
    signal: controller.signal,
    ...options,
  });
  const events: RunEvent[] = [];
  const look = (): void => {
    if (moment(events)) controller.abort();
  };
  const watch = setInterval(look, 20);
  for await (const event of simulation) {
    events.push(event);
    look();
  }
  clearInterval(watch);
  return asRun(await simulation.result);
}

async function drained(simulation: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of simulation) events.push(event);
  return events;
}

const commandRuns = (text: string): boolean =>
  processesUnder(bench.workRoot).some((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').startsWith(text);
    } catch {
      return false;
    }
  });

function expectInterrupted(run: Run): void {
  expect(run.status).toBe('interrupted');
  expect(run.verdict).toBeUndefined();
  expect(run.of('verdict-reached')).toEqual([]);
  expect(run.of('fault-occurred')).toEqual([]);
  expect(run.events.at(-1)).toMatchObject({ type: 'run-ended', status: 'interrupted' });
}

describe('an interrupted run', () => {
  it('begins nothing where the signal has aborted already', async () => {
    const requests = server.requests.length;
    expectInterrupted(await interruptedRun(() => false, { signal: AbortSignal.abort() }));
    expect(server.requests).toHaveLength(requests);
  });

  it('ends in planning, in the middle of a model call, for the one who asks and the one who waits', async () => {
    server.answerWith(playing({ agent1: { plan: [telling('Hello'), { fail: 'hang' }] } }));
    const run = await interruptedRun((events) =>
      events.some((event) => event.type === 'model-called' && event.callId === 'agent1/plan/2'),
    );
    expectInterrupted(run);
    expect(run.stopOf('agent1', 'planning')).toBe('interrupted');
    expect(run.of('phase-started').map(({ phase }) => phase)).toEqual(['planning']);
  });

  it('ends in execution, in the middle of a command, and takes the patches of what there is', async () => {
    server.answerWith(
      playing({
        agent1: { work: [shell('echo one > made1.txt; sleep 600')] },
        agent2: { work: [shell('echo two > made2.txt'), { fail: 'hang' }] },
      }),
    );
    const run = await interruptedRun(
      (events) =>
        commandRuns('sleep 600') &&
        events.some((event) => event.type === 'model-called' && event.callId === 'agent2/execute/2'),
      { phases: ['execution', 'evaluation'] },
    );
    expectInterrupted(run);
    expect(run.of('agent-stopped').map(({ reason }) => reason)).toEqual(['interrupted', 'interrupted']);
    expect(run.patchOf('agent1')).toContain('made1.txt');
    expect(run.patchOf('agent2')).toContain('made2.txt');
    expect(run.of('patch-applied')).toEqual([]);
  });

  it('ends between two tries of a call', async () => {
    server.answerWith(playing({ agent1: { work: [{ fail: 'rate-limited', retryAfter: 250 }] } }));
    const run = await interruptedRun((events) => events.some((event) => event.type === 'model-retried'), {
      phases: ['execution'],
    });
    expectInterrupted(run);
  });

  it('ends while tests run, and gives no verdict on half of them', async () => {
    const hanging =
      "chmod +x tool.sh; chmod -x was-executable.sh; printf '#!/bin/sh\\nsleep 601\\n' > run-me; chmod +x run-me";
    server.answerWith(
      playing({
        agent1: { work: [await goldWork(await bench.oddments(), 2)] },
        agent2: { work: [shell(hanging)] },
      }),
    );
    const run = await interruptedRun(() => commandRuns('sleep 601'), {
      features: [2, 4],
      phases: ['execution', 'evaluation'],
    });
    expectInterrupted(run);
    expect(run.of('patch-applied')).toHaveLength(2);
  });

  it('ends while the merge model is asked', async () => {
    const task = await bench.oddments();
    server.answerWith(
      playing({
        agent1: { work: [await goldWork(task, 1)] },
        agent2: { work: [await goldWork(task, 3)] },
        merge: { fail: 'hang' },
      }),
    );
    const run = await interruptedRun(
      (events) => events.some((event) => event.type === 'model-called' && event.purpose === 'merge'),
      { features: [1, 3], phases: ['execution', 'evaluation'] },
    );
    expectInterrupted(run);
    expect(run.of('merge-attempted').map(({ strategy }) => strategy)).toEqual(['naive', 'union']);
  });
});

describe('a run whose world breaks', () => {
  it('ends with the fault, cleaned up, where its log cannot be written', async () => {
    // A device that is always full.
    const simulation = await bench.start(coop, { sinks: [new FileSink('/dev/full')] });
    const events = await drained(simulation);
    await expect(simulation.result).rejects.toThrowError(InfrastructureFault);
    await expect(simulation.result).rejects.toMatchObject({ code: 'log-not-writable' });
    expect(events[0]?.type).toBe('run-started');
  });

  it('ends with the fault, cleaned up, where the log breaks in the middle of the work', async () => {
    class Breaking extends FileSink {
      count = 0;
      override flush(): void {
        this.count += 1;
        if (this.count >= 12) throw new InfrastructureFault('the disk is gone', { code: 'log-not-writable' });
      }
    }
    const simulation = await bench.start(coop, {
      sinks: [new Breaking('/dev/null')],
      schedule: 'concurrent',
    });
    await expect(simulation.result).rejects.toMatchObject({ code: 'log-not-writable' });
    const types = (await drained(simulation)).map((event) => event.type);
    expect(types).not.toContain('verdict-reached');
  });

  it("says whose mistake it is where a gold patch does not fit, and names the persona's file", async () => {
    const task = await bench.oddments();
    const broken = Object.create(task) as typeof task;
    const [first, ...others] = task.task.features;
    const wrong = {
      ...first,
      folder: first?.folder ?? '',
      goldPatch: async () => Buffer.from('no patch at all\n'),
    };
    Object.defineProperty(broken, 'task', { value: { ...task.task, features: [wrong, ...others] } });
    const simulation = await bench.start(coop, { task: broken });
    await expect(simulation.result).rejects.toThrowError(UserMistake);
    await expect(simulation.result).rejects.toMatchObject({ code: 'gold-patch-does-not-apply' });
    const run = asRun({
      runId: '',
      status: 'broke',
      verdict: undefined,
      events: await drained(simulation),
    });
    expect(run.events.at(-1)).toMatchObject({ type: 'run-ended', status: 'broke' });
  });

  it('leaves no folder where a sandbox cannot be filled', async () => {
    const task = await bench.oddments();
    const broken = Object.create(task) as typeof task;
    let clones = 0;
    broken.populateClone = async (folder) => {
      clones += 1;
      if (clones === 1) throw new InfrastructureFault('the disk is full', { code: 'disk-full' });
      await new Promise((resolve) => setTimeout(resolve, 150));
      await task.populateClone(folder);
    };
    const simulation = await bench.start(coop, { task: broken });
    await expect(simulation.result).rejects.toMatchObject({ code: 'disk-full' });
    expect(readdirSync(bench.workRoot)).toEqual([]);
  });
});
