import type { ChatMessage, UserBlock } from './chat-model.js';
import { estimateMessagesTokens } from './estimate-tokens.js';

/** A compaction as the log keeps it; with the messages before it, it says what the prompt was afterwards. */
export interface CompactionRecord {
  readonly summary: string;
  /** Messages, from the second on, that the summary stands for. */
  readonly replacedMessages: number;
}

export interface CompactionInput {
  /** The prompt as it is now, the task first. */
  readonly messages: readonly ChatMessage[];
  /** Tokens of system text and tools, which every prompt has. */
  readonly fixedTokens: number;
  /** Tokens of prompt and answer together. */
  readonly contextWindow: number;
  /** What the provider counted for an earlier prompt of this conversation. */
  readonly lastUsage?: { readonly promptTokens: number; readonly messages: number };
  /** Compacts whatever the size, as after a `context-length` error. */
  readonly force?: boolean;
  /** Share of the window at which to compact. Default 0.8. */
  readonly threshold?: number;
  /** Messages at the end that stay as they are, if they fit. Default 8. */
  readonly keepMessages?: number;
}

export type CompactionDecision =
  | { readonly compact: false; readonly reason: 'fits' | 'nothing-to-replace'; readonly promptTokens: number }
  | { readonly compact: true; readonly replacedMessages: number; readonly promptTokens: number };

const DEFAULT_THRESHOLD = 0.8;
const DEFAULT_KEPT = 8;
/** Share of the window that the kept end may take, so that one compaction buys many steps. */
const KEPT_SHARE = 0.4;
/** A summary of one message saves nothing. */
const FEWEST_REPLACED = 2;

/**
 * Decides whether older turns must make way, and which. The task (first message) always stays; the cut falls before
 * an assistant's message, and never between a tool call and its result.
 */
export function planCompaction(input: CompactionInput): CompactionDecision {
  const promptTokens = currentPromptTokens(input);
  const limit = input.contextWindow * (input.threshold ?? DEFAULT_THRESHOLD);
  if (input.force !== true && promptTokens < limit) return { compact: false, reason: 'fits', promptTokens };

  const { messages } = input;
  const cuts = validCuts(messages).filter((cut) => cut - 1 >= FEWEST_REPLACED);
  const mayKeep = input.keepMessages ?? DEFAULT_KEPT;
  const room = input.contextWindow * KEPT_SHARE;
  const cut =
    cuts.find(
      (at) => messages.length - at <= mayKeep && estimateMessagesTokens(messages.slice(at)) <= room,
    ) ?? cuts.at(-1);
  if (cut === undefined) return { compact: false, reason: 'nothing-to-replace', promptTokens };
  return { compact: true, replacedMessages: cut - 1, promptTokens };
}

/** Tokens of the prompt: what was counted last, and an estimate for what came since. */
function currentPromptTokens({ messages, fixedTokens, lastUsage }: CompactionInput): number {
  if (lastUsage === undefined || lastUsage.messages > messages.length) {
    return fixedTokens + estimateMessagesTokens(messages);
  }
  return lastUsage.promptTokens + estimateMessagesTokens(messages.slice(lastUsage.messages));
}

/** Places, ascending, before which the conversation may be cut: at an assistant's turn, no call apart from its result. */
function validCuts(messages: readonly ChatMessage[]): number[] {
  const cuts: number[] = [];
  // The furthest message that answers a call before it.
  let openUntil = 0;
  for (const [index, message] of messages.entries()) {
    if (index > 0 && message.role === 'assistant' && openUntil < index) cuts.push(index);
    for (const block of message.content) {
      if (block.type === 'tool-call') openUntil = Math.max(openUntil, answerOf(block.id, index, messages));
    }
  }
  return cuts;
}

/** The message that holds a call's result; -1 for a call that got none. */
function answerOf(callId: string, callIndex: number, messages: readonly ChatMessage[]): number {
  for (let index = callIndex + 1; index < messages.length; index += 1) {
    const blocks = messages[index]?.content ?? [];
    if (blocks.some((block) => block.type === 'tool-result' && block.callId === callId)) return index;
  }
  return -1;
}

/**
 * The prompt after a compaction: the task, the summary as one user message, and the kept end. Thinking in the kept
 * end is left out, because providers bind it to the messages before it and refuse it once these have changed.
 */
export function applyCompaction(messages: readonly ChatMessage[], record: CompactionRecord): ChatMessage[] {
  const task = messages.slice(0, 1);
  const kept = messages.slice(1 + record.replacedMessages).map(withoutThinking);
  const text = `Summary of the work so far (older turns were left out to save room):\n\n${record.summary}`;
  const content: UserBlock[] = [{ type: 'text', text }];
  return [...task, { role: 'user', content }, ...kept];
}

function withoutThinking(message: ChatMessage): ChatMessage {
  if (message.role === 'user' || !message.content.some((block) => block.type === 'thinking')) return message;
  return { role: 'assistant', content: message.content.filter((block) => block.type !== 'thinking') };
}
