import { describe, expect, it } from 'vitest';
import { agentToolboxes } from '../../src/agent/agent-toolboxes.js';
import type { AgentSignal, AgentToolContext } from '../../src/agent/channel-tools.js';
import type { ToolOutcome } from '../../src/agent/tools/tool.js';
import { SimulatedClock } from '../../src/base/clock.js';
import { all, closed, during, open, type ChannelPolicy } from '../../src/channel/channel-policy.js';
import { InProcessBus } from '../../src/channel/in-process-bus.js';
import { EventLog } from '../../src/log/event-log.js';

interface Said extends ToolOutcome {
  readonly signals: AgentSignal[];
  readonly received: string[];
}

/** Calls a tool as agent1 of three over the real bus. */
async function call(policy: ChannelPolicy, name: string, args: Record<string, unknown>): Promise<Said> {
  const bus = new InProcessBus(['agent1', 'agent2', 'agent3'], policy, new EventLog(new SimulatedClock()));
  bus.enterPhase('execution');
  const [connection, partner] = [await bus.connect('agent1'), await bus.connect('agent2')];
  const signals: AgentSignal[] = [];
  const context = {
    connection,
    signal: new AbortController().signal,
    signalAgent: (signal: AgentSignal) => void signals.push(signal),
  } as unknown as AgentToolContext;
  const outcome = await agentToolboxes(true).execution.call({ name, arguments: args }, context);
  return { ...outcome, signals, received: (await partner.read()).map(({ content }) => content) };
}

const onlyFor = (agent: string): ChannelPolicy => ({
  description: `only(${agent})`,
  decide: (_message, recipient) =>
    recipient === agent
      ? { verdict: 'deliver' }
      : { verdict: 'withhold', reason: `the line to ${recipient} is down` },
});

describe('communicate', () => {
  it('tells everyone, and says whom it reached', async () => {
    expect(await call(open(), 'communicate', { message: 'Hi.' })).toMatchObject({
      output: 'Delivered to agent2.\nDelivered to agent3.',
      isError: false,
      signals: [{ type: 'message-sent' }],
      received: ['Hi.'],
    });
  });

  it('tells one partner where one is named', async () => {
    const { output, received } = await call(open(), 'communicate', { message: 'Hi.', to: 'agent3' });
    expect([output, received]).toEqual(['Delivered to agent3.', []]);
  });

  it('says plainly that the channel is closed', async () => {
    const closedNow = await call(during('planning'), 'communicate', { message: 'Hi.', to: 'agent2' });
    expect(closedNow).toMatchObject({
      output: 'Not delivered to agent2: the channel is closed during execution.',
      isError: true,
      received: [],
    });
    expect((await call(closed(), 'communicate', { message: 'Hi.' })).output).toContain(
      'the channel is closed',
    );
  });

  it('is no mistake where it reaches some', async () => {
    expect(await call(all(open(), onlyFor('agent2')), 'communicate', { message: 'Hi.' })).toMatchObject({
      output: 'Delivered to agent2.\nNot delivered to agent3: the line to agent3 is down.',
      isError: false,
    });
  });

  it('says what is wrong with a message that comes back', async () => {
    const strict: ChannelPolicy = {
      description: 'typed',
      decide: () => ({ verdict: 'return', reason: 'it has no kind' }),
    };
    const { output, isError } = await call(strict, 'communicate', { message: 'Hi.', to: 'agent2' });
    expect([output, isError]).toEqual(['Returned to you, not delivered to agent2: it has no kind.', true]);
  });

  it.each([
    ['itself', { message: 'Hi.', to: 'agent1' }, /yourself/],
    ['nobody of the team', { message: 'Hi.', to: 'agent9' }, /agent1, agent2, agent3/],
    ['without a word', { message: '' }, /message/],
    ['a book', { message: 'x'.repeat(20_001) }, /message/],
  ])('refuses to write to %s, and sends nothing', async (_whom, args, told) => {
    const { output, isError, signals, received } = await call(open(), 'communicate', args);
    expect(output).toMatch(told);
    expect([isError, signals, received]).toEqual([true, [], []]);
  });
});

describe('the tools of an agent', () => {
  const names = (hasPartners: boolean): Record<string, string[]> => {
    const { planning, execution } = agentToolboxes(hasPartners);
    return {
      planning: planning.definitions.map((tool) => tool.name),
      execution: execution.definitions.map((tool) => tool.name),
    };
  };

  it('only read while it plans', () => {
    expect(names(true)['planning']).toEqual([
      'list_files',
      'read_file',
      'grep_search',
      'communicate',
      'agreement_reached',
    ]);
  });

  it('let it work and end its work', () => {
    expect(names(true)['execution']).toEqual([
      'bash',
      'view',
      'create',
      'replace',
      'insert',
      'communicate',
      'submit',
    ]);
  });

  it('hold none for talking where there is nobody to talk to', () => {
    expect([...(names(false)['planning'] ?? []), ...(names(false)['execution'] ?? [])]).not.toContain(
      'communicate',
    );
  });

  it('signal the end of planning and of work', async () => {
    expect((await call(open(), 'submit', {})).signals).toEqual([{ type: 'submitted' }]);
    const { planning } = agentToolboxes(true);
    const signals: AgentSignal[] = [];
    const context = {
      signalAgent: (signal: AgentSignal) => void signals.push(signal),
    } as unknown as AgentToolContext;
    await planning.call({ name: 'agreement_reached', arguments: { plan: 'P' } }, context);
    await planning.call({ name: 'agreement_reached', arguments: { plan: '' } }, context);
    expect(signals).toEqual([{ type: 'plan-agreed', plan: 'P' }]);
  });
});
