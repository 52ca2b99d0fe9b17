import { eventsOf, type EventOf, type RunEvent } from '../log/event.js';
import {
  agentNumber,
  isoTime,
  isSolo,
  phaseEvents,
  returnedCalls,
  wholePrompts,
} from './trajectory-parts.js';

/** The planning part of a run as `planning_traj_….json` (format of the first Python release). */
export function planningTrajectory(events: readonly RunEvent[]): object {
  const started = eventsOf(events, 'run-started')[0];
  const planning = phaseEvents(events, 'planning');
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
    trajectory: trajectoryOf(planning, toolNames(isSolo(events))),
    final_plans: finalPlans,
  };
}

/** Tool names of the first Python release, where they differ from ours. */
function toolNames(solo: boolean): (name: string) => string {
  const names: ReadonlyMap<string, string> = new Map([
    ['communicate', 'communicate_with_agent'],
    ...(solo ? ([['agreement_reached', 'dual_agreement_reached']] as const) : []),
  ]);
  return (name) => names.get(name) ?? name;
}

function trajectoryOf(events: readonly RunEvent[], nameOf: (tool: string) => string): object[] {
  const prompts = wholePrompts(events);
  const calls = new Map([...returnedCalls(events)].map(([call, returned]) => [returned, call]));
  const sent = new Map(eventsOf(events, 'message-sent').map((event) => [event.message, event]));
  const tools = new Map(eventsOf(events, 'agent-started').map((event) => [event.agent, event.tools]));
  let turn: string | undefined;
  return events.flatMap((event): object[] => {
    const entry = (agent: string, type: string, data: object): object[] => [
      { timestamp: isoTime(event.at), agent_id: agent, type, data },
    ];
    switch (event.type) {
      case 'turn-started': {
        const before = turn;
        turn = event.agent;
        if (before === undefined || before === turn) return [];
        const data = { action: 'agent_switch', from: agentNumber(before), to: agentNumber(turn) };
        return entry('coordinator', 'coordination', data);
      }
      case 'message-delivered': {
        const message = sent.get(event.message);
        return entry('coordinator', 'coordination', {
          action: 'communication_received',
          from: agentNumber(message?.from ?? ''),
          to: agentNumber(event.to),
          message: message?.content ?? '',
        });
      }
      case 'model-answered': {
        const input = {
          messages: prompts.get(event.callId) ?? [],
          tools: (tools.get(event.agent) ?? []).map((name) => ({ name: nameOf(name) })),
        };
        return entry(agentNumber(event.agent), 'llm_call', { input, output: answerOf(event, nameOf) });
      }
      case 'tool-returned': {
        const result = {
          success: !event.isError,
          content: event.output,
          error: event.isError ? event.output : null,
        };
        const given = calls.get(event)?.arguments ?? {};
        const data = { tool_name: nameOf(event.tool), arguments: given, result };
        return entry(agentNumber(event.agent), 'tool_execution', data);
      }
      default:
        return [];
    }
  });
}

function answerOf({ content }: EventOf<'model-answered'>, nameOf: (tool: string) => string): object {
  const texts = content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  const toolCalls = content.flatMap((block) =>
    block.type === 'tool-call'
      ? [{ id: block.id, name: nameOf(block.name), arguments: block.arguments }]
      : [],
  );
  return { content: texts.join('\n'), tool_calls: toolCalls };
}
