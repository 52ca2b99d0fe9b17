import { z } from 'zod';

/** Schemas of the conversation blocks of `model/chat-model.ts`, as the log stores them. */

const textBlock = z.object({ type: z.literal('text'), text: z.string() });

const thinkingBlock = z.object({
  type: z.literal('thinking'),
  text: z.string(),
  original: z.unknown().optional(),
});

const toolCallBlock = z.object({
  type: z.literal('tool-call'),
  id: z.string(),
  name: z.string(),
  arguments: z.record(z.string(), z.unknown()),
  brokenArguments: z.string().exactOptional(),
});

const toolResultBlock = z.object({
  type: z.literal('tool-result'),
  callId: z.string(),
  name: z.string(),
  output: z.string(),
  isError: z.boolean(),
});

export const assistantBlockSchema = z.discriminatedUnion('type', [textBlock, thinkingBlock, toolCallBlock]);

export const chatMessageSchema = z.discriminatedUnion('role', [
  z.object({
    role: z.literal('user'),
    content: z.array(z.discriminatedUnion('type', [textBlock, toolResultBlock])),
  }),
  z.object({ role: z.literal('assistant'), content: z.array(assistantBlockSchema) }),
]);

export const chatPurposeSchema = z.enum(['plan', 'execute', 'summarize', 'merge']);

export const tokenUsageSchema = z.object({
  input: z.number(),
  output: z.number(),
  cacheRead: z.number(),
  cacheWrite: z.number(),
});
