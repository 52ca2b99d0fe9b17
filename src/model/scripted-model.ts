import type { ChatAnswer, ChatMessage, ChatModel, ChatRequest, ToolResultBlock } from './chat-model.js';

/** A tool call as a script writes it; the model numbers it. */
export interface ScriptedCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** What a script is shown before each of its turns. */
export interface Observation {
  /** Results of the calls of its turn before. */
  readonly results: readonly ToolResultBlock[];
  /** Every text of the latest user message: the task at first, later reminders and partners' messages. */
  readonly texts: readonly string[];
  /** Names of the tools that may be called. */
  readonly tools: readonly string[];
  readonly requiredTool: string | undefined;
}

/** One turn: the calls to make together, or a text that calls nothing. */
export type ScriptedTurn = readonly ScriptedCall[] | string;

/**
 * A deterministic stand-in for a model: receives each observation through `yield` and answers with its
 * next turn. The first observation is the script's argument. A finished script answers with an empty text.
 */
export type Script = (first: Observation) => Generator<ScriptedTurn, void, Observation>;

interface RunningScript {
  readonly generator: Generator<ScriptedTurn, void, Observation>;
  turns: number;
}

/**
 * A chat model that plays scripts. It is stateless towards its caller: asked with a conversation that it did
 * not lead itself (a resumed or branched run), it plays the script again from the start over that conversation.
 */
export class ScriptedModel implements ChatModel {
  readonly name: string;
  readonly isLive = false;
  readonly contextWindow = 10_000_000;
  readonly #scriptFor: (request: ChatRequest) => Script;
  readonly #running = new Map<string, RunningScript>();

  /** @param scriptFor the script that answers a request; called once a conversation. */
  constructor(name: string, scriptFor: (request: ChatRequest) => Script) {
    this.name = name;
    this.#scriptFor = scriptFor;
  }

  async complete(request: ChatRequest, signal?: AbortSignal): Promise<ChatAnswer> {
    signal?.throwIfAborted();
    const turn = this.#play(request);
    const usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
    if (typeof turn === 'string') return { content: [{ type: 'text', text: turn }], end: 'finished', usage };
    return {
      content: turn.map((call, index) => ({
        type: 'tool-call',
        id: `${request.callId}/${index + 1}`,
        name: call.name,
        arguments: call.arguments,
      })),
      end: 'tool-calls',
      usage,
    };
  }

  #play(request: ChatRequest): ScriptedTurn {
    const key = `${request.agent}/${request.purpose}`;
    const observations = observationsOf(request);
    let running = this.#running.get(key);
    if (running === undefined || running.turns !== observations.length - 1) {
      const first = observations[0] as Observation;
      running = { generator: this.#scriptFor(request)(first), turns: 0 };
      this.#running.set(key, running);
    }
    let turn: ScriptedTurn = '';
    for (const observation of observations.slice(running.turns)) {
      const step = running.generator.next(observation);
      turn = step.done === true ? '' : step.value;
      running.turns += 1;
    }
    return turn;
  }
}

function observationsOf(request: ChatRequest): Observation[] {
  const tools = request.tools.map((tool) => tool.name);
  const users = request.messages.filter((message) => message.role === 'user');
  return users.map((message, index) => ({
    ...observe(message),
    tools,
    requiredTool: index === users.length - 1 ? request.requiredTool : undefined,
  }));
}

function observe(message: ChatMessage & { readonly role: 'user' }): Pick<Observation, 'results' | 'texts'> {
  return {
    results: message.content.filter((block) => block.type === 'tool-result'),
    texts: message.content.filter((block) => block.type === 'text').map((block) => block.text),
  };
}
