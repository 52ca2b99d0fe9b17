import { createActor, toPromise } from 'xstate';
import { SimulatedClock, systemClock } from '../base/clock.js';
import { Interrupted } from '../base/errors.js';
import { seededIdentifiers, timeOrderedIdentifiers } from '../base/identifiers.js';
import { troupeVersion } from '../base/version.js';
import { selectFeatures } from '../dataset/task.js';
import { MemoryAttachments } from '../log/attachments.js';
import { EVENT_FORMAT_VERSION, eventsOf, type RunEvent } from '../log/event.js';
import { EventLog, MemorySink } from '../log/event-log.js';
import { EventStream } from '../log/event-stream.js';
import { ScrubbedAttachments } from '../log/scrubbing.js';
import type { Verdict } from '../log/referee-events.js';
import type { Phase } from '../log/run-events.js';
import { secretScrubber } from '../model/secret-scrubber.js';
import { createLocalSandboxProvider } from '../sandbox/local-sandbox.js';
import { defineScenario, type Scenario } from '../scenario/scenario.js';
import { completeLimits } from './limits.js';
import { simulationMachine } from './simulation-machine.js';
import type { SimulationOptions } from './simulation-options.js';
import { Stage } from './stage.js';
import { checkMergeModel, checkTeam, dealTeam, isAllScripted } from './team.js';

/** What came of a run. */
export interface SimulationResult {
  readonly runId: string;
  readonly status: 'done' | 'broke' | 'interrupted';
  /** Absent where the run had no evaluation or did not reach its end. */
  readonly verdict: Verdict | undefined;
  /** The whole log. */
  readonly events: readonly RunEvent[];
}

/** A run under way: iterate over its events, await its result, or both. */
export interface Simulation extends AsyncIterable<RunEvent> {
  readonly runId: string;
  /**
   * Resolves once everything is cleaned up, whatever the verdict.
   *
   * @throws {UserMistake} where the run could not begin as asked; {InfrastructureFault} where it could not be
   * carried on or its log could not be written.
   */
  readonly result: Promise<SimulationResult>;
}

/**
 * Runs a scenario on a task: its agents plan and work, the referee merges, tests and gives its verdict.
 *
 * @throws {UserMistake} for a scenario, feature, model or limit that cannot be.
 */
export function runSimulation(scenario: Scenario, options: SimulationOptions): Simulation {
  const complete = defineScenario(scenario);
  selectFeatures(options.task.task, options.features);
  const team = dealTeam(complete, options.features, options.models as readonly [string, ...string[]]);
  const phases = options.phases ?? scenarioPhases(complete.planning);
  const acts = phases.includes('planning') || phases.includes('execution');
  const environment = options.environment ?? process.env;
  if (acts) checkTeam(team, environment);
  checkMergeModel(options.mergeModel, environment);
  const limits = completeLimits(options.limits);
  const seed = options.seed ?? '1';
  const schedule = options.schedule ?? (isAllScripted(team) ? 'lockstep' : 'concurrent');
  const isRepeatable = schedule === 'lockstep' && isAllScripted(team);
  const clock = options.clock ?? (isRepeatable ? new SimulatedClock() : systemClock);
  const { task } = options.task;
  const name = [complete.name, task.repoName, task.taskId, options.features, phases, seed].join('/');
  const identifiers =
    options.identifiers ?? (isRepeatable ? seededIdentifiers(name) : timeOrderedIdentifiers);
  const runId = identifiers();

  const memory = new MemorySink();
  const stream = new EventStream();
  // Commands in the local sandbox can read this process's own variables, whatever the run was given.
  const scrub = secretScrubber(process.env, environment);
  const log = new EventLog(clock, [memory, ...(options.sinks ?? []), stream], { scrub });
  log.append<'run-started'>({
    type: 'run-started',
    formatVersion: EVENT_FORMAT_VERSION,
    troupeVersion: troupeVersion(),
    runId,
    scenario: complete.name,
    setting: complete.name,
    channel: complete.channel.description,
    phases: [...phases],
    task: { repoName: task.repoName, taskId: task.taskId, baseCommit: options.task.baseCommit },
    features: [...options.features],
    agents: team.map(({ id, model, features }) => ({ id, model, features: [...features] })),
    schedule,
    seed,
    limits,
  });
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort(new Interrupted());
  if (options.signal?.aborted) interrupt();
  options.signal?.addEventListener('abort', interrupt, { once: true });
  const attachments = options.attachments ?? new MemoryAttachments();
  const sandboxes = options.sandboxes ?? createLocalSandboxProvider();
  const stage = new Stage({
    scenario: complete,
    options,
    team,
    phases,
    limits,
    seed,
    schedule,
    log,
    memory,
    clock,
    attachments: scrub === undefined ? attachments : new ScrubbedAttachments(attachments, scrub),
    sandboxes,
    signal: interruption.signal,
  });
  const actor = createActor(simulationMachine, {
    systemId: 'simulation',
    input: { agents: team.map((member) => member.id), phases, effects: stage },
  });
  const finish = async (): Promise<SimulationResult> => {
    try {
      const { verdict } = await toPromise(actor.start());
      if (stage.failure !== undefined) throw stage.failure;
      const status = eventsOf(memory.events, 'run-ended').at(-1)?.status ?? 'broke';
      return { runId, status, verdict, events: memory.events };
    } catch (error) {
      // Where the machine itself broke (a log that cannot be written), nobody has closed the stage yet.
      interrupt();
      await stage.close().catch(() => {});
      throw stage.failure ?? error;
    } finally {
      options.signal?.removeEventListener('abort', interrupt);
      if (options.sandboxes === undefined) await sandboxes.disposeAll().catch(() => {});
      try {
        log.close();
      } finally {
        // Whoever iterates must not wait for ever because another sink could not be closed.
        stream.close();
      }
    }
  };
  const result = finish();
  // Whoever only iterates learns of a failure by the log's last event.
  result.catch(() => {});
  return { runId, result, [Symbol.asyncIterator]: () => stream[Symbol.asyncIterator]() };
}

function scenarioPhases(planning: boolean): Phase[] {
  return planning ? ['planning', 'execution', 'evaluation'] : ['execution', 'evaluation'];
}
