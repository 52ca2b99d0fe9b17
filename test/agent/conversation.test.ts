import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageText, nextUserMessage, parseMessageText } from '../../src/agent/conversation.js';

const message = { number: 3, from: 'agent1', to: ['agent2'], content: 'Hello.' };
const result = { type: 'tool-result' as const, callId: 'c', name: 'bash', output: 'ok', isError: false };

describe('what an agent is shown next', () => {
  it('opens with the results of its tools, then the reminder, then the messages in order', () => {
    const shown = nextUserMessage([result], 'Use a tool.', [
      message,
      { ...message, number: 4, content: 'Bye.' },
    ]);
    expect(shown.content).toEqual([
      result,
      { type: 'text', text: 'Use a tool.' },
      { type: 'text', text: '[message 3 from agent1]\nHello.' },
      { type: 'text', text: '[message 4 from agent1]\nBye.' },
    ]);
  });

  it('is never empty, because providers refuse an empty message', () => {
    expect(nextUserMessage([], undefined, []).content).toEqual([{ type: 'text', text: 'Go on.' }]);
    expect(nextUserMessage([result], undefined, []).content).toEqual([result]);
  });
});

describe('a message in a prompt', () => {
  it('tells its kind where it has one', () => {
    expect(messageText({ ...message, kind: 'QUESTION' })).toBe('[message 3 from agent1 (QUESTION)]\nHello.');
  });

  it('can be read back, whatever its words', () => {
    const id = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
    fc.assert(
      fc.property(
        fc.nat(),
        id,
        fc.string({ unit: 'binary' }),
        fc.option(fc.stringMatching(/^[A-Z]{1,9}$/)),
        (number, from, content, kind) => {
          const text = messageText({ number, from, to: [], content, ...(kind === null ? {} : { kind }) });
          expect(parseMessageText(text)).toEqual({ from, content });
        },
      ),
    );
  });

  it.each(['Go on.', '', '[message x from agent1]\nHello.', 'He said [message 1 from agent1]\nHello.'])(
    'is not read out of %j',
    (text) => {
      expect(parseMessageText(text)).toBeUndefined();
    },
  );
});
