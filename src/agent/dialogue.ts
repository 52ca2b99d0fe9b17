import type { EventLog } from '../log/event-log.js';
import type { ChatAnswer, ChatMessage, ChatModel, ChatRequest, ToolDefinition } from '../model/chat-model.js';
import { planCompaction } from '../model/compaction.js';
import { estimateInputTokens } from '../model/estimate-tokens.js';
import { ModelError } from '../model/model-error.js';
import { recordedModel } from '../model/recorded-model.js';
import { compactConversation } from '../model/summarize.js';
import { promptTokens } from '../model/token-usage.js';

/** One question of an agent to its model. */
export interface Question {
  readonly purpose: 'plan' | 'execute';
  readonly step: number;
  readonly system: string;
  readonly tools: readonly ToolDefinition[];
  readonly requiredTool: string | undefined;
  /** All that was said before, the question's own message last. */
  readonly conversation: readonly ChatMessage[];
}

/** An answer, and the conversation that it ends; older turns may have given way to a summary. */
export interface Reply {
  readonly answer: ChatAnswer;
  readonly conversation: readonly ChatMessage[];
}

/**
 * One agent's talk with its model through one run: numbers and records each call, writes down only what the
 * conversation gained, and has older turns summed up when a prompt nears the window.
 */
export class Dialogue {
  readonly #agent: string;
  readonly #model: ChatModel;
  readonly #log: EventLog;
  readonly #callCounts = new Map<string, number>();
  /** Messages of the conversation that the log has. */
  #logged = 0;
  #lastUsage: { readonly promptTokens: number; readonly messages: number } | undefined;

  #fixed:
    | { readonly system: string; readonly tools: readonly ToolDefinition[]; readonly tokens: number }
    | undefined;

  constructor(agent: string, model: ChatModel, log: EventLog) {
    this.#agent = agent;
    this.#model = model;
    this.#log = log;
  }

  /** Begins a new conversation. */
  begin(): void {
    this.#logged = 0;
    this.#lastUsage = undefined;
  }

  /** @throws as the model does, budget and signal included; a prompt that is too long is compacted once and tried again. */
  async ask(question: Question, signal: AbortSignal): Promise<Reply> {
    let conversation = await this.#compact(question, question.conversation, false, signal);
    let answer: ChatAnswer;
    try {
      answer = await this.#complete(question, conversation, signal);
    } catch (error) {
      if (!(error instanceof ModelError) || error.kind !== 'context-length') throw error;
      const shorter = await this.#compact(question, conversation, true, signal);
      if (shorter === conversation) throw error;
      conversation = shorter;
      answer = await this.#complete(question, conversation, signal);
    }
    conversation = [...conversation, { role: 'assistant', content: answer.content }];
    this.#logged = conversation.length;
    this.#lastUsage = { promptTokens: promptTokens(answer.usage), messages: conversation.length - 1 };
    return { answer, conversation };
  }

  #complete(
    question: Question,
    conversation: readonly ChatMessage[],
    signal: AbortSignal,
  ): Promise<ChatAnswer> {
    const { purpose, step, system, tools, requiredTool } = question;
    // A question that failed is asked again whole: its own message counts for each try.
    const appended = conversation.slice(Math.min(this.#logged, conversation.length - 1));
    return recordedModel(this.#model, this.#log, () => ({ step, appended })).complete(
      {
        agent: this.#agent,
        purpose,
        callId: this.#nextCallId(purpose),
        system,
        tools,
        messages: conversation,
        ...(requiredTool === undefined ? {} : { requiredTool }),
      },
      signal,
    );
  }

  /** Gives older turns up for a summary where the prompt nears the window, or must shrink. */
  async #compact(
    question: Question,
    conversation: readonly ChatMessage[],
    force: boolean,
    signal: AbortSignal,
  ): Promise<readonly ChatMessage[]> {
    const { step, system, tools } = question;
    const decision = planCompaction({
      messages: conversation,
      fixedTokens: this.#fixedTokens(system, tools),
      contextWindow: this.#model.contextWindow,
      ...(this.#lastUsage === undefined ? {} : { lastUsage: this.#lastUsage }),
      force,
    });
    if (!decision.compact) return conversation;
    const callId = this.#nextCallId('summarize');
    // What is summed up stands in the log already.
    const model = recordedModel(this.#model, this.#log, () => ({ step, appended: [] }));
    try {
      const compacted = await compactConversation(model, {
        agent: this.#agent,
        callId,
        messages: conversation,
        replacedMessages: decision.replacedMessages,
        signal,
      });
      if (compacted === undefined) return conversation;
      this.#log.append({ type: 'context-compacted', agent: this.#agent, callId, ...compacted.record });
      // The step's own message is not in the log yet; all before it is, or is replaced.
      this.#logged = compacted.messages.length - 1;
      this.#lastUsage = undefined;
      return compacted.messages;
    } catch (error) {
      // Without a summary the prompt stays as it is; if it is too long, the call itself will say so.
      if (error instanceof ModelError) return conversation;
      throw error;
    }
  }

  /** System text and tools stay the same through a phase. */
  #fixedTokens(system: string, tools: readonly ToolDefinition[]): number {
    if (this.#fixed?.system !== system || this.#fixed.tools !== tools) {
      this.#fixed = { system, tools, tokens: estimateInputTokens({ system, tools, messages: [] }) };
    }
    return this.#fixed.tokens;
  }

  #nextCallId(purpose: ChatRequest['purpose']): string {
    const count = (this.#callCounts.get(purpose) ?? 0) + 1;
    this.#callCounts.set(purpose, count);
    return `${this.#agent}/${purpose}/${count}`;
  }
}
