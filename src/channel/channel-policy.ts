import type { Phase } from '../log/run-events.js';
import type { Message } from './message.js';

/** What a policy decides about one message for one recipient. */
export type ChannelVerdict =
  | { readonly verdict: 'deliver' }
  /** The recipient never learns of it; the sender is told that it was not delivered. */
  | { readonly verdict: 'withhold'; readonly reason: string }
  /** The message goes back to its sender, who may mend and send it again. */
  | { readonly verdict: 'return'; readonly reason: string };

/** What a policy may know when it decides. */
export interface ChannelState {
  readonly phase: Phase | undefined;
  /** Messages each agent has sent before this one. */
  readonly sentBefore: ReadonlyMap<string, number>;
}

/**
 * The experiment's independent variable: a pure function of message, recipient and channel state. Policies
 * hold no state of their own, so the same object serves every run and both buses.
 */
export interface ChannelPolicy {
  /** The policy in words, as the log states it, e.g. `during(planning)`. */
  readonly description: string;
  decide(message: Message, recipient: string, state: ChannelState): ChannelVerdict;
}

const DELIVER: ChannelVerdict = { verdict: 'deliver' };

/** Every message is delivered (setting `coop`). */
export function open(): ChannelPolicy {
  return { description: 'open', decide: () => DELIVER };
}

/** No message is delivered (the paper's `no_comm` arm). */
export function closed(): ChannelPolicy {
  const verdict: ChannelVerdict = { verdict: 'withhold', reason: 'the channel is closed' };
  return { description: 'closed', decide: () => verdict };
}

/** Messages are delivered in the named phases only (`coop_ablation` is `during('planning')`). */
export function during(...phases: readonly [Phase, ...Phase[]]): ChannelPolicy {
  const allowed: ReadonlySet<Phase | undefined> = new Set(phases);
  return {
    description: `during(${phases.join(', ')})`,
    decide: (_message, _recipient, state) =>
      allowed.has(state.phase)
        ? DELIVER
        : {
            verdict: 'withhold',
            reason: `the channel is closed during ${state.phase ?? 'this part of the run'}`,
          },
  };
}

/** A message is delivered when every policy delivers it; the first other verdict stands. */
export function all(...policies: readonly [ChannelPolicy, ...ChannelPolicy[]]): ChannelPolicy {
  return {
    description: `all(${policies.map((policy) => policy.description).join(', ')})`,
    decide: (message, recipient, state) => {
      for (const policy of policies) {
        const verdict = policy.decide(message, recipient, state);
        if (verdict.verdict !== 'deliver') return verdict;
      }
      return DELIVER;
    },
  };
}
