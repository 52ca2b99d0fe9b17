import { z } from 'zod';
import { describeError, TroupeError } from '../base/errors.js';
import type { BusConnection, SendReceipt } from '../channel/bus.js';
import { defineTool, type Tool, type ToolContext } from './tools/tool.js';

/** What a tool call did to the agent itself. */
export type AgentSignal =
  | { readonly type: 'message-sent' }
  | { readonly type: 'plan-agreed'; readonly plan: string }
  | { readonly type: 'submitted' };

/** What the agent's own tools are given beside the sandbox. */
export interface AgentToolContext extends ToolContext {
  readonly connection: BusConnection;
  /** Tells the agent what the tool did to it. */
  readonly signalAgent: (signal: AgentSignal) => void;
}

/** Characters that one message may hold. */
export const LONGEST_MESSAGE = 20_000;

/** Sends a message to the partners; what the channel did with it is said plainly. */
export const communicate: Tool<AgentToolContext> = defineTool({
  name: 'communicate',
  description:
    'Send a text message to your partner (to all partners unless "to" names one). Be exact: files, line ranges, names.',
  parameters: z.object({
    message: z.string().min(1).max(LONGEST_MESSAGE).describe('The text of the message.'),
    to: z.string().optional().describe('Id of one partner, e.g. agent2; everyone where absent.'),
  }),
  run: async ({ message, to }, { connection, signalAgent }: AgentToolContext) => {
    if (to === connection.agent) return { output: 'You cannot write to yourself.', isError: true };
    try {
      const recipients = to === undefined ? ('everyone' as const) : [to];
      const receipt = await connection.send({ to: recipients, content: message });
      signalAgent({ type: 'message-sent' });
      return { output: receiptText(receipt), isError: receipt.recipients.every(isLost) };
    } catch (error) {
      if (error instanceof TroupeError && error.code === 'agent-unknown') {
        return { output: describeError(error), isError: true };
      }
      throw error;
    }
  },
});

/** Ends an agent's planning with its plan. */
export const agreementReached: Tool<AgentToolContext> = defineTool({
  name: 'agreement_reached',
  description: 'Give your final plan as Markdown. This ends your planning.',
  parameters: z.object({ plan: z.string().min(1).describe('The whole plan, Markdown.') }),
  run: async ({ plan }, { signalAgent }: AgentToolContext) => {
    signalAgent({ type: 'plan-agreed', plan });
    return { output: 'Your plan is recorded.', isError: false };
  },
});

/** Ends an agent's work. */
export const submit: Tool<AgentToolContext> = defineTool({
  name: 'submit',
  description: 'Declare your work finished. The files as they are now are your result.',
  parameters: z.object({ summary: z.string().optional().describe('What you did, in a few words.') }),
  run: async (_arguments, { signalAgent }: AgentToolContext) => {
    signalAgent({ type: 'submitted' });
    return { output: 'Submitted.', isError: false };
  },
});

function isLost({ outcome }: SendReceipt['recipients'][number]): boolean {
  return outcome.verdict !== 'deliver';
}

function receiptText(receipt: SendReceipt): string {
  return receipt.recipients
    .map(({ agent, outcome }) => {
      if (outcome.verdict === 'deliver') return `Delivered to ${agent}.`;
      if (outcome.verdict === 'withhold') return `Not delivered to ${agent}: ${outcome.reason}.`;
      return `Returned to you, not delivered to ${agent}: ${outcome.reason}.`;
    })
    .join('\n');
}
