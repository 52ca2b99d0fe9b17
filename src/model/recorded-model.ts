import { describeError, TroupeError } from '../base/errors.js';
import type { EventLog } from '../log/event-log.js';
import type { ChatMessage, ChatModel, ChatRequest } from './chat-model.js';

/** What the log says of a question beside the request's own names. */
export interface RecordedQuestion {
  /** Number of the asker's step, from 1. */
  readonly step: number;
  /** What the conversation gained since the question before. */
  readonly appended: readonly ChatMessage[];
}

/** The same model; every question is in the log, durably, before it is put, and its answer or failure after. */
export function recordedModel(
  model: ChatModel,
  log: EventLog,
  describe: (request: ChatRequest) => RecordedQuestion,
): ChatModel {
  return {
    name: model.name,
    isLive: model.isLive,
    contextWindow: model.contextWindow,
    async complete(request, signal) {
      const { agent, callId, purpose, requiredTool } = request;
      const { step, appended } = describe(request);
      log.append({
        type: 'model-called',
        agent,
        callId,
        purpose,
        step,
        // A copy, because the log outlives whatever becomes of the conversation.
        appended: structuredClone(appended) as never,
        ...(requiredTool === undefined ? {} : { requiredTool }),
      });
      log.flush();
      try {
        const answer = await model.complete(request, signal);
        const { content, end, usage } = answer;
        log.append({ type: 'model-answered', agent, callId, content: content as never, end, usage });
        log.flush();
        return answer;
      } catch (error) {
        const kind = error instanceof TroupeError ? error.code : 'unexpected';
        log.append({ type: 'model-failed', agent, callId, kind, detail: describeError(error) });
        throw error;
      }
    },
  };
}
