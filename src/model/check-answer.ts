import type { AssistantBlock, ChatAnswer } from './chat-model.js';
import { ModelError } from './model-error.js';

/**
 * Lets an answer through that says or does something, or refuses.
 *
 * @throws {ModelError} `empty-answer` for any other, with the tokens it cost.
 */
export function checkAnswer(answer: ChatAnswer, provider: string): ChatAnswer {
  if (answer.end === 'refusal' || answer.content.some(hasSubstance)) return answer;
  const reason = answer.end === 'output-limit' ? ': the output limit was reached before a word was said' : '';
  throw new ModelError(`${provider} sent an empty answer${reason}`, {
    kind: 'empty-answer',
    where: provider,
    usage: answer.usage,
  });
}

function hasSubstance(block: AssistantBlock): boolean {
  return block.type === 'tool-call' || (block.type === 'text' && block.text.trim() !== '');
}
