import { z } from 'zod';

export const mergeStrategySchema = z.enum(['naive', 'union', 'llm']);
export type MergeStrategy = z.infer<typeof mergeStrategySchema>;

/** Where a run that did not succeed was lost. */
export const lossSchema = z.enum([
  'no-patch',
  'patch-does-not-apply',
  'conflict',
  'test-failure',
  'infrastructure',
]);
export type Loss = z.infer<typeof lossSchema>;

export const causeSchema = z.enum(['expectation', 'communication', 'commitment', 'implementation']);
export type Cause = z.infer<typeof causeSchema>;

const conflictSchema = z.object({
  file: z.string(),
  sections: z.int(),
  lines: z.int(),
  /** The two agents whose branches meet here. */
  agents: z.array(z.string()),
});

/** The verdict on a run, as the referee reaches it. */
export const verdictSchema = z.object({
  success: z.boolean(),
  /** Strategy whose merged tree was judged; absent where there was nothing to merge. */
  strategy: mergeStrategySchema.exactOptional(),
  /** Whether the tests of each feature passed on the judged tree. */
  features: z.array(z.object({ feature: z.int(), passed: z.boolean(), passedAlone: z.boolean().nullable() })),
  lostAt: lossSchema.exactOptional(),
  /** The loss in one sentence, e.g. `feature 2's tests fail after the merge`. */
  explanation: z.string(),
});
export type Verdict = z.infer<typeof verdictSchema>;

/** A body of bytes in the log: text where it is UTF-8, else base64. */
export const contentSchema = z.object({ encoding: z.enum(['utf8', 'base64']), text: z.string() });
export type Content = z.infer<typeof contentSchema>;

/** Events of the referee: collect → merge → test → classify → verdict. */
export const refereeEvents = [
  /** The difference of an agent's workspace against the base commit. */
  z.object({
    type: z.literal('patch-taken'),
    agent: z.string(),
    features: z.array(z.int()),
    patch: contentSchema,
    files: z.array(z.object({ path: z.string(), added: z.int(), removed: z.int() })),
    /** Files that are in the workspace but not in the patch, e.g. a patch file left behind. */
    leftOut: z.array(z.string()),
  }),
  z.object({
    type: z.literal('patch-applied'),
    agent: z.string(),
    /** `skipped`: the patch is empty. */
    status: z.enum(['applied', 'skipped', 'failed']),
    /** Test files taken out of the patch before it was applied. */
    testFilesTakenOut: z.array(z.string()),
    detail: z.string().exactOptional(),
  }),
  z.object({
    type: z.literal('merge-attempted'),
    strategy: mergeStrategySchema,
    /** `missing_input`: a patch did not apply, so there is nothing to merge. */
    status: z.enum(['clean', 'conflicts', 'missing_input', 'not-tried', 'failed']),
    conflicts: z.array(conflictSchema),
    sections: z.int(),
    lines: z.int(),
    /** 20 × sections + 2 × lines (domain: conflict score). */
    score: z.number(),
    tree: z.string().exactOptional(),
    /** The merged tree against the base commit. */
    diff: contentSchema.exactOptional(),
    detail: z.string().exactOptional(),
  }),
  z.object({
    type: z.literal('tests-finished'),
    feature: z.int(),
    /** `alone`: on the agent's own branch before the merge; `merged`: after it. */
    stage: z.enum(['alone', 'merged']),
    strategy: mergeStrategySchema.exactOptional(),
    agent: z.string().exactOptional(),
    passed: z.boolean(),
    exitCode: z.int(),
    testsPassed: z.int().exactOptional(),
    testsFailed: z.int().exactOptional(),
    reason: z.string().exactOptional(),
    /** Name of the attachment that holds the end of the output. */
    output: z.string(),
  }),
  z.object({ type: z.literal('verdict-reached'), verdict: verdictSchema }),
  /** Why the team failed, by simple rules over the log. */
  z.object({
    type: z.literal('cause-assigned'),
    cause: causeSchema,
    codebook: z.string(),
    reason: z.string(),
    /** `seq` of the events that show it. */
    evidence: z.array(z.int()),
  }),
] as const;
