import { describeError, TroupeError } from '../base/errors.js';
import type { GitStore } from '../git/git-store.js';
import type { EventLog } from '../log/event-log.js';
import { BudgetExhausted } from '../model/budget.js';
import type { ChatModel } from '../model/chat-model.js';
import type { Branch } from './merge/merge-branches.js';
import { modelMerge } from './merge/model-merge.js';

export interface ModelMergeOrder {
  readonly store: GitStore;
  readonly branches: readonly [Branch, ...Branch[]];
  readonly model: ChatModel;
  readonly log: EventLog;
  readonly signal: AbortSignal;
}

/** The ladder's last rung, each question and answer on record. A budget that is used up is a failed rung, no fault. */
export async function mergeWithModel(
  order: ModelMergeOrder,
): Promise<
  { readonly status: 'clean'; readonly tree: string } | { readonly status: 'failed'; readonly reason: string }
> {
  try {
    const model = recorded(order.model, order.log);
    const outcome = await modelMerge(order.store, order.branches, model, order.signal);
    return outcome.status === 'clean'
      ? { status: 'clean', tree: outcome.tree }
      : { status: 'failed', reason: outcome.reason };
  } catch (error) {
    if (!(error instanceof BudgetExhausted)) throw error;
    return { status: 'failed', reason: describeError(error) };
  }
}

/** The same model; every call is in the log before it is made, and its answer after. */
function recorded(model: ChatModel, log: EventLog): ChatModel {
  let step = 0;
  return {
    name: model.name,
    isLive: model.isLive,
    contextWindow: model.contextWindow,
    async complete(request, signal) {
      const { agent, callId, purpose, messages } = request;
      step += 1;
      log.append({
        type: 'model-called',
        agent,
        callId,
        purpose,
        step,
        appended: structuredClone(messages) as never,
      });
      log.flush();
      try {
        const answer = await model.complete(request, signal);
        const { content, end, usage } = answer;
        log.append({ type: 'model-answered', agent, callId, content: content as never, end, usage });
        return answer;
      } catch (error) {
        const kind = error instanceof TroupeError ? error.code : 'unexpected';
        log.append({ type: 'model-failed', agent, callId, kind, detail: describeError(error) });
        throw error;
      }
    },
  };
}
