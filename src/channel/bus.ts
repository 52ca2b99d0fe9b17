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
  /** Sends one message. The bus, not the sender, says who sent it. */
  send(draft: Omit<MessageDraft, 'from'>): Promise<SendReceipt>;
  /** Takes every message that was delivered and not yet read, in order; they count as read. */
  read(): Promise<readonly Message[]>;
  /** Looks at the same messages without reading them. */
  peek(): Promise<readonly Message[]>;
  /** Calls back on each delivery, and at once when messages already wait. Returns how to stop. */
  onDelivery(listener: () => void): () => void;
  close(): Promise<void>;
}

/**
 * The channel of one run. A message to an agent that is not connected yet waits for it; connecting twice
 * loses nothing.
 */
export interface Bus {
  connect(agent: string): Promise<BusConnection>;
  /** Tells policies which phase the run is in. */
  enterPhase(phase: Phase): void;
  close(): Promise<void>;
}
