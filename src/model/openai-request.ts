import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionMessageFunctionToolCall,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions/completions.js';
import type { ChatMessage, ChatRequest, ThinkingBlock } from './chat-model.js';
import type { RefusableSetting } from './refused-settings.js';
import { argumentsToSend, idToSend, nameToSend } from './tool-arguments.js';

/** What shapes a request beside the conversation itself. */
export interface OpenAiRequestOptions {
  readonly provider: string;
  readonly model: string;
  /** Nothing leaves the limit to the server. */
  readonly maximumOutputTokens: number | undefined;
  /** Settings this model has refused. */
  readonly refused: ReadonlySet<RefusableSetting>;
}

export interface OpenAiRequest {
  readonly body: ChatCompletionCreateParamsNonStreaming;
  /** Settings that this request relies on and the model may refuse. */
  readonly used: ReadonlySet<RefusableSetting>;
}

/**
 * What compatible servers put beside the standard fields of an answer and want back in the next request:
 * `reasoning_content`, `reasoning_details`, and per tool call `extra_content` (Gemini's thought signatures).
 * Kept in {@link ThinkingBlock.original}.
 */
export interface CompletionExtras {
  readonly type: 'chat-completion-extras';
  /** The provider they came from; another is never sent them. */
  readonly provider: string;
  /** Fields of the message. */
  readonly message: Readonly<Record<string, unknown>>;
  /** Fields of each tool call, by its identifier. */
  readonly toolCalls: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Writes a request as chat completions. */
export function buildOpenAiRequest(request: ChatRequest, options: OpenAiRequestOptions): OpenAiRequest {
  const used = new Set<RefusableSetting>();
  const messages: ChatCompletionMessageParam[] = [];
  if (request.system.trim() !== '') messages.push({ role: 'system', content: request.system });
  for (const message of request.messages) {
    if (message.role === 'assistant') messages.push(writeAssistant(message, options, used));
    else messages.push(...writeUser(message));
  }

  const body: ChatCompletionCreateParamsNonStreaming = { model: options.model, messages };
  if (request.tools.length > 0) {
    body.tools = request.tools.map((tool) => ({
      type: 'function',
      function: { name: tool.name, description: tool.description, parameters: { ...tool.parameters } },
    }));
  }
  if (request.requiredTool !== undefined && request.tools.length > 0) {
    if (options.refused.has('forced-tool')) {
      messages.push({
        role: 'user',
        content: `Answer by calling the tool ${request.requiredTool} and no other.`,
      });
    } else {
      body.tool_choice = { type: 'function', function: { name: request.requiredTool } };
      used.add('forced-tool');
    }
  }
  if (request.temperature !== undefined && !options.refused.has('temperature')) {
    body.temperature = request.temperature;
    used.add('temperature');
  }
  if (options.maximumOutputTokens !== undefined) {
    // OpenAI's own models count reasoning under the newer name; most other servers know only the older one.
    const swapped = options.refused.has('output-limit-name');
    const isNewer = (options.provider === 'openai') !== swapped;
    if (isNewer) body.max_completion_tokens = options.maximumOutputTokens;
    else body.max_tokens = options.maximumOutputTokens;
    if (!swapped) used.add('output-limit-name');
  }
  return { body, used };
}

function writeUser(message: Extract<ChatMessage, { role: 'user' }>): ChatCompletionMessageParam[] {
  const written: ChatCompletionMessageParam[] = [];
  const texts: string[] = [];
  for (const block of message.content) {
    if (block.type === 'text') texts.push(block.text);
    else {
      const output = block.output.trim() === '' ? '(no output)' : block.output;
      // This form has no mark for a failed tool.
      const content = block.isError ? `Error: ${output}` : output;
      written.push({ role: 'tool', tool_call_id: idToSend(block.callId), content });
    }
  }
  const text = texts.filter((part) => part.trim() !== '').join('\n\n');
  if (text !== '' || written.length === 0) written.push({ role: 'user', content: text || '(empty)' });
  return written;
}

function writeAssistant(
  message: Extract<ChatMessage, { role: 'assistant' }>,
  options: OpenAiRequestOptions,
  used: Set<RefusableSetting>,
): ChatCompletionAssistantMessageParam {
  const texts: string[] = [];
  const calls: ChatCompletionMessageFunctionToolCall[] = [];
  let extras: CompletionExtras | undefined;
  for (const block of message.content) {
    if (block.type === 'text') texts.push(block.text);
    else if (block.type === 'thinking') extras = readExtras(block, options) ?? extras;
    else {
      calls.push({
        type: 'function',
        id: idToSend(block.id),
        function: { name: nameToSend(block.name), arguments: JSON.stringify(argumentsToSend(block)) },
      });
    }
  }
  if (extras !== undefined) {
    used.add('thinking');
    for (const call of calls) Object.assign(call, extras.toolCalls[call.id]);
  }
  const text = texts.join('\n\n');
  const written: ChatCompletionAssistantMessageParam = {
    role: 'assistant',
    content: text === '' ? (calls.length > 0 ? null : '(empty)') : text,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
  return { ...extras?.message, ...written };
}

function readExtras(block: ThinkingBlock, options: OpenAiRequestOptions): CompletionExtras | undefined {
  const original = block.original as CompletionExtras | null | undefined;
  if (typeof original !== 'object' || original?.type !== 'chat-completion-extras') return undefined;
  if (original.provider !== options.provider || options.refused.has('thinking')) return undefined;
  return original;
}
