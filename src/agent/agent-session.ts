import { deadlineSignal, type Clock } from '../base/clock.js';
import { describeError, Interrupted, TroupeError } from '../base/errors.js';
import type { BusConnection } from '../channel/bus.js';
import type { EventLog } from '../log/event-log.js';
import type { StopReason } from '../log/agent-events.js';
import { BudgetExhausted } from '../model/budget.js';
import type { ChatAnswer, ChatMessage, ChatModel, ChatRequest, ToolCallBlock } from '../model/chat-model.js';
import { planCompaction } from '../model/compaction.js';
import { estimateInputTokens } from '../model/estimate-tokens.js';
import { ModelError } from '../model/model-error.js';
import { compactConversation } from '../model/summarize.js';
import { promptTokens } from '../model/token-usage.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import type {
  AgentEffects,
  AgentPhase,
  PhaseBrief,
  StepActions,
  StepAnswer,
  StepRequest,
} from './agent-effects.js';
import type { AgentSignal, AgentToolContext } from './channel-tools.js';
import { nextUserMessage } from './conversation.js';
import type { Toolbox } from './tools/toolbox.js';

/** What one agent acts with. */
export interface AgentEquipment {
  readonly id: string;
  /** Retries and budget included. */
  readonly model: ChatModel;
  readonly sandbox: Sandbox;
  readonly connection: BusConnection;
  readonly toolboxes: Readonly<Record<AgentPhase, Toolbox<AgentToolContext>>>;
  readonly log: EventLog;
  readonly clock: Clock;
  /** Aborts when the run is interrupted. */
  readonly signal: AbortSignal;
}

/** Ends an agent that has used up its time. */
class TimeIsUp extends TroupeError {
  constructor() {
    super('the time for this phase is up', { code: 'time-limit' });
  }
}

type Stopped = Extract<StepAnswer, { type: 'stopped' }>;

/** One agent's hands: asks its model, calls its tools, and writes down each of these before it happens. */
export class AgentSession implements AgentEffects {
  readonly #equipment: AgentEquipment;
  readonly #callCounts = new Map<string, number>();
  #deadline: ReturnType<typeof deadlineSignal>;
  /** Messages of the conversation that the log has. */
  #logged = 0;
  #lastUsage: { promptTokens: number; messages: number } | undefined;

  constructor(equipment: AgentEquipment) {
    this.#equipment = equipment;
    this.#deadline = { signal: equipment.signal, cancel: () => {} };
  }

  begin(brief: PhaseBrief): void {
    const { log, clock, signal, id, toolboxes } = this.#equipment;
    this.#logged = 0;
    this.#lastUsage = undefined;
    if (brief.time !== undefined) this.#deadline = deadlineSignal(clock, brief.time, new TimeIsUp(), signal);
    const { phase, system, task } = brief;
    const tools = toolboxes[phase].definitions.map((tool) => tool.name);
    log.append({ type: 'agent-started', agent: id, phase, system, task, tools });
  }

  turnStarted(brief: PhaseBrief): void {
    const { log, id } = this.#equipment;
    log.append({ type: 'turn-started', agent: id, phase: brief.phase });
  }

  planAgreed(plan: string, forced: boolean): void {
    const { log, id } = this.#equipment;
    log.append({ type: 'plan-agreed', agent: id, plan, forced });
  }

  stopped(brief: PhaseBrief, reason: StopReason, steps: number, detail: string | undefined): void {
    const { log, id, signal } = this.#equipment;
    this.#deadline.cancel();
    this.#deadline = { signal, cancel: () => {} };
    log.append({
      type: 'agent-stopped',
      agent: id,
      phase: brief.phase,
      reason,
      steps,
      ...(detail === undefined ? {} : { detail }),
    });
  }

  now(): number {
    return this.#equipment.clock.now();
  }

  async ask(request: StepRequest): Promise<StepAnswer> {
    try {
      this.#signal.throwIfAborted();
      return await this.#ask(request);
    } catch (error) {
      return this.#stop(error);
    }
  }

  async #ask(request: StepRequest): Promise<StepAnswer> {
    const messages = await this.#equipment.connection.read();
    const opening = request.conversation.length === 0 ? request.brief.task : request.reminder;
    let conversation: readonly ChatMessage[] = [
      ...request.conversation,
      nextUserMessage(request.results, opening, messages),
    ];
    conversation = await this.#compact(request, conversation, false);
    let answer: ChatAnswer;
    try {
      answer = await this.#complete(request, conversation);
    } catch (error) {
      if (!(error instanceof ModelError) || error.kind !== 'context-length') throw error;
      const shorter = await this.#compact(request, conversation, true);
      if (shorter === conversation) throw error;
      conversation = shorter;
      answer = await this.#complete(request, conversation);
    }
    if (answer.end === 'refusal') {
      return { type: 'stopped', reason: 'refused', detail: textOf(answer) || 'the model refused to answer' };
    }
    conversation = [...conversation, { role: 'assistant', content: answer.content }];
    this.#logged = conversation.length;
    this.#lastUsage = { promptTokens: promptTokens(answer.usage), messages: conversation.length - 1 };
    const calls = answer.content.filter((block) => block.type === 'tool-call');
    return { type: 'answered', conversation, calls, text: textOf(answer) };
  }

  async #complete(request: StepRequest, conversation: readonly ChatMessage[]): Promise<ChatAnswer> {
    const { id, log, model } = this.#equipment;
    const purpose = request.brief.phase === 'planning' ? 'plan' : 'execute';
    const callId = this.#nextCallId(purpose);
    const required = request.requiredTool === undefined ? {} : { requiredTool: request.requiredTool };
    const asked: ChatRequest = {
      agent: id,
      purpose,
      callId,
      ...this.#prefix(request),
      messages: conversation,
      ...required,
    };
    const appended = [...conversation.slice(Math.min(this.#logged, conversation.length - 1))];
    log.append({
      type: 'model-called',
      agent: id,
      callId,
      purpose,
      step: request.step,
      appended: structuredClone(appended) as never,
      ...required,
    });
    this.#logged = conversation.length;
    log.flush();
    try {
      const answer = await model.complete(asked, this.#signal);
      const { content, end, usage } = answer;
      log.append({ type: 'model-answered', agent: id, callId, content: content as never, end, usage });
      log.flush();
      return answer;
    } catch (error) {
      const kind = error instanceof TroupeError ? error.code : 'unexpected';
      log.append({ type: 'model-failed', agent: id, callId, kind, detail: describeError(error) });
      throw error;
    }
  }

  /** Gives older turns up for a summary where the prompt nears the window, or must shrink. */
  async #compact(
    request: StepRequest,
    conversation: readonly ChatMessage[],
    force: boolean,
  ): Promise<readonly ChatMessage[]> {
    const { id, log, model } = this.#equipment;
    const decision = planCompaction({
      messages: conversation,
      fixedTokens: estimateInputTokens({ ...this.#prefix(request), messages: [] }),
      contextWindow: model.contextWindow,
      ...(this.#lastUsage === undefined ? {} : { lastUsage: this.#lastUsage }),
      force,
    });
    if (!decision.compact) return conversation;
    const callId = this.#nextCallId('summarize');
    log.append({
      type: 'model-called',
      agent: id,
      callId,
      purpose: 'summarize',
      step: request.step,
      appended: [],
    });
    log.flush();
    try {
      const compacted = await compactConversation(model, {
        agent: id,
        callId,
        messages: conversation,
        replacedMessages: decision.replacedMessages,
        signal: this.#signal,
      });
      if (compacted === undefined) return conversation;
      log.append({ type: 'context-compacted', agent: id, callId, ...compacted.record });
      // The step's own message is not in the log yet; all before it is, or is replaced.
      this.#logged = compacted.messages.length - 1;
      this.#lastUsage = undefined;
      return compacted.messages;
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      // Without a summary the prompt stays as it is; if it is too long, the call itself will say so.
      log.append({ type: 'model-failed', agent: id, callId, kind: error.code, detail: describeError(error) });
      return conversation;
    }
  }

  async act(brief: PhaseBrief, step: number, calls: readonly ToolCallBlock[]): Promise<StepActions> {
    const { id, log, sandbox, connection, toolboxes } = this.#equipment;
    const signals: AgentSignal[] = [];
    const context: AgentToolContext = {
      sandbox,
      connection,
      signal: this.#signal,
      signalAgent: (signal) => void signals.push(signal),
    };
    const results = [];
    try {
      for (const call of calls) {
        const broken = call.brokenArguments === undefined ? {} : { brokenArguments: call.brokenArguments };
        log.append({
          type: 'tool-called',
          agent: id,
          callId: call.id,
          step,
          tool: call.name,
          arguments: { ...call.arguments },
          ...broken,
        });
        log.flush();
        const { output, isError } = await toolboxes[brief.phase].call(call, context);
        this.#signal.throwIfAborted();
        log.append({ type: 'tool-returned', agent: id, callId: call.id, tool: call.name, isError, output });
        results.push({ type: 'tool-result' as const, callId: call.id, name: call.name, output, isError });
      }
      return { type: 'acted', results, signals };
    } catch (error) {
      return this.#stop(error);
    }
  }

  get #signal(): AbortSignal {
    return this.#deadline.signal;
  }

  /** System text and tools: what every request of the phase begins with. */
  #prefix(request: StepRequest): Pick<ChatRequest, 'system' | 'tools'> {
    const { definitions } = this.#equipment.toolboxes[request.brief.phase];
    const required = request.requiredTool;
    const tools = required === undefined ? definitions : definitions.filter((tool) => tool.name === required);
    return { system: request.brief.system, tools };
  }

  #nextCallId(purpose: ChatRequest['purpose']): string {
    const count = (this.#callCounts.get(purpose) ?? 0) + 1;
    this.#callCounts.set(purpose, count);
    return `${this.#equipment.id}/${purpose}/${count}`;
  }

  /** Why an error stops the agent. Whatever is not a limit or the model's own doing broke under the run. */
  #stop(thrown: unknown): Stopped {
    const { log, id } = this.#equipment;
    const error = this.#signal.aborted ? this.#signal.reason : thrown;
    const detail = describeError(error);
    if (error instanceof TimeIsUp) return { type: 'stopped', reason: 'time-limit', detail };
    if (this.#signal.aborted || error instanceof Interrupted)
      return { type: 'stopped', reason: 'interrupted', detail };
    if (error instanceof BudgetExhausted) return { type: 'stopped', reason: error.reason, detail };
    if (error instanceof ModelError && error.kind === 'context-length') {
      return { type: 'stopped', reason: 'context-length', detail };
    }
    const code = error instanceof TroupeError ? error.code : 'unexpected';
    log.append({ type: 'fault-occurred', where: id, code, detail });
    return { type: 'stopped', reason: 'fault', detail };
  }
}

function textOf(answer: ChatAnswer): string {
  return answer.content
    .filter((block) => block.type === 'text')
    .map((block) => block.text)
    .join('\n')
    .trim();
}
