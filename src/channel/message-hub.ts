import { TroupeError } from '../base/errors.js';
import type { EventLog } from '../log/event-log.js';
import type { Phase } from '../log/run-events.js';
import type { SendReceipt } from './bus.js';
import type { ChannelPolicy } from './channel-policy.js';
import type { Message, MessageDraft } from './message.js';

/**
 * The heart of every bus: numbers messages, asks the policy once for each recipient, records what happened
 * and keeps the inboxes. Synchronous, so that the log's order is the order of the channel.
 */
export class MessageHub {
  readonly #agents: readonly string[];
  readonly #policy: ChannelPolicy;
  readonly #log: EventLog;
  readonly #inboxes = new Map<string, Message[]>();
  readonly #sent = new Map<string, number>();
  readonly #listeners = new Map<string, Set<() => void>>();
  #phase: Phase | undefined;
  #count = 0;

  constructor(agents: readonly string[], policy: ChannelPolicy, log: EventLog) {
    this.#agents = agents;
    this.#policy = policy;
    this.#log = log;
    for (const agent of agents) this.#inboxes.set(agent, []);
  }

  enterPhase(phase: Phase): void {
    this.#phase = phase;
  }

  /** @throws {TroupeError} `agent-unknown` for an agent that is not of this run. */
  inbox(agent: string): Message[] {
    const inbox = this.#inboxes.get(agent);
    if (inbox === undefined) {
      throw new TroupeError(`there is no agent ${agent} in this run; there are: ${this.#agents.join(', ')}`, {
        code: 'agent-unknown',
      });
    }
    return inbox;
  }

  partnersOf(agent: string): readonly string[] {
    return this.#agents.filter((other) => other !== agent);
  }

  send(draft: MessageDraft): SendReceipt {
    this.inbox(draft.from);
    const to = draft.to === 'everyone' ? this.partnersOf(draft.from) : [...new Set(draft.to)];
    for (const recipient of to) this.inbox(recipient);
    this.#count += 1;
    const message: Message = {
      number: this.#count,
      from: draft.from,
      to,
      content: draft.content,
      ...(draft.kind === undefined ? {} : { kind: draft.kind }),
      ...(this.#phase === undefined ? {} : { phase: this.#phase }),
    };
    const { number, ...rest } = message;
    this.#log.append<'message-sent'>({ type: 'message-sent', message: number, ...rest, to: [...to] });
    const state = { phase: this.#phase, sentBefore: this.#sent };
    const recipients = to.map((agent) => ({ agent, outcome: this.#policy.decide(message, agent, state) }));
    this.#sent.set(draft.from, (this.#sent.get(draft.from) ?? 0) + 1);
    for (const { agent, outcome } of recipients) {
      if (outcome.verdict === 'deliver') this.#deliver(message, agent);
      else {
        const type = outcome.verdict === 'withhold' ? 'message-withheld' : 'message-returned';
        this.#log.append({ type, message: number, to: agent, reason: outcome.reason });
      }
    }
    return { message, recipients };
  }

  read(agent: string): readonly Message[] {
    const messages = this.inbox(agent).splice(0);
    for (const message of messages) {
      this.#log.append({ type: 'message-read', message: message.number, by: agent });
    }
    return messages;
  }

  onDelivery(agent: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(agent) ?? new Set();
    this.#listeners.set(agent, listeners.add(listener));
    if (this.inbox(agent).length > 0) listener();
    return () => listeners.delete(listener);
  }

  #deliver(message: Message, agent: string): void {
    this.inbox(agent).push(message);
    this.#log.append({ type: 'message-delivered', message: message.number, to: agent });
    for (const listener of this.#listeners.get(agent) ?? []) listener();
  }
}
