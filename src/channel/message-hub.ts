import { TroupeError } from '../base/errors.js';
import type { EventLog } from '../log/event-log.js';
import type { EventBody } from '../log/event.js';
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

  /** @throws {TroupeError} as {@link BusConnection.send} does. */
  send(from: string, draft: MessageDraft): SendReceipt {
    const to = this.#recipientsOf(from, draft);
    let message = createMessage(this.#count + 1, from, to, draft, this.#phase);
    const state = { phase: this.#phase, sentBefore: this.#sent };
    const recipients = to.map((agent) => ({ agent, outcome: this.#policy.decide(message, agent, state) }));
    // From here on nothing fails but the log, so that a policy that throws leaves no message half sent.
    this.#count += 1;
    this.#sent.set(from, (this.#sent.get(from) ?? 0) + 1);
    const { content } = this.#log.append<'message-sent'>(sentEvent(message));
    // What the log took out reaches nobody.
    if (content !== message.content) message = { ...message, content };
    for (const { agent, outcome } of recipients) {
      if (outcome.verdict === 'deliver') {
        this.inbox(agent).push(message);
        this.#log.append({ type: 'message-delivered', message: message.number, to: agent });
      } else {
        const type = outcome.verdict === 'withhold' ? 'message-withheld' : 'message-returned';
        this.#log.append({ type, message: message.number, to: agent, reason: outcome.reason });
      }
    }
    // Last, because a listener may send in its turn, and must not get ahead of this message elsewhere.
    for (const { agent, outcome } of recipients) if (outcome.verdict === 'deliver') this.#announce(agent);
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
    // One entry a registration: stopping one does not stop the other where the same function listens twice.
    const entry = (): void => listener();
    const listeners = this.#listeners.get(agent) ?? new Set();
    this.#listeners.set(agent, listeners.add(entry));
    if (this.inbox(agent).length > 0) entry();
    return () => listeners.delete(entry);
  }

  #recipientsOf(from: string, draft: MessageDraft): readonly string[] {
    this.inbox(from);
    const to = draft.to === 'everyone' ? this.partnersOf(from) : [...new Set(draft.to)];
    if (to.length === 0) throw new TroupeError('the message has no recipient', { code: 'no-recipient' });
    for (const agent of to) {
      this.inbox(agent);
      if (agent === from) {
        throw new TroupeError('an agent cannot write to itself', { code: 'recipient-is-sender' });
      }
    }
    return to;
  }

  #announce(agent: string): void {
    for (const listener of this.#listeners.get(agent) ?? []) listener();
  }
}

// Absent fields are set one by one: on this path, spreading them costs more than all the rest.

function createMessage(
  number: number,
  from: string,
  to: readonly string[],
  draft: MessageDraft,
  phase: Phase | undefined,
): Message {
  const message: { -readonly [Field in keyof Message]: Message[Field] } = {
    number,
    from,
    to,
    content: draft.content,
  };
  if (draft.kind !== undefined) message.kind = draft.kind;
  if (phase !== undefined) message.phase = phase;
  return message;
}

function sentEvent({ number, from, to, content, kind, phase }: Message): SentBody {
  const body: SentBody = { type: 'message-sent', message: number, from, to: [...to], content };
  if (kind !== undefined) body.kind = kind;
  if (phase !== undefined) body.phase = phase;
  return body;
}

type SentBody = Extract<EventBody, { type: 'message-sent' }>;
