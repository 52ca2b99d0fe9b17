import type { AnswerEnd, AssistantBlock, ChatAnswer, ToolCallBlock, TokenUsage } from './chat-model.js';
import { ModelError } from './model-error.js';
import type { CompletionExtras } from './openai-request.js';
import { readTokenCount } from './token-usage.js';
import { idToSend, readToolArguments } from './tool-arguments.js';

type Fields = Readonly<Record<string, unknown>>;

/** Fields of a message that the server wants back; see {@link CompletionExtras}. */
const RETURNED_FIELDS = ['reasoning_content', 'reasoning', 'reasoning_details', 'extra_content'];

/** What stands in for the counts of a server that sends none, so that budgets still hold. */
export interface UsageEstimate {
  readonly input: number;
  readonly output: (text: string) => number;
}

/**
 * Reads a chat completion. It is taken as unknown, because compatible servers keep to the form only so far.
 *
 * @param callId makes identifiers for tool calls that came without one.
 * @throws {ModelError} `server-error` when it is no chat completion at all.
 */
export function readCompletion(
  completion: unknown,
  provider: string,
  callId: string,
  estimate: UsageEstimate,
): ChatAnswer {
  const whole = asFields(completion);
  const choices = whole?.['choices'];
  if (whole === undefined || !Array.isArray(choices)) {
    throw new ModelError(`${provider} did not answer with a chat completion`, {
      kind: 'server-error',
      where: provider,
      remedy: `Check the base URL of ${provider}.`,
    });
  }
  const choice = asFields(choices[0]) ?? {};
  const message = asFields(choice['message']) ?? {};
  const calls = readCalls(message['tool_calls'], callId);
  const content: AssistantBlock[] = [];

  const thinking = readThinking(message, calls, provider);
  if (thinking !== undefined) content.push(thinking);
  const text = readText(message['content']);
  if (text !== '') content.push({ type: 'text', text });
  const refusal = typeof message['refusal'] === 'string' ? message['refusal'] : '';
  if (refusal !== '') content.push({ type: 'text', text: refusal });
  content.push(...calls.map(({ block }) => block));

  const usage = readUsage(asFields(whole['usage']), () => ({
    input: estimate.input,
    output: estimate.output(JSON.stringify(message)),
  }));
  return { content, end: readEnd(choice['finish_reason'], refusal !== '', calls.length > 0), usage };
}

interface ReadCall {
  readonly block: ToolCallBlock;
  readonly extra: unknown;
}

function readCalls(value: unknown, callId: string): ReadCall[] {
  if (!Array.isArray(value)) return [];
  const seen = new Set<string>();
  const calls: ReadCall[] = [];
  for (const [index, item] of value.entries()) {
    const call = asFields(item);
    const called = asFields(call?.['function']);
    if (call === undefined || called === undefined) continue;
    const sent = typeof call['id'] === 'string' ? idToSend(call['id']) : '';
    // Some servers leave identifiers out or repeat one; results need them apart.
    const isUsable = typeof call['id'] === 'string' && call['id'] !== '' && !seen.has(sent);
    const id = isUsable ? sent : idToSend(`call_${callId}_${index + 1}`);
    seen.add(id);
    const name = typeof called['name'] === 'string' ? called['name'] : '';
    const given = called['arguments'];
    const text = typeof given === 'string' ? given : JSON.stringify(given ?? {});
    const block: ToolCallBlock = { type: 'tool-call', id, name, ...readToolArguments(text) };
    calls.push({ block, extra: call['extra_content'] });
  }
  return calls;
}

function readThinking(
  message: Fields,
  calls: readonly ReadCall[],
  provider: string,
): AssistantBlock | undefined {
  const returned: Record<string, unknown> = {};
  for (const field of RETURNED_FIELDS) {
    const value = message[field];
    if (value !== undefined && value !== null && value !== '') returned[field] = value;
  }
  const toolCalls: Record<string, Fields> = {};
  for (const { block, extra } of calls) {
    if (extra !== undefined && extra !== null) toolCalls[block.id] = { extra_content: extra };
  }
  const text = [message['reasoning_content'], message['reasoning']].find((part) => typeof part === 'string');
  if (Object.keys(returned).length === 0 && Object.keys(toolCalls).length === 0) return undefined;
  const original: CompletionExtras = {
    type: 'chat-completion-extras',
    provider,
    message: returned,
    toolCalls,
  };
  return { type: 'thinking', text: typeof text === 'string' ? text : '', original };
}

/** Content is a text, or with some servers a list of parts. */
function readText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  const parts = content.map((part) => asFields(part)?.['text']);
  return parts.filter((part) => typeof part === 'string').join('');
}

function readUsage(usage: Fields | undefined, estimate: () => { input: number; output: number }): TokenUsage {
  const prompt = readTokenCount(usage?.['prompt_tokens']);
  if (usage === undefined || prompt === 0) return { ...estimate(), cacheRead: 0, cacheWrite: 0 };
  const details = asFields(usage['prompt_tokens_details']);
  const cached = readTokenCount(details?.['cached_tokens'] ?? usage['prompt_cache_hit_tokens']);
  const cacheRead = Math.min(prompt, cached);
  const cacheWrite = Math.min(prompt - cacheRead, readTokenCount(details?.['cache_write_tokens']));
  // Some servers leave reasoning out of the completion's count but not out of the total.
  const output = Math.max(
    readTokenCount(usage['completion_tokens']),
    readTokenCount(usage['total_tokens']) - prompt,
  );
  return { input: prompt - cacheRead - cacheWrite, output, cacheRead, cacheWrite };
}

function readEnd(reason: unknown, hasRefused: boolean, hasCalls: boolean): AnswerEnd {
  if (hasRefused || reason === 'content_filter') return 'refusal';
  if (reason === 'length') return 'output-limit';
  return hasCalls ? 'tool-calls' : 'finished';
}

function asFields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}
