import type { Phase } from '../log/run-events.js';

/** What an agent hands to the channel. */
export interface MessageDraft {
  /** Agents' ids, or everyone else. */
  readonly to: readonly string[] | 'everyone';
  readonly content: string;
  /** Kind under a schema, e.g. `QUESTION`. */
  readonly kind?: string;
}

/** A message on the channel; the bus alone says who sent it and gives it its number. */
export interface Message {
  /** Order of sending over the whole run, from 1. */
  readonly number: number;
  readonly from: string;
  /** Each recipient once. */
  readonly to: readonly string[];
  readonly content: string;
  readonly kind?: string;
  readonly phase?: Phase;
}
