import type { ProgrammedAnswer, RecordedRequest } from '../support/provider-server/index.js';

/** What an agent does at work, one entry a step; it submits after the last. */
export type WorkSteps = readonly { readonly name: string; readonly arguments: Record<string, unknown> }[];

/**
 * Plays a live model of few words: it agrees to a plan at once, takes its steps, and submits. Asked for anything
 * else, such as a merge, it answers with a word.
 */
export function simpleAgent(work: (request: RecordedRequest) => WorkSteps) {
  return (request: RecordedRequest): ProgrammedAnswer => {
    const call = (name: string, given: Record<string, unknown>): ProgrammedAnswer => ({
      toolCalls: [{ name, arguments: given }],
    });
    if (request.tools.includes('agreement_reached')) {
      return call('agreement_reached', { plan: '# Plan\n\n1. Do it.' });
    }
    if (!request.tools.includes('submit')) return { text: 'as it is' };
    const step = work(request)[request.turns];
    return step === undefined ? call('submit', { summary: 'done' }) : call(step.name, step.arguments);
  };
}
