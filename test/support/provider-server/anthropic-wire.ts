import type { ProgrammedMessage } from './answers.js';

/** One event of a server-sent stream. */
export interface WireEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

type Block = Readonly<Record<string, unknown>>;

interface WireBlock {
  /** As it starts in a stream, still empty. */
  readonly start: Block;
  /** What fills it. */
  readonly deltas: readonly Block[];
  /** As it stands in a whole message. */
  readonly whole: Block;
}

/** The answer as Anthropic's stream tells it. Tool arguments come in two pieces, to be put together again. */
export function anthropicEvents(answer: ProgrammedMessage, number: number, model: string): WireEvent[] {
  const events: WireEvent[] = [];
  const send = (data: Record<string, unknown>): void => {
    events.push({ event: String(data['type']), data });
  };
  const usage = usageOf(answer);
  const message = { ...envelope(number, model), content: [], stop_reason: null, stop_sequence: null };
  send({ type: 'message_start', message: { ...message, usage: { ...usage, output_tokens: 1 } } });
  send({ type: 'ping' });
  for (const [index, block] of blocksOf(answer, number).entries()) {
    send({ type: 'content_block_start', index, content_block: block.start });
    for (const delta of block.deltas) send({ type: 'content_block_delta', index, delta });
    send({ type: 'content_block_stop', index });
  }
  const delta = { stop_reason: stopReason(answer), stop_sequence: null };
  send({ type: 'message_delta', delta, usage: { output_tokens: usage['output_tokens'] } });
  send({ type: 'message_stop' });
  return events;
}

/** The answer as one JSON message, for requests that do not stream. */
export function anthropicMessage(answer: ProgrammedMessage, number: number, model: string): object {
  return {
    ...envelope(number, model),
    content: blocksOf(answer, number).map((block) => block.whole),
    stop_reason: stopReason(answer),
    stop_sequence: null,
    usage: usageOf(answer),
  };
}

function envelope(number: number, model: string): Record<string, unknown> {
  return { id: `msg_${number}`, type: 'message', role: 'assistant', model };
}

function usageOf({ usage }: ProgrammedMessage): Record<string, unknown> {
  return {
    input_tokens: usage?.input ?? 100,
    output_tokens: usage?.output ?? 20,
    cache_read_input_tokens: usage?.cacheRead ?? 0,
    cache_creation_input_tokens: usage?.cacheWrite ?? 0,
  };
}

function stopReason(answer: ProgrammedMessage): string {
  if (answer.refusal !== undefined) return 'refusal';
  if (answer.isCutByLimit === true) return 'max_tokens';
  return (answer.toolCalls ?? []).length > 0 ? 'tool_use' : 'end_turn';
}

function blocksOf(answer: ProgrammedMessage, number: number): WireBlock[] {
  const blocks: WireBlock[] = [];
  if (answer.thinking !== undefined) {
    const signature = `signature-${number}`;
    blocks.push({
      start: { type: 'thinking', thinking: '', signature: '' },
      deltas: [
        { type: 'thinking_delta', thinking: answer.thinking },
        { type: 'signature_delta', signature },
      ],
      whole: { type: 'thinking', thinking: answer.thinking, signature },
    });
  }
  if (answer.redactedThinking !== undefined) {
    const whole = { type: 'redacted_thinking', data: answer.redactedThinking };
    blocks.push({ start: whole, deltas: [], whole });
  }
  const text = (answer.text ?? '') + (answer.refusal ?? '');
  if (text !== '') {
    const half = Math.ceil(text.length / 2);
    const deltas = [text.slice(0, half), text.slice(half)].map((part) => ({
      type: 'text_delta',
      text: part,
    }));
    blocks.push({ start: { type: 'text', text: '' }, deltas, whole: { type: 'text', text } });
  }
  for (const [index, call] of (answer.toolCalls ?? []).entries()) {
    const id = call.id ?? `call_${number}_${index + 1}`;
    const json = typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments);
    const half = Math.ceil(json.length / 2);
    const parts = [json.slice(0, half), json.slice(half)];
    const start = { type: 'tool_use', id, name: call.name, input: {} };
    blocks.push({
      start,
      deltas: parts.map((part) => ({ type: 'input_json_delta', partial_json: part })),
      whole: { ...start, input: typeof call.arguments === 'string' ? {} : call.arguments },
    });
  }
  return blocks;
}
