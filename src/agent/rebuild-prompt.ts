import type { RunEvent } from '../log/event.js';
import type { ChatMessage } from '../model/chat-model.js';
import { applyCompaction } from '../model/compaction.js';

/**
 * The messages that an agent's model was shown in one call, put together again from the log: what each answered
 * call before it added, summaries in place of the turns they stand for.
 *
 * @param callId of a `model-called` event whose purpose is `plan` or `execute`.
 * @returns nothing where the log has no such call.
 */
export function rebuildPrompt(events: Iterable<RunEvent>, callId: string): ChatMessage[] | undefined {
  const agent = callId.slice(0, callId.indexOf('/'));
  let conversation: ChatMessage[] = [];
  /** The question under way; it counts once it is answered, because a failed one is asked again whole. */
  let open: { readonly callId: string; readonly appended: readonly ChatMessage[] } | undefined;
  for (const event of events) {
    if (!('agent' in event) || event.agent !== agent) continue;
    if (event.type === 'agent-started') {
      conversation = [];
    } else if (event.type === 'model-called' && event.purpose !== 'summarize') {
      open = { callId: event.callId, appended: event.appended as ChatMessage[] };
      if (event.callId === callId) return [...conversation, ...open.appended];
    } else if (event.type === 'model-answered' && event.callId === open?.callId) {
      const answer = { role: 'assistant', content: event.content } as ChatMessage;
      conversation = [...conversation, ...open.appended, answer];
    } else if (event.type === 'context-compacted') {
      conversation = applyCompaction(conversation, event);
    }
  }
  return undefined;
}
