import type { EventLog } from '../log/event-log.js';
import type { Phase } from '../log/run-events.js';
import type { Bus, BusConnection, SendReceipt } from './bus.js';
import type { ChannelPolicy } from './channel-policy.js';
import type { Message, MessageDraft } from './message.js';
import { MessageHub } from './message-hub.js';

/** The bus for agents that live in this process. */
export class InProcessBus implements Bus {
  readonly #hub: MessageHub;

  /** @param agents ids of all agents of the run, connected or not. */
  constructor(agents: readonly string[], policy: ChannelPolicy, log: EventLog) {
    this.#hub = new MessageHub(agents, policy, log);
  }

  async connect(agent: string): Promise<BusConnection> {
    this.#hub.inbox(agent);
    return new InProcessConnection(this.#hub, agent);
  }

  enterPhase(phase: Phase): void {
    this.#hub.enterPhase(phase);
  }

  async close(): Promise<void> {}
}

class InProcessConnection implements BusConnection {
  readonly agent: string;
  readonly partners: readonly string[];
  readonly #hub: MessageHub;
  readonly #stops = new Set<() => void>();

  constructor(hub: MessageHub, agent: string) {
    this.#hub = hub;
    this.agent = agent;
    this.partners = hub.partnersOf(agent);
  }

  async send(draft: Omit<MessageDraft, 'from'>): Promise<SendReceipt> {
    return this.#hub.send({ ...draft, from: this.agent });
  }

  async read(): Promise<readonly Message[]> {
    return this.#hub.read(this.agent);
  }

  async peek(): Promise<readonly Message[]> {
    return [...this.#hub.inbox(this.agent)];
  }

  onDelivery(listener: () => void): () => void {
    const stop = this.#hub.onDelivery(this.agent, listener);
    this.#stops.add(stop);
    return stop;
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
  }
}
