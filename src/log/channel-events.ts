import { z } from 'zod';
import { phaseSchema } from './run-events.js';

/**
 * Events of the channel. Sent, delivered, read and withheld are apart, because a question that was never
 * delivered, one never read and one never answered are three different failures.
 */
export const channelEvents = [
  z.object({
    type: z.literal('message-sent'),
    message: z.int(),
    from: z.string(),
    to: z.array(z.string()),
    content: z.string(),
    kind: z.string().exactOptional(),
    phase: phaseSchema.exactOptional(),
  }),
  /** The message lies in the recipient's inbox. */
  z.object({ type: z.literal('message-delivered'), message: z.int(), to: z.string() }),
  /** The message was put into the recipient's prompt. */
  z.object({ type: z.literal('message-read'), message: z.int(), by: z.string() }),
  /** The channel policy kept the message from this recipient. */
  z.object({ type: z.literal('message-withheld'), message: z.int(), to: z.string(), reason: z.string() }),
  /** The channel policy gave the message back to its sender with what is wrong. */
  z.object({ type: z.literal('message-returned'), message: z.int(), to: z.string(), reason: z.string() }),
] as const;
