import { z } from 'zod';
import {
  assistantBlockSchema,
  chatMessageSchema,
  chatPurposeSchema,
  tokenUsageSchema,
} from './chat-schema.js';
import { phaseSchema } from './run-events.js';

/**
 * Why an agent's part of a phase ended. `submitted` and `agreed` are its own doing; the limits are the
 * scenario's; `refused`, `silent` and `context-length` are the model's; `fault` is the world's.
 */
export const stopReasonSchema = z.enum([
  'agreed',
  'submitted',
  'iteration-limit',
  'action-limit',
  'time-limit',
  'dollar-limit',
  'token-limit',
  'silent',
  'refused',
  'context-length',
  'fault',
  'interrupted',
]);
export type StopReason = z.infer<typeof stopReasonSchema>;

/** Events of one agent: what it was asked, what it answered, which tools it called. */
export const agentEvents = [
  /** The agent begins a phase with this conversation. */
  z.object({
    type: z.literal('agent-started'),
    agent: z.string(),
    phase: phaseSchema,
    system: z.string(),
    task: z.string(),
    tools: z.array(z.string()),
  }),
  /** In planning, and in execution under the lockstep schedule: it is this agent's turn. */
  z.object({ type: z.literal('turn-started'), agent: z.string(), phase: phaseSchema }),
  /**
   * A model is asked. `appended` is what the conversation gained since the agent's call before, so that the
   * whole prompt is the concatenation over its calls.
   */
  z.object({
    type: z.literal('model-called'),
    agent: z.string(),
    callId: z.string(),
    purpose: chatPurposeSchema,
    /** Number of the agent's step in this phase, from 1. */
    step: z.int(),
    appended: z.array(chatMessageSchema),
    requiredTool: z.string().exactOptional(),
  }),
  z.object({
    type: z.literal('model-retried'),
    agent: z.string(),
    callId: z.string(),
    attempt: z.int(),
    kind: z.string(),
    detail: z.string(),
    /** Milliseconds waited before the next attempt. */
    delay: z.number(),
  }),
  z.object({
    type: z.literal('model-answered'),
    agent: z.string(),
    callId: z.string(),
    content: z.array(assistantBlockSchema),
    end: z.enum(['finished', 'tool-calls', 'output-limit', 'refusal']),
    usage: tokenUsageSchema,
  }),
  z.object({
    type: z.literal('model-failed'),
    agent: z.string(),
    callId: z.string(),
    kind: z.string(),
    detail: z.string(),
  }),
  /** Older turns gave way to a summary in the prompt; the log keeps them. */
  z.object({
    type: z.literal('context-compacted'),
    agent: z.string(),
    callId: z.string(),
    summary: z.string(),
    replacedMessages: z.int(),
  }),
  z.object({
    type: z.literal('tool-called'),
    agent: z.string(),
    callId: z.string(),
    step: z.int(),
    tool: z.string(),
    arguments: z.record(z.string(), z.unknown()),
    /** The arguments as sent where they were not JSON. */
    brokenArguments: z.string().exactOptional(),
  }),
  z.object({
    type: z.literal('tool-returned'),
    agent: z.string(),
    callId: z.string(),
    tool: z.string(),
    isError: z.boolean(),
    output: z.string(),
  }),
  z.object({ type: z.literal('plan-agreed'), agent: z.string(), plan: z.string(), forced: z.boolean() }),
  z.object({
    type: z.literal('agent-stopped'),
    agent: z.string(),
    phase: phaseSchema,
    reason: stopReasonSchema,
    steps: z.int(),
    detail: z.string().exactOptional(),
  }),
] as const;
