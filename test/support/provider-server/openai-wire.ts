import type { ProgrammedMessage } from './answers.js';

/** The answer as one chat completion. */
export function chatCompletion(answer: ProgrammedMessage, number: number, model: string): object {
  const toolCalls = (answer.toolCalls ?? []).map((call, index) => ({
    id: call.id ?? `call_${number}_${index + 1}`,
    type: 'function',
    function: {
      name: call.name,
      arguments: typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments),
    },
  }));
  const { input = 100, output = 20, cacheRead = 0, cacheWrite = 0 } = answer.usage ?? {};
  // This form counts cached tokens among the prompt's.
  const prompt = input + cacheRead + cacheWrite;
  return {
    id: `chatcmpl-${number}`,
    object: 'chat.completion',
    created: 1_767_225_600,
    model,
    choices: [
      {
        index: 0,
        finish_reason: finishReason(answer),
        logprobs: null,
        message: {
          role: 'assistant',
          content: answer.text ?? null,
          refusal: answer.refusal === undefined || answer.refusal === '' ? null : answer.refusal,
          ...(toolCalls.length > 0 ? { tool_calls: toolCalls } : {}),
          ...(answer.thinking === undefined ? {} : { reasoning_content: answer.thinking }),
          ...answer.extraFields,
        },
      },
    ],
    usage: {
      prompt_tokens: prompt,
      completion_tokens: output,
      total_tokens: prompt + output,
      prompt_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: cacheWrite },
    },
  };
}

function finishReason(answer: ProgrammedMessage): string {
  if (answer.refusal !== undefined) return answer.refusal === '' ? 'content_filter' : 'stop';
  if (answer.isCutByLimit === true) return 'length';
  return (answer.toolCalls ?? []).length > 0 ? 'tool_calls' : 'stop';
}
