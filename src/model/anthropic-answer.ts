import type { RawMessageStreamEvent } from '@anthropic-ai/sdk/resources/messages/messages.js';
import type { AnswerEnd, AssistantBlock, ChatAnswer, TokenUsage } from './chat-model.js';
import { NO_USAGE, readTokenCount } from './token-usage.js';
import { readToolArguments } from './tool-arguments.js';

/** A content block while it streams in. */
interface GrowingBlock {
  readonly start: Readonly<Record<string, unknown>>;
  text: string;
  json: string;
  thinking: string;
  signature: string;
}

/**
 * Puts an answer together from the events of Anthropic's stream. Reading the events here, not with the SDK's
 * own accumulator, keeps broken tool arguments as they were written and the usage of a cut stream.
 */
export class AnthropicAnswerReader {
  readonly #blocks = new Map<number, GrowingBlock>();
  #usage: TokenUsage = NO_USAGE;
  #started = false;
  #stopReason: string | undefined;
  #complete = false;

  /** Tokens billed so far; nothing before the first event. */
  get usage(): TokenUsage | undefined {
    return this.#started ? this.#usage : undefined;
  }

  /** Whether the stream came to its proper end. */
  get isComplete(): boolean {
    return this.#complete;
  }

  read(event: RawMessageStreamEvent): void {
    switch (event.type) {
      case 'message_start':
        this.#started = true;
        this.#readUsage(event.message.usage);
        break;
      case 'content_block_start':
        this.#blocks.set(event.index, {
          start: { ...event.content_block },
          text: '',
          json: '',
          thinking: '',
          signature: '',
        });
        break;
      case 'content_block_delta': {
        const block = this.#blocks.get(event.index);
        if (block === undefined) break;
        if (event.delta.type === 'text_delta') block.text += event.delta.text;
        if (event.delta.type === 'input_json_delta') block.json += event.delta.partial_json;
        if (event.delta.type === 'thinking_delta') block.thinking += event.delta.thinking;
        if (event.delta.type === 'signature_delta') block.signature += event.delta.signature;
        break;
      }
      case 'message_delta':
        this.#stopReason = event.delta.stop_reason ?? this.#stopReason;
        this.#readUsage(event.usage);
        break;
      case 'message_stop':
        this.#complete = true;
        break;
      case 'content_block_stop':
        break;
    }
  }

  /** The whole answer; call it once {@link isComplete}. */
  finish(): ChatAnswer {
    const indexes = [...this.#blocks.keys()].sort((first, second) => first - second);
    const content: AssistantBlock[] = [];
    for (const index of indexes) {
      const block = this.#blocks.get(index);
      const finished = block === undefined ? undefined : finishBlock(block);
      if (finished !== undefined) content.push(finished);
    }
    const hasCalls = content.some((block) => block.type === 'tool-call');
    return { content, end: readEnd(this.#stopReason, hasCalls), usage: this.#usage };
  }

  #readUsage(usage: object | null | undefined): void {
    // Later events repeat the counts; one that is missing or null leaves the earlier one standing.
    const counts = (usage ?? {}) as Record<string, unknown>;
    const pick = (name: string, before: number): number =>
      typeof counts[name] === 'number' ? readTokenCount(counts[name]) : before;
    this.#usage = {
      input: pick('input_tokens', this.#usage.input),
      output: pick('output_tokens', this.#usage.output),
      cacheRead: pick('cache_read_input_tokens', this.#usage.cacheRead),
      cacheWrite: pick('cache_creation_input_tokens', this.#usage.cacheWrite),
    };
  }
}

function finishBlock({ start, text, json, thinking, signature }: GrowingBlock): AssistantBlock | undefined {
  const at = (name: string): string => (typeof start[name] === 'string' ? start[name] : '');
  switch (start['type']) {
    case 'text': {
      const whole = at('text') + text;
      return whole === '' ? undefined : { type: 'text', text: whole };
    }
    case 'thinking': {
      const whole = at('thinking') + thinking;
      const original = { ...start, thinking: whole, signature: at('signature') + signature };
      return { type: 'thinking', text: whole, original };
    }
    case 'redacted_thinking':
      return { type: 'thinking', text: '', original: start };
    case 'tool_use': {
      const whole = json === '' ? JSON.stringify(start['input'] ?? {}) : json;
      return { type: 'tool-call', id: at('id'), name: at('name'), ...readToolArguments(whole) };
    }
    default:
      return undefined;
  }
}

function readEnd(stopReason: string | undefined, hasCalls: boolean): AnswerEnd {
  if (stopReason === 'refusal') return 'refusal';
  if (stopReason === 'max_tokens' || stopReason === 'model_context_window_exceeded') return 'output-limit';
  return hasCalls ? 'tool-calls' : 'finished';
}
