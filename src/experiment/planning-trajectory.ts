import { eventsOf, type RunEvent } from '../log/event.js';
import { agentNumber, isoTime, trajectoryMessages } from './trajectory-parts.js';

/** Tool names of the first Python release, where they differ from ours. */
const PYTHON_NAMES: Readonly<Record<string, string>> = { communicate: 'communicate_with_agent' };

/** The planning part of a run as `planning_traj_….json` (format of the first Python release). */
export function planningTrajectory(events: readonly RunEvent[]): object {
  const started = eventsOf(events, 'run-started')[0];
  const phase = (event: RunEvent): boolean => 'phase' in event && event.phase === 'planning';
  const from = events.findIndex((event) => event.type === 'phase-started' && phase(event));
  const to = events.findIndex((event) => event.type === 'phase-ended' && phase(event));
  const planning = from === -1 ? [] : events.slice(from, to === -1 ? undefined : to + 1);
  const agents = started?.agents ?? [];
  const plans = new Map(eventsOf(planning, 'plan-agreed').map((event) => [event.agent, event.plan]));
  const finalPlans = Object.fromEntries(
    agents.map(({ id }, index) => [agents.length === 1 ? 'plan' : `plan${index + 1}`, plans.get(id) ?? null]),
  );
  return {
    metadata: {
      planning_mode: started?.setting ?? '',
      agents: agents.map(({ id, model }) => ({ id: agentNumber(id), model, role: id })),
      agent_workspace_path: null,
      start_time: isoTime(planning[0]?.at),
      end_time: isoTime(planning.at(-1)?.at),
      run_id: started?.runId ?? '',
    },
    trajectory: trajectoryOf(planning),
    final_plans: finalPlans,
  };
}

function trajectoryOf(events: readonly RunEvent[]): object[] {
  const asked = new Map(eventsOf(events, 'model-called').map((event) => [event.callId, event]));
  const calls = new Map(eventsOf(events, 'tool-called').map((event) => [event.callId, event]));
  const sent = new Map(eventsOf(events, 'message-sent').map((event) => [event.message, event]));
  const tools = new Map(eventsOf(events, 'agent-started').map((event) => [event.agent, event.tools]));
  let turn: string | undefined;
  return events.flatMap((event): object[] => {
    const stamp = { timestamp: isoTime(event.at) };
    switch (event.type) {
      case 'turn-started': {
        if (turn === event.agent) return [];
        const switched = {
          action: 'agent_switch',
          from: turn === undefined ? null : agentNumber(turn),
          to: agentNumber(event.agent),
        };
        turn = event.agent;
        return [{ ...stamp, agent_id: 'coordinator', type: 'coordination', data: switched }];
      }
      case 'message-delivered': {
        const message = sent.get(event.message);
        const data = {
          action: 'communication_received',
          from: agentNumber(message?.from ?? ''),
          to: agentNumber(event.to),
          message: message?.content ?? '',
        };
        return [{ ...stamp, agent_id: 'coordinator', type: 'coordination', data }];
      }
      case 'model-answered': {
        const input = {
          messages: trajectoryMessages(asked.get(event.callId)?.appended ?? []),
          tools: (tools.get(event.agent) ?? []).map((name) => ({ name: PYTHON_NAMES[name] ?? name })),
        };
        const texts = event.content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
        const toolCalls = event.content.flatMap((block) =>
          block.type === 'tool-call'
            ? [{ id: block.id, name: PYTHON_NAMES[block.name] ?? block.name, arguments: block.arguments }]
            : [],
        );
        const data = { input, output: { content: texts.join('\n'), tool_calls: toolCalls } };
        return [{ ...stamp, agent_id: agentNumber(event.agent), type: 'llm_call', data }];
      }
      case 'tool-returned': {
        const result = {
          success: !event.isError,
          content: event.output,
          error: event.isError ? event.output : null,
        };
        const data = {
          tool_name: PYTHON_NAMES[event.tool] ?? event.tool,
          arguments: calls.get(event.callId)?.arguments ?? {},
          result,
        };
        return [{ ...stamp, agent_id: agentNumber(event.agent), type: 'tool_execution', data }];
      }
      default:
        return [];
    }
  });
}
