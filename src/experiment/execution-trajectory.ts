import type { EventOf, RunEvent } from '../log/event.js';
import { agentNumber, phaseEvents, returnedCalls } from './trajectory-parts.js';

/** One entry of `execution_traj_….json`, as OpenHands writes it (format of the first Python release). */
export interface TrajectoryEntry {
  readonly id: number;
  readonly timestampMs: number;
  readonly toolType: 'bash' | 'view' | 'edit' | 'think' | 'message' | 'communication';
  readonly toolName: string;
  readonly details: string;
  readonly args: Readonly<Record<string, unknown>> | null;
  readonly agentId: string;
}

/** One agent's execution, in the order in which it happened. */
export function executionTrajectory(events: readonly RunEvent[], agent: string): TrajectoryEntry[] {
  const execution = phaseEvents(events, 'execution');
  const returned = returnedCalls(execution);
  const entries = execution.flatMap((event): Omit<TrajectoryEntry, 'id'>[] => {
    if (!('agent' in event) || event.agent !== agent) return [];
    const stamp = { timestampMs: event.at, agentId: agentNumber(agent) };
    if (event.type === 'model-answered') return spokenEntries(event).map((entry) => ({ ...stamp, ...entry }));
    if (event.type === 'tool-called') return [{ ...stamp, ...toolEntry(event, returned.get(event)) }];
    return [];
  });
  return entries.map((entry, index) => ({ id: index + 1, ...entry }));
}

type Entry = Omit<TrajectoryEntry, 'id' | 'timestampMs' | 'agentId'>;

function spokenEntries(event: EventOf<'model-answered'>): Entry[] {
  return event.content.flatMap((block): Entry[] => {
    if (block.type === 'tool-call' || block.text === '') return [];
    return block.type === 'thinking'
      ? [{ toolType: 'think', toolName: 'think', details: block.text, args: null }]
      : [{ toolType: 'message', toolName: 'message', details: block.text, args: null }];
  });
}

function toolEntry(event: EventOf<'tool-called'>, result: EventOf<'tool-returned'> | undefined): Entry {
  const { tool, arguments: given } = event;
  const details = result?.output ?? '';
  const text = (name: string): string => (typeof given[name] === 'string' ? given[name] : '');
  const edit = (args: Readonly<Record<string, unknown>>): Entry => ({
    toolType: 'edit',
    toolName: 'str_replace_editor',
    details,
    args: { path: text('path'), ...args },
  });
  switch (tool) {
    case 'communicate':
      return {
        toolType: 'communication',
        toolName: 'openhands_comm_send',
        details: text('message'),
        args: null,
      };
    case 'bash':
      return { toolType: 'bash', toolName: 'execute_bash', details, args: given };
    case 'view':
      return {
        toolType: 'view',
        toolName: 'str_replace_editor',
        details,
        args: { command: 'view', ...given },
      };
    case 'create':
      return edit({ command: 'create', file_text: text('content') });
    case 'replace':
      return edit({ command: 'str_replace', old_str: text('old_text'), new_str: text('new_text') });
    case 'insert':
      return edit({ command: 'insert', insert_line: given['after_line'], new_str: text('text') });
    case 'submit':
      return { toolType: 'message', toolName: 'finish', details: text('summary'), args: null };
    default:
      // A tool that does not exist: the format has no type for it.
      return { toolType: 'message', toolName: tool, details, args: given };
  }
}
