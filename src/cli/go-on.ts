import path from 'node:path';
import { eventsOf, type RunEvent } from '../log/event.js';

/** Commands that know an option, where not all of the pipeline's do. */
const KNOWN_TO: ReadonlyMap<string, readonly string[]> = new Map([
  ['--max-iterations', ['run', 'plan']],
  ['--max-actions', ['run', 'execute']],
  ['--max-minutes', ['run', 'execute']],
  ['--merge-model', ['run', 'evaluate']],
]);

/**
 * The shell's words that go on where an interrupted command stopped: of a `run`, only the phases that it did not
 * finish; any other command as it was.
 *
 * @param words the command line, program left out.
 * @param events what the command recorded; none where it was stopped before.
 */
export function howToGoOn(program: string, words: readonly string[], events: readonly RunEvent[]): string {
  const [command, ...rest] = words;
  const whole = [program, ...words.map(shellWord)].join(' ');
  if (command !== 'run') return whole;
  const wasPlanned = isFinished(events, 'planning');
  const wasExecuted = isFinished(events, 'execution');
  if (!wasPlanned && !wasExecuted) return whole;
  const steps = wasExecuted ? ['evaluate'] : ['execute', 'evaluate'];
  return steps
    .map((step) => [program, step, ...optionsFor(step, rest).map(shellWord)].join(' '))
    .join(' && ');
}

/** Whether every agent came to an end of its own in a phase. */
function isFinished(events: readonly RunEvent[], phase: 'planning' | 'execution'): boolean {
  const agents = eventsOf(events, 'run-started')[0]?.agents ?? [];
  const stops = eventsOf(events, 'agent-stopped').filter((stop) => stop.phase === phase);
  const results = new Set(
    events.flatMap((event) =>
      event.type === (phase === 'planning' ? 'plan-agreed' : 'patch-taken') ? [event.agent] : [],
    ),
  );
  return (
    agents.length > 0 &&
    agents.every(
      ({ id }) =>
        results.has(id) &&
        stops.some(({ agent, reason }) => agent === id && reason !== 'interrupted' && reason !== 'fault'),
    )
  );
}

function optionsFor(command: string, words: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const [name = ''] = word.split('=', 1);
    const knownTo = KNOWN_TO.get(name);
    if (knownTo === undefined || knownTo.includes(command)) kept.push(word);
    else if (!word.includes('=')) index += 1;
  }
  return kept;
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * How this program was called, so that what is printed can be pasted: by npm's runner, by its name, or as a script.
 *
 * @param script `process.argv[1]`.
 */
export function programWord(script: string, environment: NodeJS.ProcessEnv, folder: string): string {
  if (environment['npm_command'] === 'exec') return 'npx troupe';
  const isOnPath = (environment['PATH'] ?? '').split(path.delimiter).includes(path.dirname(script));
  if (path.basename(script) === 'troupe' && isOnPath) return 'troupe';
  const relative = path.relative(folder, script);
  return `node ${shellWord(relative.startsWith('..') ? script : relative)}`;
}
