import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { coop } from '../../scenarios/index.js';
import { rebuildPrompt } from '../../src/agent/rebuild-prompt.js';
import { SimulatedClock } from '../../src/base/clock.js';
import type { ChatMessage } from '../../src/model/chat-model.js';
import {
  startProviderServer,
  type ProgrammedAnswer,
  type ProviderServer,
  type RecordedRequest,
} from '../support/provider-server/index.js';
import { calling, goldWork, playing, requestsOf, shell, telling, type Beat, type Play } from './team-play.js';
import { workbench, type Run } from './workbench.js';

const bench = workbench();
let server: ProviderServer;
beforeAll(async () => {
  server = await startProviderServer();
});
afterAll(() => server.close());

let seen: number;
beforeEach(() => {
  seen = server.requests.length;
});

const SUMMARY = 'SUMMARY: four files were looked at.';
const step = (number: number, input: number): ProgrammedAnswer => ({
  toolCalls: [{ name: 'bash', arguments: { command: `echo output of step ${number}; seq 200` } }],
  usage: { input, output: 10 },
});

/** Answers in the order of asking: after a compaction a conversation has fewer turns than were played. */
function inOrder(answers: readonly ProgrammedAnswer[]): Beat[] {
  const waiting = [...answers, calling('submit', {})];
  return Array<Beat>(answers.length + 1).fill(() => waiting.shift() ?? calling('submit', {}));
}

async function runWith(model: string, work: readonly Beat[], more: Partial<Play> = {}): Promise<Run> {
  const partner = { work: [telling('A word from me.'), await goldWork(await bench.oddments(), 2)] };
  server.answerWith(
    playing({ agent1: { work }, agent2: partner, summarize: { text: SUMMARY }, ...more } as Play),
  );
  return bench.run(coop, {
    models: [model, 'openai/gpt-5'],
    environment: server.environment,
    phases: ['planning', 'execution'],
    clock: new SimulatedClock(),
  });
}

/** All that a prompt says, in order; provider-made identifiers left out. */
function saidIn(messages: readonly ChatMessage[]): string {
  return messages
    .flatMap((message) => message.content as readonly { type: string; text?: string; output?: string }[])
    .map((block) => (block.type === 'text' ? block.text : block.type === 'tool-result' ? block.output : ''))
    .filter((text) => text !== '')
    .join('\n')
    .replaceAll(/^Error: /gm, '');
}

/** The same of a request as a provider got it. */
function saidTo(request: RecordedRequest | undefined): string {
  return (request?.texts ?? [])
    .map(({ text }) => text)
    .filter((text) => text !== '')
    .join('\n')
    .replaceAll(/^Error: /gm, '');
}

function expectRebuilt(run: Run, agent: string): void {
  for (const [scene, purpose] of [
    ['plan', 'plan'],
    ['work', 'execute'],
  ] as const) {
    const called = run
      .of('model-called')
      .filter((event) => event.agent === agent && event.purpose === purpose);
    const requests = requestsOf(server.requests.slice(seen), agent, scene);
    expect(requests.length).toBeGreaterThanOrEqual(called.length);
    for (const [index, { callId }] of called.entries()) {
      expect(saidIn(rebuildPrompt(run.events, callId) ?? [])).toBe(saidTo(requests[index]));
    }
  }
}

describe.each(['anthropic/claude-sonnet-4-5-20250929', 'openai/gpt-4o'])(
  'a long conversation with %s',
  (model) => {
    it('gives older turns up for a summary before the window is full', async () => {
      const inputs = [100, 100, 100, 100, 100, 190_000, 100];
      const work = inOrder(inputs.map((input, index) => step(index + 1, input)));
      const run = await runWith(model, work);
      expect(run.stopOf('agent1')).toBe('submitted');
      const [compacted] = run.of('context-compacted');
      expect(compacted).toMatchObject({ agent: 'agent1', summary: SUMMARY });
      const requests = requestsOf(server.requests.slice(seen), 'agent1', 'work');
      expect(saidTo(requests[5])).toContain('output of step 1');
      expect(saidTo(requests[6])).toContain(SUMMARY);
      expect(saidTo(requests[6])).not.toContain('output of step 1\n');
      expect(saidTo(requests[6])).toContain('output of step 6');
      // The task stays, and the log keeps everything.
      expect(saidTo(requests[6])).toContain('Line three has one');
      expect(run.outputsOf('agent1', 'bash')).toHaveLength(7);
      const summarized = run.of('model-called').find(({ purpose }) => purpose === 'summarize');
      expect(run.of('model-answered').find(({ callId }) => callId === summarized?.callId)).toMatchObject({
        content: [{ type: 'text', text: SUMMARY }],
      });
      expect(run.of('cost-charged').filter(({ purpose }) => purpose === 'summarize')).toHaveLength(1);
      expectRebuilt(run, 'agent1');
      expectRebuilt(run, 'agent2');
    });

    it('is shortened and tried again where the provider finds it too long', async () => {
      const steps = [1, 2, 3, 4, 5].map((number) => step(number, 100));
      const work = inOrder([...steps, { fail: 'context-length' }, step(6, 100)]);
      const run = await runWith(model, work);
      expect(run.stopOf('agent1')).toBe('submitted');
      expect(run.of('context-compacted')).toHaveLength(1);
      expect(run.of('model-failed')).toMatchObject([{ agent: 'agent1', kind: 'model-context-length' }]);
      expect(run.of('fault-occurred')).toEqual([]);
      expectRebuilt(run, 'agent1');
    });

    it('goes on as it is where no summary can be had, and stops where it must', async () => {
      const work: Beat[] = [
        ...[1, 2, 3, 4, 5].map((number) => step(number, 100)),
        { fail: 'context-length' },
      ];
      const run = await runWith(model, work, { summarize: { fail: 'bad-request' } });
      expect(run.stopOf('agent1')).toBe('context-length');
      expect(run.stopOf('agent2')).toBe('submitted');
      expect(run.of('model-failed').map(({ kind }) => kind)).toEqual([
        'model-context-length',
        'model-bad-request',
      ]);
      expect(run.of('fault-occurred')).toEqual([]);
    });
  },
);

it('rebuilds nothing for a call that the log does not have', async () => {
  const run = await runWith('openai/gpt-4o', [shell('true')]);
  expect(rebuildPrompt(run.events, 'agent1/execute/99')).toBeUndefined();
  expect(rebuildPrompt(run.events, 'agent9/plan/1')).toBeUndefined();
});
