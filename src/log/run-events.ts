import { z } from 'zod';
import { chatPurposeSchema, tokenUsageSchema } from './chat-schema.js';

/** The parts of a run, in the order in which they happen. */
export const phaseSchema = z.enum(['planning', 'execution', 'evaluation']);
export type Phase = z.infer<typeof phaseSchema>;

/** Events of the run as a whole. */
export const runEvents = [
  /** Always the first event. Holds all that is needed to start the same run again. */
  z.object({
    type: z.literal('run-started'),
    formatVersion: z.int(),
    troupeVersion: z.string(),
    runId: z.string(),
    /** The run that this one resumes, replays or branches from. */
    parentRunId: z.string().exactOptional(),
    scenario: z.string(),
    setting: z.string(),
    /** The channel policy in words, e.g. `during(planning)`. */
    channel: z.string(),
    phases: z.array(phaseSchema),
    task: z.object({ repoName: z.string(), taskId: z.int(), baseCommit: z.string() }),
    features: z.array(z.int()),
    agents: z.array(z.object({ id: z.string(), model: z.string(), features: z.array(z.int()) })),
    schedule: z.enum(['concurrent', 'lockstep']),
    seed: z.string(),
    limits: z.object({
      planningIterations: z.int(),
      executionActions: z.int(),
      /** Milliseconds of execution an agent. */
      executionTime: z.number(),
      dollars: z.number().exactOptional(),
      tokens: z.number().exactOptional(),
    }),
  }),
  z.object({ type: z.literal('phase-started'), phase: phaseSchema }),
  z.object({ type: z.literal('phase-ended'), phase: phaseSchema }),
  /** What a model call cost; after each answer, agents' and referee's alike. */
  z.object({
    type: z.literal('cost-charged'),
    agent: z.string(),
    callId: z.string(),
    purpose: chatPurposeSchema,
    model: z.string(),
    usage: tokenUsageSchema,
    /** Dollars; `null` where the model has no known price. */
    dollars: z.number().nullable(),
  }),
  /** A limit that cannot hold, because the model has no known price; told once a model, before its first call. */
  z.object({ type: z.literal('limit-unchecked'), limit: z.literal('dollars'), model: z.string() }),
  /** Something under the run broke. Never scored as an agent's failure. */
  z.object({
    type: z.literal('fault-occurred'),
    where: z.string(),
    code: z.string(),
    detail: z.string(),
  }),
  /** Always the last event of a run that was not killed. */
  z.object({
    type: z.literal('run-ended'),
    status: z.enum(['done', 'broke', 'interrupted']),
    detail: z.string().exactOptional(),
  }),
] as const;
