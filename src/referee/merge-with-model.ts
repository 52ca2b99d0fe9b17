import { describeError } from '../base/errors.js';
import type { GitStore } from '../git/git-store.js';
import type { EventLog } from '../log/event-log.js';
import { BudgetExhausted } from '../model/budget.js';
import type { ChatModel } from '../model/chat-model.js';
import { ModelError } from '../model/model-error.js';
import { recordedModel } from '../model/recorded-model.js';
import type { Branch } from './merge/merge-branches.js';
import { modelMerge } from './merge/model-merge.js';

export interface ModelMergeOrder {
  readonly store: GitStore;
  readonly branches: readonly [Branch, ...Branch[]];
  readonly model: ChatModel;
  readonly log: EventLog;
  readonly signal: AbortSignal;
}

export type ModelMergeResult =
  | { readonly status: 'clean'; readonly tree: string }
  | {
      readonly status: 'failed';
      readonly reason: string;
      /** Set where the provider failed, which says nothing about the branches. */
      readonly fault?: ModelError;
    };

/**
 * The ladder's last rung, each question and answer on record. A model that refuses, or a budget that is used up,
 * is a failed rung; a provider that fails is a fault beside.
 */
export async function mergeWithModel(order: ModelMergeOrder): Promise<ModelMergeResult> {
  const { store, branches, log, signal } = order;
  let step = 0;
  let fault: ModelError | undefined;
  const recorded = recordedModel(order.model, log, ({ messages }) => {
    step += 1;
    return { step, appended: messages };
  });
  const model: ChatModel = {
    ...recorded,
    async complete(request, callSignal) {
      try {
        return await recorded.complete(request, callSignal);
      } catch (error) {
        if (error instanceof ModelError && error.kind !== 'context-length') fault = error;
        throw error;
      }
    },
  };
  try {
    const outcome = await modelMerge(store, branches, model, signal);
    if (outcome.status === 'clean') return { status: 'clean', tree: outcome.tree };
    return { status: 'failed', reason: outcome.reason, ...(fault === undefined ? {} : { fault }) };
  } catch (error) {
    if (!(error instanceof BudgetExhausted)) throw error;
    return { status: 'failed', reason: describeError(error) };
  }
}
