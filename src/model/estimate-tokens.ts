import type { AssistantBlock, ChatMessage, ChatRequest, UserBlock } from './chat-model.js';

/**
 * Code and tool output come to 3 to 4 ASCII characters a token with the tokenizers of 2024 to 2026; the lower
 * end is taken, because budgets rely on it.
 */
const ASCII_CHARACTERS_A_TOKEN = 3;
/** Roles, separators and block headers, which providers count too. */
const TOKENS_A_MESSAGE = 6;
const TOKENS_A_BLOCK = 4;
const TOKENS_A_TOOL = 12;

/** Tokens that a text takes, rather too many than too few; characters beyond ASCII count as one or two each. */
export function estimateTextTokens(text: string): number {
  let ascii = 0;
  let other = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) < 128) ascii += 1;
    else other += 1;
  }
  return Math.ceil(ascii / ASCII_CHARACTERS_A_TOKEN + other * 1.25);
}

function blockText(block: AssistantBlock | UserBlock): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'thinking':
      // Signed or encrypted thinking is sent back as it came, so its whole length counts.
      return block.original === undefined ? block.text : JSON.stringify(block.original);
    case 'tool-call':
      return block.id + block.name + (block.brokenArguments ?? JSON.stringify(block.arguments));
    case 'tool-result':
      return block.callId + block.output;
  }
}

/** Tokens that one message takes in a prompt. */
export function estimateMessageTokens(message: ChatMessage): number {
  let tokens = TOKENS_A_MESSAGE;
  for (const block of message.content) tokens += TOKENS_A_BLOCK + estimateTextTokens(blockText(block));
  return tokens;
}

/** Tokens that a list of messages takes in a prompt. */
export function estimateMessagesTokens(messages: readonly ChatMessage[]): number {
  let tokens = 0;
  for (const message of messages) tokens += estimateMessageTokens(message);
  return tokens;
}

/** Tokens of a request's whole prompt: system text, tools and messages. */
export function estimateInputTokens(request: Pick<ChatRequest, 'system' | 'tools' | 'messages'>): number {
  let tokens = TOKENS_A_MESSAGE + estimateTextTokens(request.system);
  for (const tool of request.tools) {
    const text = tool.name + tool.description + JSON.stringify(tool.parameters);
    tokens += TOKENS_A_TOOL + estimateTextTokens(text);
  }
  return tokens + estimateMessagesTokens(request.messages);
}
