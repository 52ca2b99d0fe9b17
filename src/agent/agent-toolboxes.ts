import type { AgentPhase } from './agent-effects.js';
import { agreementReached, communicate, submit, type AgentToolContext } from './channel-tools.js';
import { executionTools, planningTools } from './tools/tool-sets.js';
import { toolbox, type Toolbox } from './tools/toolbox.js';

/**
 * What an agent can do in each phase. The tools are the same whatever the channel policy, so that settings
 * differ in nothing but the policy.
 */
export function agentToolboxes(hasPartners: boolean): Record<AgentPhase, Toolbox<AgentToolContext>> {
  const talk = hasPartners ? [communicate] : [];
  return {
    planning: toolbox<AgentToolContext>([...planningTools, ...talk, agreementReached]),
    execution: toolbox<AgentToolContext>([...executionTools, ...talk, submit]),
  };
}
