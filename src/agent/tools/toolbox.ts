import type { ToolCallBlock, ToolDefinition } from '../../model/chat-model.js';
import { failure, type Tool, type ToolContext, type ToolOutcome } from './tool.js';

/** The part of a model's tool call that says what to do. */
export type ToolCall = Pick<ToolCallBlock, 'name' | 'arguments' | 'brokenArguments'>;

/** The tools that an agent has in one phase. */
export interface Toolbox<Context = ToolContext> {
  /** In the order in which the tools were given. */
  readonly definitions: readonly ToolDefinition[];
  /** Runs one call, answering for tools that are not there and arguments that are not JSON. Throws as {@link Tool.run}. */
  call(call: ToolCall, context: Context): Promise<ToolOutcome>;
}

const LONGEST_QUOTE = 200;

/** @throws {TypeError} when two tools share a name. */
export function toolbox<Context = ToolContext>(tools: readonly Tool<Context>[]): Toolbox<Context> {
  const byName = new Map(tools.map((tool) => [tool.definition.name, tool]));
  if (byName.size !== tools.length) throw new TypeError('two tools of a toolbox share a name');
  const names = [...byName.keys()].join(', ');
  return {
    definitions: tools.map((tool) => tool.definition),
    async call({ name, arguments: args, brokenArguments }, context) {
      const tool = byName.get(name);
      if (tool === undefined) return failure(`There is no tool of the name "${name}"; there are: ${names}.`);
      if (brokenArguments !== undefined) {
        const quote = brokenArguments.slice(0, LONGEST_QUOTE);
        const more = brokenArguments.length > LONGEST_QUOTE ? ' …' : '';
        return failure(`The arguments of ${name} are not a JSON object: ${quote}${more}`);
      }
      return tool.run(args, context);
    },
  };
}
