import type {
  ContentBlockParam,
  MessageCreateParamsStreaming,
  MessageParam,
  TextBlockParam,
  Tool,
} from '@anthropic-ai/sdk/resources/messages/messages.js';
import type { ChatMessage, ChatRequest, ThinkingBlock } from './chat-model.js';
import type { RefusableSetting } from './refused-settings.js';
import { argumentsToSend, idToSend, nameToSend } from './tool-arguments.js';

/** What shapes a request beside the conversation itself. */
export interface AnthropicRequestOptions {
  readonly model: string;
  readonly maximumOutputTokens: number;
  /** Settings this model has refused. */
  readonly refused: ReadonlySet<RefusableSetting>;
  /** Signatures of thinking blocks that were refused and stay out. */
  readonly refusedThinking: ReadonlySet<string>;
}

export interface AnthropicRequest {
  readonly body: MessageCreateParamsStreaming;
  /** Settings that this request relies on and the model may refuse. */
  readonly used: ReadonlySet<RefusableSetting>;
  /** Signatures of the thinking blocks in it. */
  readonly thinking: readonly string[];
}

const CACHE_MARK = { type: 'ephemeral' } as const;

/**
 * Writes a request in Anthropic's form. Cache marks stand on the stable prefix (last tool, system text) and on
 * the last two user messages: the older of these finds what the call before wrote, the newer writes on.
 */
export function buildAnthropicRequest(
  request: ChatRequest,
  options: AnthropicRequestOptions,
): AnthropicRequest {
  const used = new Set<RefusableSetting>();
  const thinking: string[] = [];
  const messages: MessageParam[] = [];
  for (const message of request.messages) {
    const content = writeContent(message, options, thinking);
    messages.push({ role: message.role, content });
  }
  markLastUserMessages(messages);
  if (thinking.length > 0) used.add('thinking');

  const tools = request.tools.map((tool): Tool => ({
    name: tool.name,
    description: tool.description,
    input_schema: tool.parameters as Tool['input_schema'],
  }));
  const lastTool = tools.at(-1);
  if (lastTool !== undefined) lastTool.cache_control = CACHE_MARK;

  const body: MessageCreateParamsStreaming = {
    model: options.model,
    max_tokens: options.maximumOutputTokens,
    stream: true,
    messages,
  };
  if (request.system.trim() !== '') {
    body.system = [{ type: 'text', text: request.system, cache_control: CACHE_MARK }];
  }
  if (tools.length > 0) body.tools = tools;
  if (request.requiredTool !== undefined && tools.length > 0) {
    if (options.refused.has('forced-tool')) askForTool(messages, request.requiredTool);
    else {
      body.tool_choice = { type: 'tool', name: request.requiredTool };
      used.add('forced-tool');
    }
  }
  if (request.temperature !== undefined && !options.refused.has('temperature')) {
    // The SDK's types leave it out since newer models refuse it; older ones still take it.
    Object.assign(body, { temperature: request.temperature });
    used.add('temperature');
  }
  return { body, used, thinking };
}

/** Where a tool cannot be forced, the request for it stands behind everything that is cached. */
function askForTool(messages: MessageParam[], tool: string): void {
  const text: TextBlockParam = { type: 'text', text: `Answer by calling the tool ${tool} and no other.` };
  const last = messages.at(-1);
  if (last?.role === 'user' && Array.isArray(last.content)) last.content.push(text);
  else messages.push({ role: 'user', content: [text] });
}

function markLastUserMessages(messages: readonly MessageParam[]): void {
  let marks = 2;
  for (let index = messages.length - 1; index >= 0 && marks > 0; index -= 1) {
    const message = messages[index];
    if (message?.role !== 'user' || !Array.isArray(message.content)) continue;
    const block = message.content.at(-1);
    if (block?.type === 'text' || block?.type === 'tool_result') {
      block.cache_control = CACHE_MARK;
      marks -= 1;
    }
  }
}

function writeContent(
  message: ChatMessage,
  options: AnthropicRequestOptions,
  thinking: string[],
): ContentBlockParam[] {
  const results: ContentBlockParam[] = [];
  const others: ContentBlockParam[] = [];
  for (const block of message.content) {
    switch (block.type) {
      case 'text':
        // The API refuses blank text.
        if (block.text.trim() !== '') others.push({ type: 'text', text: block.text });
        break;
      case 'tool-result':
        results.push({
          type: 'tool_result',
          tool_use_id: idToSend(block.callId),
          content: block.output.trim() === '' ? '(no output)' : block.output,
          is_error: block.isError,
        });
        break;
      case 'tool-call':
        others.push({
          type: 'tool_use',
          id: idToSend(block.id),
          name: nameToSend(block.name),
          input: argumentsToSend(block),
        });
        break;
      case 'thinking': {
        const signature = thinkingSignature(block);
        if (signature === undefined || options.refusedThinking.has(signature)) break;
        thinking.push(signature);
        others.push(block.original as ContentBlockParam);
        break;
      }
    }
  }
  // Results must open the message that answers tool calls.
  const content = [...results, ...others];
  return content.length > 0 ? content : [{ type: 'text', text: '(empty)' }];
}

/** The signature of a thinking block that came from this API; nothing for one of another provider. */
export function thinkingSignature(block: ThinkingBlock): string | undefined {
  const original = block.original as Record<string, unknown> | null | undefined;
  if (typeof original !== 'object' || original === null) return undefined;
  const proof = original['type'] === 'thinking' ? original['signature'] : original['data'];
  const isOurs = original['type'] === 'thinking' || original['type'] === 'redacted_thinking';
  return isOurs && typeof proof === 'string' && proof !== '' ? proof : undefined;
}
