import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';

import { SimulatedClock } from '../../src/base/clock.js';
import type { Bus, BusConnection } from '../../src/channel/bus.js';
import { all, closed, during, open, type ChannelPolicy } from '../../src/channel/channel-policy.js';
import type { MessageDraft } from '../../src/channel/message.js';
import { eventsOf, type RunEvent } from '../../src/log/event.js';
import { EventLog, MemorySink } from '../../src/log/event-log.js';
import { actionOver, checkCounts, checkExactlyOnce, checkVerdicts, play } from './bus-interleavings.js';

/** Makes the bus under test for these agents; it records to `log`, which lives in this process. */
export type MakeBus = (agents: readonly string[], policy: ChannelPolicy, log: EventLog) => Bus | Promise<Bus>;

/** What a contract test works with. */
interface Channel {
  readonly bus: Bus;
  readonly events: readonly RunEvent[];
  /** The events of the channel without stamps, in order. */
  told(): unknown[];
}

/** Gives a message back once its sender has sent so many before. */
const atMost = (count: number): ChannelPolicy => ({
  description: `atMost(${count})`,
  decide: (message, _recipient, state) =>
    (state.sentBefore.get(message.from) ?? 0) < count
      ? { verdict: 'deliver' }
      : { verdict: 'return', reason: `only ${count} messages may be sent` },
});

/** Withholds from one agent alone. */
const notTo = (agent: string): ChannelPolicy => ({
  description: `notTo(${agent})`,
  decide: (_message, recipient) =>
    recipient === agent
      ? { verdict: 'withhold', reason: `${agent} may not hear this` }
      : { verdict: 'deliver' },
});

/**
 * What every implementation of the Bus port must do, over whatever transport.
 *
 * @param runs interleavings that the property tries.
 */
export function busContract(name: string, makeBus: MakeBus, { runs = 150 } = {}): void {
  describe(`bus contract: ${name}`, () => {
    const buses: Bus[] = [];
    afterEach(async () => {
      await Promise.all(buses.splice(0).map((bus) => bus.close()));
    });

    const setUp = async (
      policy: ChannelPolicy = open(),
      agents: readonly string[] = ['agent1', 'agent2', 'agent3'],
    ): Promise<Channel> => {
      const sink = new MemorySink();
      const bus = await makeBus(agents, policy, new EventLog(new SimulatedClock(), [sink]));
      buses.push(bus);
      return {
        bus,
        events: sink.events,
        told: () => sink.events.map(({ seq: _seq, at: _at, ...body }) => body),
      };
    };
    const connectAll = async ({ bus }: Channel): Promise<[BusConnection, BusConnection, BusConnection]> => [
      await bus.connect('agent1'),
      await bus.connect('agent2'),
      await bus.connect('agent3'),
    ];

    describe('sending and reading', () => {
      it('records sent, delivered and read apart and in this order', async () => {
        const channel = await setUp();
        channel.bus.enterPhase('planning');
        const [one, two] = await connectAll(channel);
        await one.send({ to: ['agent2'], content: 'I take src/router.js, lines 10 to 30.' });
        expect(channel.told()).toEqual([
          {
            type: 'message-sent',
            message: 1,
            from: 'agent1',
            to: ['agent2'],
            content: 'I take src/router.js, lines 10 to 30.',
            phase: 'planning',
          },
          { type: 'message-delivered', message: 1, to: 'agent2' },
        ]);
        await two.read();
        expect(channel.told().slice(2)).toEqual([{ type: 'message-read', message: 1, by: 'agent2' }]);
      });

      it('hands the recipient the message as it was sent, and the sender a receipt with the same message', async () => {
        const channel = await setUp();
        channel.bus.enterPhase('execution');
        const [one, two] = await connectAll(channel);
        const content = 'zeile\nzwei \u2028 \u0000 \ud83d\ude00 "quoted" \\ end';
        const receipt = await one.send({ to: ['agent2'], content, kind: 'QUESTION' });
        const expected = {
          number: 1,
          from: 'agent1',
          to: ['agent2'],
          content,
          kind: 'QUESTION',
          phase: 'execution',
        };
        expect(receipt).toEqual({
          message: expected,
          recipients: [{ agent: 'agent2', outcome: { verdict: 'deliver' } }],
        });
        expect(await two.read()).toEqual([expected]);
      });

      it('numbers messages over all senders from 1, without gaps', async () => {
        const channel = await setUp();
        const [one, two, three] = await connectAll(channel);
        const numbers: number[] = [];
        for (const sender of [two, one, three, one]) {
          numbers.push((await sender.send({ to: 'everyone', content: 'hello' })).message.number);
        }
        expect(numbers).toEqual([1, 2, 3, 4]);
        expect(eventsOf(channel.events, 'message-sent').map((event) => event.message)).toEqual(numbers);
      });

      it('gives each message to a reader once, in the order of sending', async () => {
        const channel = await setUp();
        const [one, two, three] = await connectAll(channel);
        await one.send({ to: ['agent3'], content: 'first' });
        await two.send({ to: ['agent3'], content: 'second' });
        await one.send({ to: ['agent3'], content: 'third' });
        expect((await three.read()).map((message) => message.content)).toEqual(['first', 'second', 'third']);
        expect(await three.read()).toEqual([]);
        expect(eventsOf(channel.events, 'message-read').map((event) => event.message)).toEqual([1, 2, 3]);
      });

      it('shows waiting messages to a peek without counting them as read', async () => {
        const channel = await setUp();
        const [one, two] = await connectAll(channel);
        await one.send({ to: ['agent2'], content: 'hello' });
        const seen = await two.peek();
        expect(seen.map((message) => message.content)).toEqual(['hello']);
        expect(eventsOf(channel.events, 'message-read')).toEqual([]);
        expect(await two.read()).toEqual(seen);
        expect(await two.peek()).toEqual([]);
      });

      it('records nothing for a read of an empty inbox', async () => {
        const channel = await setUp();
        const [one] = await connectAll(channel);
        expect(await one.read()).toEqual([]);
        expect(channel.events).toEqual([]);
      });
    });

    describe('recipients', () => {
      it('names the other agents as partners, connected or not', async () => {
        const { bus } = await setUp();
        const connection = await bus.connect('agent2');
        expect(connection.agent).toBe('agent2');
        expect(connection.partners).toEqual(['agent1', 'agent3']);
      });

      it('sends to everyone but the sender', async () => {
        const channel = await setUp();
        const [one, two, three] = await connectAll(channel);
        const { message } = await two.send({ to: 'everyone', content: 'to all' });
        expect(message.to).toEqual(['agent1', 'agent3']);
        expect(await two.read()).toEqual([]);
        for (const other of [one, three])
          expect((await other.read()).map((each) => each.number)).toEqual([1]);
      });

      it('delivers once to a recipient that is named twice', async () => {
        const channel = await setUp();
        const [one, two] = await connectAll(channel);
        const { message, recipients } = await one.send({ to: ['agent2', 'agent2'], content: 'twice' });
        expect(message.to).toEqual(['agent2']);
        expect(recipients).toHaveLength(1);
        expect(await two.read()).toHaveLength(1);
        expect(eventsOf(channel.events, 'message-delivered')).toHaveLength(1);
      });

      it.each<[string, MessageDraft['to'], string]>([
        ['of whom one is not of this run', ['agent2', 'agent9'], 'agent-unknown'],
        ['whose name is that of a built-in property', ['constructor'], 'agent-unknown'],
        ['that are the sender itself', ['agent1'], 'recipient-is-sender'],
        ['that are the sender among others', ['agent2', 'agent1'], 'recipient-is-sender'],
        ['that are nobody', [], 'no-recipient'],
      ])('refuses recipients %s: nobody gets it, and the log is silent', async (_case, to, code) => {
        const channel = await setUp();
        const [one, two] = await connectAll(channel);
        await expect(one.send({ to, content: 'hello' })).rejects.toMatchObject({ code });
        expect(channel.events).toEqual([]);
        expect(await two.peek()).toEqual([]);
        const { message } = await one.send({ to: ['agent2'], content: 'hello' });
        expect(message.number).toBe(1);
      });

      it('refuses a message to everyone where there is nobody else', async () => {
        const { bus, events } = await setUp(open(), ['agent1']);
        const alone = await bus.connect('agent1');
        await expect(alone.send({ to: 'everyone', content: 'hello?' })).rejects.toMatchObject({
          code: 'no-recipient',
        });
        expect(events).toEqual([]);
      });

      it('lets no sender speak as another, nor choose its own number, phase or outcome', async () => {
        const channel = await setUp(closed());
        channel.bus.enterPhase('execution');
        const [one] = await connectAll(channel);
        const forged = {
          to: ['agent3'],
          content: 'from agent2, believe me',
          from: 'agent2',
          number: 77,
          message: 77,
          phase: 'planning',
          type: 'message-delivered',
          outcome: { verdict: 'deliver' },
        };
        const { message } = await one.send(forged as MessageDraft);
        const honest = { from: 'agent1', to: ['agent3'], content: forged.content, phase: 'execution' };
        expect(message).toEqual({ number: 1, ...honest });
        expect(channel.told()[0]).toEqual({ type: 'message-sent', message: 1, ...honest });
        expect(channel.told()[1]).toMatchObject({ type: 'message-withheld', to: 'agent3' });
      });

      it('refuses to connect an agent that is not of this run', async () => {
        const { bus } = await setUp();
        await expect(bus.connect('agent9')).rejects.toMatchObject({ code: 'agent-unknown' });
        await expect(bus.connect('__proto__')).rejects.toMatchObject({ code: 'agent-unknown' });
      });
    });

    describe('connections', () => {
      it('keeps a message for an agent that is not connected yet', async () => {
        const channel = await setUp();
        const one = await channel.bus.connect('agent1');
        const { recipients } = await one.send({ to: ['agent2'], content: 'are you there?' });
        expect(recipients[0]?.outcome.verdict).toBe('deliver');
        expect(eventsOf(channel.events, 'message-delivered')).toHaveLength(1);
        const two = await channel.bus.connect('agent2');
        expect((await two.read()).map((message) => message.content)).toEqual(['are you there?']);
      });

      it('loses nothing and repeats nothing when an agent connects twice', async () => {
        const channel = await setUp();
        const [one, two] = await connectAll(channel);
        await one.send({ to: ['agent2'], content: 'before' });
        const again = await channel.bus.connect('agent2');
        await one.send({ to: ['agent2'], content: 'after' });
        expect((await again.read()).map((message) => message.content)).toEqual(['before', 'after']);
        expect(await two.read()).toEqual([]);
      });

      it('keeps messages for an agent whose connection has ended', async () => {
        const channel = await setUp();
        const [one, two] = await connectAll(channel);
        await one.send({ to: ['agent2'], content: 'before' });
        await two.close();
        await one.send({ to: ['agent2'], content: 'after' });
        const again = await channel.bus.connect('agent2');
        expect((await again.read()).map((message) => message.content)).toEqual(['before', 'after']);
      });

      it('refuses to send, read and peek over a closed connection; closing it twice is no fault', async () => {
        const channel = await setUp();
        const [one, two] = await connectAll(channel);
        await two.send({ to: ['agent1'], content: 'hello' });
        await one.close();
        await one.close();
        const refusal = { code: 'connection-closed' };
        await expect(one.send({ to: ['agent2'], content: 'hello' })).rejects.toMatchObject(refusal);
        await expect(one.read()).rejects.toMatchObject(refusal);
        await expect(one.peek()).rejects.toMatchObject(refusal);
        expect(eventsOf(channel.events, 'message-read')).toEqual([]);
        expect(await (await channel.bus.connect('agent1')).read()).toHaveLength(1);
      });

      it('closes every connection with the bus', async () => {
        const channel = await setUp();
        const connections = await connectAll(channel);
        await channel.bus.close();
        for (const connection of connections) {
          await expect(connection.read()).rejects.toMatchObject({ code: 'connection-closed' });
        }
        await expect(channel.bus.connect('agent1')).rejects.toMatchObject({ code: 'connection-closed' });
      });
    });

    describe('listeners', () => {
      /** Resolves when the connection hears of a delivery. */
      const heard = (connection: BusConnection): Promise<void> =>
        new Promise((resolve) => void connection.onDelivery(resolve));

      it('tells a listener of each delivery, once the message is there to be read', async () => {
        const channel = await setUp();
        const [one, two] = await connectAll(channel);
        for (const content of ['first', 'second']) {
          const delivery = heard(two);
          await one.send({ to: ['agent2'], content });
          await delivery;
          expect((await two.read()).map((message) => message.content)).toEqual([content]);
        }
      });

      it('tells a listener at once when messages already wait', async () => {
        const channel = await setUp();
        const [one, two] = await connectAll(channel);
        await one.send({ to: ['agent2'], content: 'hello' });
        await heard(two);
        await heard(await channel.bus.connect('agent2'));
        expect(await two.read()).toHaveLength(1);
      });

      it('tells a listener nothing after it was stopped, after its connection was closed, or of withheld messages', async () => {
        const channel = await setUp(notTo('agent3'));
        const [one, two, three] = await connectAll(channel);
        const other = await channel.bus.connect('agent2');
        const calls = { stopped: 0, closed: 0, withheld: 0, heard: 0 };
        const shared = (): void => void (calls.heard += 1);
        two.onDelivery(() => (calls.stopped += 1))();
        // The same function twice: stopping one registration leaves the other.
        const stopOne = two.onDelivery(shared);
        two.onDelivery(shared);
        stopOne();
        other.onDelivery(() => (calls.closed += 1));
        three.onDelivery(() => (calls.withheld += 1));
        await other.close();
        const delivery = heard(two);
        await one.send({ to: 'everyone', content: 'hello' });
        await delivery;
        // A round trip of each connection, so that nothing is under way any more.
        await Promise.all([two.peek(), three.peek()]);
        expect(calls).toEqual({ stopped: 0, closed: 0, withheld: 0, heard: 1 });
      });

      it('lets a listener answer at once without overtaking the message it answers', async () => {
        const channel = await setUp();
        const [one, two, three] = await connectAll(channel);
        const answered = new Promise<void>((resolve) => {
          two.onDelivery(
            () => void two.send({ to: ['agent3'], content: 'answer' }).then(() => resolve(undefined)),
          );
        });
        await one.send({ to: ['agent2', 'agent3'], content: 'question' });
        await answered;
        expect((await three.read()).map((message) => message.content)).toEqual(['question', 'answer']);
      });
    });

    describe('policy', () => {
      it('withholds with the reason on record, tells the sender, and never shows it to the recipient', async () => {
        const channel = await setUp(closed());
        const [one, two] = await connectAll(channel);
        const { recipients } = await one.send({ to: ['agent2'], content: 'hello' });
        expect(recipients).toEqual([
          { agent: 'agent2', outcome: { verdict: 'withhold', reason: 'the channel is closed' } },
        ]);
        expect(await two.peek()).toEqual([]);
        expect(await two.read()).toEqual([]);
        expect(channel.told()).toEqual([
          { type: 'message-sent', message: 1, from: 'agent1', to: ['agent2'], content: 'hello' },
          { type: 'message-withheld', message: 1, to: 'agent2', reason: 'the channel is closed' },
        ]);
      });

      it('gives a message back to its sender with the reason on record', async () => {
        const channel = await setUp(atMost(1));
        const [one, two] = await connectAll(channel);
        await one.send({ to: ['agent2'], content: 'one' });
        const { recipients } = await one.send({ to: ['agent2'], content: 'two' });
        expect(recipients[0]?.outcome).toEqual({ verdict: 'return', reason: 'only 1 messages may be sent' });
        expect((await two.read()).map((message) => message.content)).toEqual(['one']);
        expect(eventsOf(channel.events, 'message-returned')).toMatchObject([
          { message: 2, to: 'agent2', reason: 'only 1 messages may be sent' },
        ]);
      });

      it('is asked once for each recipient, and decides for each apart', async () => {
        const asked: string[] = [];
        const policy: ChannelPolicy = {
          description: 'asked',
          decide: (message, recipient, state) => {
            asked.push(`${message.number} ${message.from} > ${recipient}`);
            return notTo('agent2').decide(message, recipient, state);
          },
        };
        const channel = await setUp(policy);
        const [one, two, three] = await connectAll(channel);
        const { recipients } = await one.send({ to: ['agent3', 'agent2', 'agent3'], content: 'hello' });
        expect(asked).toEqual(['1 agent1 > agent3', '1 agent1 > agent2']);
        expect(recipients.map(({ agent, outcome }) => [agent, outcome.verdict])).toEqual([
          ['agent3', 'deliver'],
          ['agent2', 'withhold'],
        ]);
        expect(await two.read()).toEqual([]);
        expect(await three.read()).toHaveLength(1);
      });

      it('is told the phase that the run is in when the message is sent', async () => {
        const channel = await setUp(during('planning'));
        const [one, two] = await connectAll(channel);
        const verdicts: string[] = [];
        const send = async (): Promise<void> => {
          const { recipients } = await one.send({ to: ['agent2'], content: 'hello' });
          verdicts.push(recipients[0]?.outcome.verdict ?? '');
        };
        await send();
        channel.bus.enterPhase('planning');
        await send();
        channel.bus.enterPhase('execution');
        await send();
        expect(verdicts).toEqual(['withhold', 'deliver', 'withhold']);
        expect(eventsOf(channel.events, 'message-sent').map((event) => event.phase)).toEqual([
          undefined,
          'planning',
          'execution',
        ]);
        expect(eventsOf(channel.events, 'message-withheld').map((event) => event.reason)).toEqual([
          'the channel is closed during this part of the run',
          'the channel is closed during execution',
        ]);
        // What was delivered in planning can be read later.
        expect((await two.read()).map((message) => message.number)).toEqual([2]);
      });

      it('that throws leaves no trace of a message half sent', async () => {
        let broken = true;
        const policy: ChannelPolicy = {
          description: 'broken',
          decide: (_message, recipient) => {
            if (broken && recipient === 'agent3') throw new Error('a policy with a fault');
            return { verdict: 'deliver' };
          },
        };
        const channel = await setUp(policy);
        const [one, two] = await connectAll(channel);
        await expect(one.send({ to: 'everyone', content: 'hello' })).rejects.toThrow();
        expect(channel.events).toEqual([]);
        expect(await two.read()).toEqual([]);
        broken = false;
        expect((await one.send({ to: 'everyone', content: 'hello' })).message.number).toBe(1);
      });
    });

    it('gives each agent each admitted message exactly once and in order, and keeps a log that adds up, however sends, reads, connections and phases interleave', async () => {
      const agents = ['agent1', 'agent2', 'agent3', 'agent4'];
      const policies = [
        open(),
        closed(),
        during('planning'),
        during('planning', 'execution'),
        all(during('execution'), atMost(3)),
        all(notTo('agent2'), atMost(2), open()),
      ] as const;
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...policies),
          fc.array(fc.array(actionOver(agents), { minLength: 1, maxLength: 6 }), { maxLength: 12 }),
          async (policy, rounds) => {
            const channel = await setUp(policy, agents);
            const outcome = await play(channel.bus, agents, rounds);
            checkExactlyOnce(channel.events, outcome);
            checkVerdicts(channel.events, policy);
            checkCounts(channel.events, outcome);
            await Promise.all(buses.splice(0).map((bus) => bus.close()));
          },
        ),
        { numRuns: runs },
      );
    });
  });
}
