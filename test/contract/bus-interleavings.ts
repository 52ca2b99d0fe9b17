import fc from 'fast-check';
import { expect } from 'vitest';

import type { Bus, BusConnection } from '../../src/channel/bus.js';
import type { ChannelPolicy } from '../../src/channel/channel-policy.js';
import type { MessageDraft } from '../../src/channel/message.js';
import { eventsOf, type RunEvent } from '../../src/log/event.js';
import type { Phase } from '../../src/log/run-events.js';

/** One move in a game of all agents. */
export type Action =
  | {
      readonly do: 'send';
      readonly agent: string;
      readonly connection: number;
      readonly to: MessageDraft['to'];
    }
  | { readonly do: 'read' | 'peek' | 'close'; readonly agent: string; readonly connection: number }
  | { readonly do: 'connect'; readonly agent: string }
  | { readonly do: 'phase'; readonly phase: Phase };

/** Any move of any of these agents, mistakes included. */
export function actionOver(agents: readonly string[]): fc.Arbitrary<Action> {
  const agent = fc.constantFrom(...agents);
  const connection = fc.nat(2);
  const to = fc.oneof(
    fc.constant('everyone' as const),
    fc.array(fc.constantFrom(...agents, 'stranger'), { maxLength: 4 }),
  );
  return fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('send' as const), agent, connection, to }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constantFrom('read' as const, 'peek' as const, 'close' as const),
        agent,
        connection,
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('connect' as const), agent }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('phase' as const),
        phase: fc.constantFrom<Phase>('planning', 'execution', 'evaluation'),
      }),
    },
  );
}

/** What the agents saw of a game. */
export interface Outcome {
  readonly agents: readonly string[];
  /** Numbers that each agent was given by its reads, read by read. */
  readonly reads: ReadonlyMap<string, readonly (readonly number[])[]>;
  /** Numbers that each agent was promised by receipts. */
  readonly promised: ReadonlyMap<string, readonly number[]>;
  readonly accepted: number;
}

/** Plays rounds of actions; those of one round are under way at the same time. */
export async function play(
  bus: Bus,
  agents: readonly string[],
  rounds: readonly (readonly Action[])[],
): Promise<Outcome> {
  const connections = new Map<string, BusConnection[]>(agents.map((agent) => [agent, []]));
  const reads = new Map<string, number[][]>(agents.map((agent) => [agent, []]));
  const promised = new Map<string, number[]>(agents.map((agent) => [agent, []]));
  const sentOver = new Map<BusConnection, number>();
  let accepted = 0;
  const at = (agent: string, index: number): BusConnection | undefined => {
    const open = connections.get(agent) ?? [];
    return open[index % Math.max(1, open.length)];
  };
  const read = async (agent: string, connection: BusConnection): Promise<void> => {
    const messages = await connection.read();
    reads.get(agent)?.push(messages.map((message) => message.number));
  };
  const act = async (action: Action): Promise<void> => {
    if (action.do === 'phase') return bus.enterPhase(action.phase);
    if (action.do === 'connect') {
      const connection = await bus.connect(action.agent);
      connections.get(action.agent)?.push(connection);
      return;
    }
    const connection = at(action.agent, action.connection);
    if (connection === undefined) return;
    if (action.do === 'close') {
      connections.set(
        action.agent,
        (connections.get(action.agent) ?? []).filter((other) => other !== connection),
      );
      return connection.close();
    }
    if (action.do === 'peek') return void (await connection.peek());
    if (action.do !== 'send') return read(action.agent, connection);
    const order = (sentOver.get(connection) ?? 0) + 1;
    sentOver.set(connection, order);
    const over = [...sentOver.keys()].indexOf(connection);
    const draft = { to: action.to, content: `${action.agent}/${over}/${order}` };
    const isRefused =
      action.to !== 'everyone' &&
      (action.to.length === 0 || action.to.includes('stranger') || action.to.includes(action.agent));
    if (isRefused) return expect(connection.send(draft)).rejects.toMatchObject({ code: expect.any(String) });
    const { message, recipients } = await connection.send(draft);
    accepted += 1;
    for (const { agent, outcome } of recipients) {
      if (outcome.verdict === 'deliver') promised.get(agent)?.push(message.number);
    }
  };
  for (const round of rounds) await Promise.all(round.map(act));
  for (const agent of agents) await read(agent, await bus.connect(agent));
  return { agents, reads, promised, accepted };
}

/** Nothing admitted is lost or doubled, whatever the order of reads. */
export function checkExactlyOnce(events: readonly RunEvent[], { agents, reads, promised }: Outcome): void {
  for (const agent of agents) {
    const each = reads.get(agent) ?? [];
    for (const one of each) expect(one).toEqual(one.toSorted((a, b) => a - b));
    const admitted = (promised.get(agent) ?? []).toSorted((a, b) => a - b);
    expect(each.flat().toSorted((a, b) => a - b)).toEqual(admitted);
    const recorded = eventsOf(events, 'message-read').filter((event) => event.by === agent);
    expect(recorded.map((event) => event.message)).toEqual(admitted);
  }
  // Over one connection, messages are numbered in the order in which they were handed over.
  const lastOver = new Map<string, number>();
  for (const { content } of eventsOf(events, 'message-sent')) {
    const over = content.slice(0, content.lastIndexOf('/'));
    const order = Number(content.slice(over.length + 1));
    expect(order).toBeGreaterThan(lastOver.get(over) ?? 0);
    lastOver.set(over, order);
  }
}

/** Every outcome on record is what the policy says of the recorded message in the recorded state. */
export function checkVerdicts(events: readonly RunEvent[], policy: ChannelPolicy): void {
  const types = {
    deliver: 'message-delivered',
    withhold: 'message-withheld',
    return: 'message-returned',
  } as const;
  const sentBefore = new Map<string, number>();
  for (const { message: number, from, to, content, phase } of eventsOf(events, 'message-sent')) {
    const message = { number, from, to, content, ...(phase === undefined ? {} : { phase }) };
    const expected = to.map((recipient) => {
      const { verdict } = policy.decide(message, recipient, { phase, sentBefore });
      return [types[verdict], recipient];
    });
    const actual = events.flatMap((event) =>
      (event.type === 'message-delivered' ||
        event.type === 'message-withheld' ||
        event.type === 'message-returned') &&
      event.message === number
        ? [[event.type, event.to]]
        : [],
    );
    expect(actual).toEqual(expected);
    sentBefore.set(from, (sentBefore.get(from) ?? 0) + 1);
  }
}

/** Numbers have no gaps, every outcome has its message, and every delivery was read. */
export function checkCounts(events: readonly RunEvent[], { accepted }: Outcome): void {
  const count = (type: RunEvent['type']): number => events.filter((event) => event.type === type).length;
  const sent = eventsOf(events, 'message-sent');
  expect(sent).toHaveLength(accepted);
  expect(sent.map((event) => event.message)).toEqual(sent.map((_event, index) => index + 1));
  const addressed = sent.reduce((sum, event) => sum + event.to.length, 0);
  expect(count('message-delivered') + count('message-withheld') + count('message-returned')).toBe(addressed);
  expect(count('message-read')).toBe(count('message-delivered'));
  expect(events.map((event) => event.seq)).toEqual(events.map((_event, index) => index + 1));
  const seen = new Set<string>();
  for (const event of events) {
    if (event.type === 'message-sent') seen.add(`sent ${event.message}`);
    if (event.type === 'message-delivered') {
      expect(seen).toContain(`sent ${event.message}`);
      seen.add(`delivered ${event.message} ${event.to}`);
    }
    if (event.type === 'message-read') expect(seen).toContain(`delivered ${event.message} ${event.by}`);
  }
}
