import { z } from 'zod';

import type { ToolDefinition } from '../../model/chat-model.js';
import { SandboxRefusal } from '../../sandbox/sandbox-refusal.js';
import type { Sandbox } from '../../sandbox/sandbox.js';

/** What a model is told of a tool call that was made. */
export interface ToolOutcome {
  readonly output: string;
  readonly isError: boolean;
}

/** What every tool is given; the life cycle of the sandbox is not part of it. */
export interface ToolContext {
  readonly sandbox: Sandbox;
  readonly signal: AbortSignal;
}

/** Something an agent can do. */
export interface Tool<Context = ToolContext> {
  readonly definition: ToolDefinition;
  /**
   * Checks the arguments and acts. What the agent did wrong, refusals of its sandbox included, is an outcome.
   *
   * @throws {InfrastructureFault} when the world broke; the signal's reason once it has aborted.
   */
  run(args: Readonly<Record<string, unknown>>, context: Context): Promise<ToolOutcome>;
}

/** A tool as its author writes it: one schema gives the check, the types and what the model is told. */
export interface ToolDescription<Shape extends z.ZodRawShape, Context> {
  /** Name as the model calls it, e.g. `read_file`. */
  readonly name: string;
  readonly description: string;
  /** Each field with a `describe`. Fields that are not in it are refused. */
  readonly parameters: z.ZodObject<Shape>;
  readonly run: (args: z.output<z.ZodObject<Shape>>, context: Context) => Promise<ToolOutcome>;
}

/** Makes a tool from its description. */
export function defineTool<Shape extends z.ZodRawShape, Context = ToolContext>(
  description: ToolDescription<Shape, Context>,
): Tool<Context> {
  const { name, run } = description;
  const schema = description.parameters.strict();
  const { $schema: _, ...parameters } = z.toJSONSchema(schema, { io: 'input' });
  return {
    definition: { name, description: description.description, parameters },
    async run(args, context) {
      const checked = schema.safeParse(args);
      if (!checked.success) return failure(invalidArguments(name, checked.error));
      try {
        return await run(checked.data as z.output<z.ZodObject<Shape>>, context);
      } catch (error) {
        if (error instanceof SandboxRefusal) return failure(`${error.toLine()}.`);
        throw error;
      }
    },
  };
}

/** An outcome that tells the agent what it did wrong. */
export const failure = (output: string): ToolOutcome => ({ output, isError: true });

/** An outcome that tells the agent what it asked for. */
export const success = (output: string): ToolOutcome => ({ output, isError: false });

function invalidArguments(name: string, error: z.ZodError): string {
  const complaints = error.issues.map((issue) => {
    const field = issue.path.length === 0 ? '' : `"${issue.path.join('.')}": `;
    return `- ${field}${issue.message}`;
  });
  return `The arguments of ${name} are not valid:\n${complaints.join('\n')}`;
}
