import type { ChatMessage, ChatRequest, ToolDefinition } from '../../src/model/chat-model.js';

export const BASH: ToolDefinition = {
  name: 'bash',
  description: 'Runs a command.',
  parameters: { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] },
};

export const READ: ToolDefinition = {
  name: 'read_file',
  description: 'Reads a file.',
  parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
};

/** A request with what the tests leave unsaid. */
export function chatRequest(given: Partial<ChatRequest> = {}): ChatRequest {
  return {
    agent: 'agent1',
    purpose: 'execute',
    callId: 'agent1/execute/1',
    system: 'You write code.',
    messages: [userText('Add the feature.')],
    tools: [READ, BASH],
    ...given,
  };
}

export function userText(text: string): ChatMessage {
  return { role: 'user', content: [{ type: 'text', text }] };
}

export function toolResult(callId: string, output: string, isError = false): ChatMessage {
  return { role: 'user', content: [{ type: 'tool-result', callId, name: 'bash', output, isError }] };
}
