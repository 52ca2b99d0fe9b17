import type { ChatMessage, TextBlock, ToolResultBlock } from '../model/chat-model.js';
import type { Message } from '../channel/message.js';

/** A message from a partner, as it appears in a prompt. */
export function messageText(message: Message): string {
  const kind = message.kind === undefined ? '' : ` (${message.kind})`;
  return `[message ${message.number} from ${message.from}${kind}]\n${message.content}`;
}

/** The sender that {@link messageText} put into a prompt's text, and the words, or nothing. */
export function parseMessageText(
  text: string,
): { readonly from: string; readonly content: string } | undefined {
  const match = /^\[message \d+ from ([a-z][a-z0-9_-]*)(?: \([^)]*\))?\]\n([\s\S]*)$/.exec(text);
  return match === null ? undefined : { from: match[1] as string, content: match[2] as string };
}

/**
 * What an agent is shown before its next step: the results of its tools first, as providers demand, then a
 * reminder where its last answer called none, then its partners' messages. Nothing at all asks it to go on.
 */
export function nextUserMessage(
  results: readonly ToolResultBlock[],
  reminder: string | undefined,
  messages: readonly Message[],
): ChatMessage {
  const texts = [...(reminder === undefined ? [] : [reminder]), ...messages.map(messageText)];
  if (results.length === 0 && texts.length === 0) texts.push('Go on.');
  const blocks: TextBlock[] = texts.map((text) => ({ type: 'text', text }));
  return { role: 'user', content: [...results, ...blocks] };
}
