import { TroupeError } from '../base/errors.js';
import type { EventLog } from '../log/event-log.js';
import type { Phase } from '../log/run-events.js';
import type { Bus, BusConnection, SendReceipt } from './bus.js';
import type { ChannelPolicy } from './channel-policy.js';
import type { Message, MessageDraft } from './message.js';
import { MessageHub } from './message-hub.js';

/** The bus for agents that live in this process. */
export class InProcessBus implements Bus {
  readonly #hub: MessageHub;
  readonly #connections = new Set<InProcessConnection>();
  #isClosed = false;

  /** @param agents ids of all agents of the run, connected or not. */
  constructor(agents: readonly string[], policy: ChannelPolicy, log: EventLog) {
    this.#hub = new MessageHub(agents, policy, log);
  }

  async connect(agent: string): Promise<BusConnection> {
    if (this.#isClosed) throw closed(agent);
    this.#hub.inbox(agent);
    const connection = new InProcessConnection(this.#hub, agent, () => this.#connections.delete(connection));
    this.#connections.add(connection);
    return connection;
  }

  enterPhase(phase: Phase): void {
    this.#hub.enterPhase(phase);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#connections].map((connection) => connection.close()));
  }
}

class InProcessConnection implements BusConnection {
  readonly agent: string;
  readonly partners: readonly string[];
  readonly #onClose: () => void;
  readonly #stops = new Set<() => void>();
  /** Absent once the connection is closed. */
  #hub: MessageHub | undefined;

  constructor(hub: MessageHub, agent: string, onClose: () => void) {
    this.#hub = hub;
    this.agent = agent;
    this.partners = hub.partnersOf(agent);
    this.#onClose = onClose;
  }

  async send(draft: MessageDraft): Promise<SendReceipt> {
    return this.#open().send(this.agent, draft);
  }

  async read(): Promise<readonly Message[]> {
    return this.#open().read(this.agent);
  }

  async peek(): Promise<readonly Message[]> {
    return [...this.#open().inbox(this.agent)];
  }

  onDelivery(listener: () => void): () => void {
    const stop = this.#open().onDelivery(this.agent, listener);
    this.#stops.add(stop);
    return () => {
      stop();
      this.#stops.delete(stop);
    };
  }

  async close(): Promise<void> {
    this.#hub = undefined;
    for (const stop of this.#stops) stop();
    this.#stops.clear();
    this.#onClose();
  }

  #open(): MessageHub {
    if (this.#hub === undefined) throw closed(this.agent);
    return this.#hub;
  }
}

function closed(agent: string): TroupeError {
  return new TroupeError(`the connection of ${agent} is closed`, { code: 'connection-closed' });
}
