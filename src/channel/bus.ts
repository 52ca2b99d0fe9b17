import type { Phase } from '../log/run-events.js';
import type { Message, MessageDraft } from './message.js';
import type { ChannelVerdict } from './channel-policy.js';

/** What the sender of a message is told. */
export interface SendReceipt {
  readonly message: Message;
  readonly recipients: readonly { readonly agent: string; readonly outcome: ChannelVerdict }[];
}

/** One agent's end of the channel. */
export interface BusConnection {
  readonly agent: string;
  /** The other agents of the run, whether they are connected yet or not. */
  readonly partners: readonly string[];
  /**
   * Sends one message. The bus, not the sender, says who sent it.
   *
   * @throws {TroupeError} `agent-unknown` for a recipient that is not of this run, `recipient-is-sender`,
   * `no-recipient`, or `connection-closed`; nothing is then sent to anybody, and the log says nothing of it.
   */
  send(draft: MessageDraft): Promise<SendReceipt>;
  /**
   * Takes every message that was delivered and not yet read, in order; they count as read.
   *
   * @throws {TroupeError} `connection-closed`.
   */
  read(): Promise<readonly Message[]>;
  /**
   * Looks at the same messages without reading them.
   *
   * @throws {TroupeError} `connection-closed`.
   */
  peek(): Promise<readonly Message[]>;
  /**
   * Calls back on each delivery, and at once when messages already wait. Returns how to stop. The message is in
   * the inbox, and in the log, before the listener hears of it.
   */
  onDelivery(listener: () => void): () => void;
  /** Ends this connection alone; messages wait for the agent's next one. */
  close(): Promise<void>;
}

/**
 * The channel of one run. A message to an agent that is not connected yet waits for it; connecting twice
 * loses nothing: connections of the same agent share one inbox.
 */
export interface Bus {
  /** @throws {TroupeError} `agent-unknown` for an agent that is not of this run, `connection-closed` once the bus is. */
  connect(agent: string): Promise<BusConnection>;
  /** Tells policies which phase the run is in. */
  enterPhase(phase: Phase): void;
  /** Closes every connection. */
  close(): Promise<void>;
}
