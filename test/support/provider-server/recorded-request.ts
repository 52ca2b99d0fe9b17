import type { IncomingHttpHeaders } from 'node:http';

/** A request as the server got it, with what scripts decide by already read out of either wire form. */
export interface RecordedRequest {
  /** From 1, over all requests of the server. */
  readonly number: number;
  readonly wire: 'anthropic' | 'openai';
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
  /** Name of the model, without its provider. */
  readonly model: string;
  readonly system: string;
  /** Text of every message, in order; tool results included. */
  readonly texts: readonly { readonly role: string; readonly text: string }[];
  /** Text of the last message that is not the assistant's. */
  readonly lastText: string;
  /** Names of the tools offered. */
  readonly tools: readonly string[];
  /** Name of the tool that must be called, if one is forced. */
  readonly forcedTool: string | undefined;
  /** Turns of the assistant so far: 0 in the first request of a conversation. */
  readonly turns: number;
}

type Fields = Record<string, unknown>;

/** Reads a request's body. */
export function recordRequest(
  number: number,
  wire: RecordedRequest['wire'],
  path: string,
  headers: IncomingHttpHeaders,
  body: Fields,
): RecordedRequest {
  const messages = listOf(body['messages']);
  const isSystem = (message: Fields): boolean =>
    message['role'] === 'system' || message['role'] === 'developer';
  const system =
    wire === 'anthropic' ? textOf(body['system']) : messages.filter(isSystem).map(contentText).join('\n');
  const texts = messages
    .filter((message) => !isSystem(message))
    .map((message) => ({ role: String(message['role']), text: contentText(message) }));
  const tools = listOf(body['tools']).map((tool) => String(fieldsOf(tool['function'] ?? tool)['name']));
  const choice = fieldsOf(body['tool_choice']);
  const forced = choice['name'] ?? fieldsOf(choice['function'])['name'];
  return {
    number,
    wire,
    path,
    headers,
    body,
    model: String(body['model']),
    system,
    texts,
    lastText: texts.findLast(({ role }) => role !== 'assistant')?.text ?? '',
    tools,
    forcedTool: typeof forced === 'string' ? forced : undefined,
    turns: texts.filter(({ role }) => role === 'assistant').length,
  };
}

function contentText(message: Fields): string {
  return textOf(message['content']);
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return listOf(content)
    .map((block) => (typeof block['text'] === 'string' ? block['text'] : textOf(block['content'])))
    .filter((text) => text !== '')
    .join('\n');
}

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
