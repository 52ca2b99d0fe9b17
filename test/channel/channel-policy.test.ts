import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  all,
  closed,
  during,
  open,
  type ChannelPolicy,
  type ChannelState,
} from '../../src/channel/channel-policy.js';
import type { Message } from '../../src/channel/message.js';
import type { Phase } from '../../src/log/run-events.js';

const phases = ['planning', 'execution', 'evaluation'] as const;

const message: fc.Arbitrary<Message> = fc.record({
  number: fc.integer({ min: 1 }),
  from: fc.constantFrom('agent1', 'agent2'),
  to: fc.array(fc.constantFrom('agent1', 'agent2', 'agent3')),
  content: fc.string({ unit: 'binary' }),
});

const state: fc.Arbitrary<ChannelState> = fc.record({
  phase: fc.constantFrom<Phase | undefined>(...phases, undefined),
  sentBefore: fc
    .dictionary(fc.constantFrom('agent1', 'agent2'), fc.nat())
    .map((counts) => new Map(Object.entries(counts))),
});

const someOfThem: fc.Arbitrary<[Phase, ...Phase[]]> = fc
  .uniqueArray(fc.constantFrom(...phases), { minLength: 1 })
  .map((chosen) => chosen as [Phase, ...Phase[]]);

const leaf: fc.Arbitrary<ChannelPolicy> = fc.oneof(
  fc.constant(open()),
  fc.constant(closed()),
  someOfThem.map((chosen) => during(...chosen)),
);

const policy: fc.Arbitrary<ChannelPolicy> = fc.oneof(
  leaf,
  fc
    .array(leaf, { minLength: 1, maxLength: 4 })
    .map((parts) => all(...(parts as [ChannelPolicy, ...ChannelPolicy[]]))),
);

describe('open', () => {
  it('delivers every message in every state', () => {
    fc.assert(
      fc.property(message, state, (one, now) => {
        expect(open().decide(one, 'agent3', now)).toEqual({ verdict: 'deliver' });
      }),
    );
  });
});

describe('closed', () => {
  it('withholds every message in every state, with the same reason', () => {
    fc.assert(
      fc.property(message, state, (one, now) => {
        expect(closed().decide(one, 'agent3', now)).toEqual({
          verdict: 'withhold',
          reason: 'the channel is closed',
        });
      }),
    );
  });
});

describe('during', () => {
  it('delivers in the named phases and withholds in all others, naming the phase', () => {
    fc.assert(
      fc.property(someOfThem, message, state, (chosen, one, now) => {
        const verdict = during(...chosen).decide(one, 'agent3', now);
        if (now.phase !== undefined && chosen.includes(now.phase)) {
          expect(verdict).toEqual({ verdict: 'deliver' });
        } else {
          const where = now.phase ?? 'this part of the run';
          expect(verdict).toEqual({ verdict: 'withhold', reason: `the channel is closed during ${where}` });
        }
      }),
    );
  });

  it('names its phases in its description, which the log states', () => {
    expect(during('planning').description).toBe('during(planning)');
    expect(during('planning', 'execution').description).toBe('during(planning, execution)');
  });
});

describe('all', () => {
  const returning: ChannelPolicy = {
    description: 'returning',
    decide: () => ({ verdict: 'return', reason: 'no kind given' }),
  };
  const planning: ChannelState = { phase: 'planning', sentBefore: new Map() };
  const hello: Message = { number: 1, from: 'agent1', to: ['agent2'], content: 'hello' };

  it('delivers only where every part delivers', () => {
    fc.assert(
      fc.property(fc.array(leaf, { minLength: 1, maxLength: 4 }), message, state, (parts, one, now) => {
        const verdicts = parts.map((part) => part.decide(one, 'agent3', now));
        const joined = all(...(parts as [ChannelPolicy, ...ChannelPolicy[]])).decide(one, 'agent3', now);
        expect(joined).toEqual(
          verdicts.find((verdict) => verdict.verdict !== 'deliver') ?? { verdict: 'deliver' },
        );
      }),
    );
  });

  it('lets the first part that does not deliver have its say', () => {
    expect(all(open(), returning, closed()).decide(hello, 'agent2', planning).verdict).toBe('return');
    expect(all(open(), closed(), returning).decide(hello, 'agent2', planning).verdict).toBe('withhold');
  });

  it('describes itself by its parts', () => {
    expect(all(open(), during('planning'), all(closed())).description).toBe(
      'all(open, during(planning), all(closed))',
    );
  });
});

describe('every policy', () => {
  it('says the same of the same message, recipient and state, whatever it was asked in between', () => {
    fc.assert(
      fc.property(policy, fc.array(fc.tuple(message, state), { minLength: 1 }), (one, questions) => {
        const ask = (): unknown[] => questions.map(([what, now]) => one.decide(what, 'agent3', now));
        const first = ask();
        expect(ask().toReversed()).toEqual(first.toReversed());
        expect(
          questions
            .toReversed()
            .map(([what, now]) => one.decide(what, 'agent3', now))
            .toReversed(),
        ).toEqual(first);
      }),
    );
  });

  it('changes neither the message nor the state', () => {
    fc.assert(
      fc.property(policy, message, state, (one, what, now) => {
        const before = structuredClone({ what, now });
        one.decide(Object.freeze(what), 'agent3', Object.freeze(now));
        expect({ what, now }).toEqual(before);
      }),
    );
  });

  it('gives a reason wherever it does not deliver', () => {
    fc.assert(
      fc.property(policy, message, state, (one, what, now) => {
        const verdict = one.decide(what, 'agent3', now);
        if (verdict.verdict !== 'deliver') expect(verdict.reason).not.toBe('');
      }),
    );
  });
});
