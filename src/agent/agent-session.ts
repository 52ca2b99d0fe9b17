import { deadlineSignal, type Clock } from '../base/clock.js';
import { describeError, Interrupted, TroupeError } from '../base/errors.js';
import type { BusConnection } from '../channel/bus.js';
import type { EventLog } from '../log/event-log.js';
import type { StopReason } from '../log/agent-events.js';
import { BudgetExhausted } from '../model/budget.js';
import type { ChatAnswer, ChatModel, ToolCallBlock, ToolResultBlock } from '../model/chat-model.js';
import { ModelError } from '../model/model-error.js';
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
import { Dialogue } from './dialogue.js';
import { failure, type ToolOutcome } from './tools/tool.js';
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
  readonly #dialogue: Dialogue;
  #deadline: ReturnType<typeof deadlineSignal>;

  constructor(equipment: AgentEquipment) {
    this.#equipment = equipment;
    this.#dialogue = new Dialogue(equipment.id, equipment.model, equipment.log);
    this.#deadline = { signal: equipment.signal, cancel: () => {} };
  }

  begin(brief: PhaseBrief): void {
    const { log, clock, signal, id, toolboxes } = this.#equipment;
    this.#dialogue.begin();
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
    const { connection, toolboxes } = this.#equipment;
    const { brief, step, results, requiredTool } = request;
    const messages = await connection.read();
    const opening = request.conversation.length === 0 ? brief.task : request.reminder;
    const { definitions } = toolboxes[brief.phase];
    const question = {
      purpose: brief.phase === 'planning' ? ('plan' as const) : ('execute' as const),
      step,
      system: brief.system,
      tools:
        requiredTool === undefined ? definitions : definitions.filter((tool) => tool.name === requiredTool),
      requiredTool,
      conversation: [...request.conversation, nextUserMessage(results, opening, messages)],
    };
    const { answer, conversation } = await this.#dialogue.ask(question, this.#signal);
    if (answer.end === 'refusal') {
      return { type: 'stopped', reason: 'refused', detail: textOf(answer) || 'the model refused to answer' };
    }
    const calls = answer.content.filter((block) => block.type === 'tool-call');
    return { type: 'answered', conversation, calls, text: textOf(answer) };
  }

  async act(
    brief: PhaseBrief,
    step: number,
    calls: readonly ToolCallBlock[],
    requiredTool: string | undefined,
  ): Promise<StepActions> {
    const { id, log, sandbox, connection, toolboxes } = this.#equipment;
    const signals: AgentSignal[] = [];
    const context: AgentToolContext = {
      sandbox,
      connection,
      signal: this.#signal,
      signalAgent: (signal) => void signals.push(signal),
    };
    const carryOut = async (call: ToolCallBlock): Promise<ToolOutcome> =>
      requiredTool === undefined || call.name === requiredTool
        ? toolboxes[brief.phase].call(call, context)
        : failure(`Only ${requiredTool} can be called now.`);
    const results: ToolResultBlock[] = [];
    try {
      for (const call of calls) {
        this.#signal.throwIfAborted();
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
        const outcome = await carryOut(call);
        // The model is shown what the log has, not what had to be taken out of it.
        const { output, isError } = log.append({
          type: 'tool-returned',
          agent: id,
          callId: call.id,
          tool: call.name,
          isError: outcome.isError,
          output: outcome.output,
        });
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
