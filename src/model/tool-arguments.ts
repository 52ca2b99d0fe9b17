import type { ToolCallBlock } from './chat-model.js';

/**
 * Reads the arguments of a tool call as a model wrote them. What is no JSON object is kept as
 * `brokenArguments`; nothing at all counts as no arguments.
 */
export function readToolArguments(text: string): Pick<ToolCallBlock, 'arguments' | 'brokenArguments'> {
  if (text.trim() === '') return { arguments: {} };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return { arguments: value as Record<string, unknown> };
    }
  } catch {
    // Falls through: the text is the evidence.
  }
  return { arguments: {}, brokenArguments: text };
}

/** The arguments as they may be sent back: always an object, because servers parse them again. */
export function argumentsToSend(call: ToolCallBlock): Readonly<Record<string, unknown>> {
  return call.brokenArguments === undefined ? call.arguments : { unreadable_arguments: call.brokenArguments };
}

/** A tool's name as every provider takes it; a model may have called a tool by a name that none does. */
export function nameToSend(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64) || 'unnamed';
}

/** A call's identifier as every provider takes it. */
export function idToSend(id: string): string {
  return id.replace(/[^A-Za-z0-9_-]/g, '_') || 'unnamed';
}
