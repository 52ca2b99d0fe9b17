import type { RunEvent } from '../log/event.js';
import { plainText } from './plain-text.js';
import type { Colors, Terminal } from './terminal.js';

/** Tells a run's events as lines: what matters stays, steps pass by. */
export function progressReporter(terminal: Terminal, label: string): (event: RunEvent) => void {
  const { noteColors: colors } = terminal;
  const head = colors.dim(label);
  const senders = new Map<number, string>();
  let hasBegun = false;
  return (event) => {
    hasBegun ||= event.type === 'phase-started';
    // What keeps a run from beginning is told once, as the command's error.
    if (!hasBegun && event.type === 'fault-occurred') return;
    const line = permanentLine(event, senders, colors);
    if (line !== undefined) terminal.note(`${head}  ${line}`);
    else if (event.type === 'tool-called') {
      const target = event.arguments['path'] ?? event.arguments['command'] ?? '';
      terminal.status(
        `${label}  ${event.agent} ${event.step}: ${plainText(event.tool, 30)} ${plainText(String(target), 60)}`,
      );
    } else if (event.type === 'model-called') {
      terminal.status(`${label}  ${event.agent} step ${event.step}`);
    } else if (event.type === 'run-ended') terminal.status('');
  };
}

function permanentLine(event: RunEvent, senders: Map<number, string>, colors: Colors): string | undefined {
  switch (event.type) {
    case 'phase-started':
      return colors.bold(event.phase);
    case 'message-sent':
      senders.set(event.message, event.from);
      return `${event.from} → ${event.to.join(', ')}: ${plainText(event.content, 90)}`;
    case 'message-withheld':
    case 'message-returned':
      return colors.yellow(
        `message of ${senders.get(event.message) ?? '?'} ${event.type.slice(8)}: ${plainText(event.reason, 200)}`,
      );
    case 'model-retried':
      return colors.yellow(
        `${event.agent}: ${event.kind}, trying again in ${Math.round(event.delay / 100) / 10} s`,
      );
    case 'agent-stopped':
      return `${event.agent} ${event.reason} after ${event.steps} step${event.steps === 1 ? '' : 's'}`;
    case 'patch-taken':
      return `${event.agent} changed ${event.files.length} file${event.files.length === 1 ? '' : 's'}`;
    case 'patch-applied':
      return event.status === 'applied'
        ? undefined
        : colors.yellow(`${event.agent}'s patch ${event.status}: ${plainText(event.detail ?? '')}`);
    case 'merge-attempted': {
      const score = event.status === 'conflicts' ? ` (score ${event.score})` : '';
      const why = event.detail === undefined ? '' : `: ${plainText(event.detail)}`;
      return `${event.strategy} merge ${event.status}${score}${why}`;
    }
    case 'tests-finished': {
      const on = event.stage === 'alone' ? 'alone' : `on the ${event.strategy ?? ''} merge`;
      const outcome = event.passed ? colors.green('pass') : colors.red('fail');
      return `feature ${event.feature} ${on}: ${outcome}`;
    }
    case 'limit-unchecked':
      return colors.yellow(
        `${plainText(event.model)} is unpriced: --max-cost cannot hold for it (--max-tokens can)`,
      );
    case 'fault-occurred':
      return colors.red(`fault in ${event.where}: ${plainText(event.detail, 200)}`);
    case 'verdict-reached':
      return event.verdict.success
        ? colors.green(`success: ${event.verdict.explanation}`)
        : colors.red(`${event.verdict.lostAt ?? 'failed'}: ${plainText(event.verdict.explanation, 200)}`);
    case 'cause-assigned':
      return `cause: ${event.cause} — ${plainText(event.reason, 200)}`;
    default:
      return undefined;
  }
}
