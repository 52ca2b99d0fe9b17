import { GoldTrees } from '../../agents/personas/gold-trees.js';
import { editCalls } from '../../agents/personas/known-change.js';
import type { PreparedTask } from '../../src/dataset/prepared-task.js';
import type {
  AnswerScript,
  ProgrammedAnswer,
  ProgrammedToolCall,
  RecordedRequest,
} from '../support/provider-server/index.js';

/**
 * What a provider answers in one turn of an agent: an answer; a list of which each further try of the same turn gets
 * the next (the last one for ever); or a function of the request.
 */
export type Beat =
  | ProgrammedAnswer
  | readonly ProgrammedAnswer[]
  | ((request: RecordedRequest) => ProgrammedAnswer | Promise<ProgrammedAnswer>);

/** Turns of one agent; when they are over it agrees on a plan, or submits. */
export interface Part {
  readonly plan?: readonly Beat[];
  readonly work?: readonly Beat[];
}

export interface Play {
  readonly [agent: string]: Part | Beat | undefined;
  /** Answers the referee's questions. */
  readonly merge?: Beat;
  /** Answers requests for a summary. */
  readonly summarize?: Beat;
}

export type Scene = 'plan' | 'work' | 'merge' | 'summarize';

/** Who asks, and in which part of the run. */
export function sceneOf(request: RecordedRequest): { readonly agent: string; readonly scene: Scene } {
  const agent = /^You are ([a-z]\w*),/.exec(request.system)?.[1];
  if (agent !== undefined) return { agent, scene: /You plan changes/.test(request.system) ? 'plan' : 'work' };
  return request.system.startsWith('You resolve merge conflicts')
    ? { agent: 'referee', scene: 'merge' }
    : { agent: '', scene: 'summarize' };
}

/** Requests of one agent in one part of the run. */
export function requestsOf(
  requests: readonly RecordedRequest[],
  agent: string,
  scene: Scene,
): RecordedRequest[] {
  return requests.filter((request) => {
    const found = sceneOf(request);
    return found.agent === agent && found.scene === scene;
  });
}

/** Answers for a whole team. */
export function playing(play: Play): AnswerScript {
  const tries = new Map<string, number>();
  return (request) => {
    const { agent, scene } = sceneOf(request);
    const part = play[agent] as Part | undefined;
    const beat =
      scene === 'merge' || scene === 'summarize'
        ? (play[scene] as Beat | undefined)
        : part?.[scene]?.[request.turns];
    const key = `${agent}/${scene}/${request.turns}`;
    const attempt = tries.get(key) ?? 0;
    tries.set(key, attempt + 1);
    if (typeof beat === 'function') return beat(request);
    if (Array.isArray(beat)) return beat[Math.min(attempt, beat.length - 1)] as ProgrammedAnswer;
    return (beat as ProgrammedAnswer | undefined) ?? lastWord(scene, agent);
  };
}

function lastWord(scene: Scene, agent: string): ProgrammedAnswer {
  if (scene === 'plan') return calling('agreement_reached', { plan: `The plan of ${agent}.` });
  if (scene === 'work') return calling('submit', {});
  return { text: 'nothing was programmed' };
}

export function calling(name: string, parameters: Record<string, unknown>): ProgrammedAnswer {
  return { toolCalls: [{ name, arguments: parameters }] };
}

export const shell = (command: string): ProgrammedAnswer => calling('bash', { command });
export const telling = (message: string): ProgrammedAnswer => calling('communicate', { message });

/** The tool calls with which a good engineer implements a feature, as one answer. */
export async function goldWork(task: PreparedTask, ...features: number[]): Promise<ProgrammedAnswer> {
  return task.withRunStore(async (store) => {
    const trees = new GoldTrees(store, task.baseCommit, task.task);
    const calls = editCalls(await trees.changes((await trees.join(features)).tree));
    return { toolCalls: calls as readonly ProgrammedToolCall[] };
  });
}
