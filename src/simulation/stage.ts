import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { executionInstructions, executionTask } from '../../agents/prompts/execution-prompt.js';
import { planningInstructions, planningTask } from '../../agents/prompts/planning-prompt.js';
import type { PromptSubject } from '../../agents/prompts/prompt-subject.js';
import type { AgentEffects, AgentPhase, PhaseBrief } from '../agent/agent-effects.js';
import { AgentSession } from '../agent/agent-session.js';
import { agentToolboxes } from '../agent/agent-toolboxes.js';
import type { Clock } from '../base/clock.js';
import { describeError, Interrupted, TroupeError, UserMistake } from '../base/errors.js';
import { InProcessBus } from '../channel/in-process-bus.js';
import { selectFeatures } from '../dataset/task.js';
import type { GitStore } from '../git/git-store.js';
import { parsePatch } from '../git/patch-text.js';
import type { Attachments } from '../log/attachments.js';
import { fromContent, toContent } from '../log/content.js';
import { eventsOf } from '../log/event.js';
import type { EventLog, MemorySink } from '../log/event-log.js';
import type { Verdict } from '../log/referee-events.js';
import type { ChatModel } from '../model/chat-model.js';
import type { Phase } from '../log/run-events.js';
import type { RefereeInput } from '../referee/referee-machine.js';
import { RefereeSession } from '../referee/referee-session.js';
import { chooseWorkRoot } from '../sandbox/work-root.js';
import type { ManagedSandbox, SandboxProvider } from '../sandbox/sandbox.js';
import type { CompleteScenario } from '../scenario/scenario.js';
import { Cast } from './cast.js';
import type { RunLimits } from './limits.js';
import type { SimulationEffects } from './simulation-effects.js';
import type { SimulationOptions } from './simulation-options.js';
import { mergeModelName, type CastMember } from './team.js';

/** What a stage is built from: the run's options, completed. */
export interface StagePlan {
  readonly scenario: CompleteScenario;
  readonly options: SimulationOptions;
  readonly team: readonly CastMember[];
  readonly phases: readonly Phase[];
  readonly limits: RunLimits;
  readonly seed: string;
  readonly schedule: 'concurrent' | 'lockstep';
  readonly log: EventLog;
  readonly memory: MemorySink;
  readonly clock: Clock;
  readonly attachments: Attachments;
  readonly sandboxes: SandboxProvider;
  readonly signal: AbortSignal;
}

/** Where one run happens: its store, sandboxes, channel and models, from the first clone to the last cleaning-up. */
export class Stage implements SimulationEffects {
  readonly #plan: StagePlan;
  readonly #bus: InProcessBus;
  readonly #sandboxes = new Map<string, ManagedSandbox>();
  readonly #subjects = new Map<string, PromptSubject>();
  readonly #patches = new Map<string, Buffer>();
  /** Trees in the run's store that patches were taken from. */
  readonly #trees = new Map<string, string>();
  #folder: string | undefined;
  #referee: RefereeSession | undefined;
  #store: GitStore | undefined;
  #cast: Cast | undefined;
  #closing: Promise<void> | undefined;
  /** What made the stage unusable; thrown to the caller once everything is cleaned up. */
  failure: unknown;

  constructor(plan: StagePlan) {
    this.#plan = plan;
    const ids = plan.team.map((member) => member.id);
    this.#bus = new InProcessBus(ids, plan.scenario.channel, plan.log);
    for (const [agent, patch] of plan.options.patches ?? []) this.#patches.set(agent, patch);
  }

  async open(): Promise<ReadonlyMap<string, AgentEffects>> {
    const { team, phases, options, signal, limits, log, clock, seed } = this.#plan;
    signal.throwIfAborted();
    const root = await chooseWorkRoot(process.env);
    await mkdir(root, { recursive: true });
    this.#folder = await mkdtemp(path.join(root, `troupe-${process.pid}-run-`));
    this.#store = await options.task.createRunStore(path.join(this.#folder, 'store'));
    const environment = options.environment ?? process.env;
    this.#cast = await Cast.create({
      task: options.task,
      runStore: this.#store,
      team,
      seed,
      environment,
      limits,
      log,
      clock,
    });
    const acts = phases.includes('planning') || phases.includes('execution');
    if (!acts) return new Map();
    // All end before any failure is passed on, so that no sandbox is made behind the back of `close`.
    const opened = await Promise.allSettled(team.map((member) => this.#openAgent(member)));
    return new Map(
      team.map((member, index) => {
        const session = opened[index];
        if (session?.status !== 'fulfilled') throw session?.reason;
        return [member.id, session.value];
      }),
    );
  }

  async #openAgent(member: CastMember): Promise<AgentEffects> {
    const { options, team, log, clock, signal } = this.#plan;
    const partners = team.filter((other) => other.id !== member.id).map((other) => other.id);
    const descriptions = selectFeatures(options.task.task, member.features).map(async (feature) => ({
      id: feature.id,
      description: await feature.description(),
    }));
    this.#subjects.set(member.id, {
      agent: member.id,
      partners,
      features: await Promise.all(descriptions),
      limit: 0,
      instructions: member.instructions,
    });
    // Side by side, since both wait for git; neither is left to itself when the other fails.
    const [cast, opened] = await Promise.allSettled([
      this.#theCast.modelFor(member, member.model, member.field),
      this.#plan.sandboxes.create({
        name: member.id,
        folderName: options.task.folderName,
        populate: (folder) => options.task.populateClone(folder, signal),
      }),
    ]);
    if (opened.status === 'fulfilled') this.#sandboxes.set(member.id, opened.value);
    if (cast.status === 'rejected') throw cast.reason;
    if (opened.status === 'rejected') throw opened.reason;
    const model = cast.value;
    const sandbox = opened.value;
    const connection = await this.#bus.connect(member.id);
    const toolboxes = agentToolboxes(partners.length > 0);
    return new AgentSession({ id: member.id, model, sandbox, connection, toolboxes, log, clock, signal });
  }

  phaseStarted(phase: Phase): void {
    this.#plan.log.append({ type: 'phase-started', phase });
    this.#bus.enterPhase(phase);
  }

  phaseEnded(phase: Phase): void {
    this.#plan.log.append({ type: 'phase-ended', phase });
    this.#plan.log.flush();
  }

  inTurns(phase: Phase): boolean {
    return phase === 'planning' || this.#plan.schedule === 'lockstep';
  }

  brief(agent: string, phase: AgentPhase): PhaseBrief {
    const { limits } = this.#plan;
    const limit = phase === 'planning' ? limits.planningIterations : limits.executionActions;
    const known = this.#subjects.get(agent);
    if (known === undefined) throw new Error(`${agent} was never opened`);
    const subject = { ...known, limit };
    const pace = this.inTurns(phase) ? ('turns' as const) : ('free' as const);
    if (phase === 'planning') {
      const system = planningInstructions(subject);
      return { phase, limit, pace, turnLength: 'until-message', system, task: planningTask(subject) };
    }
    const system = executionInstructions(subject);
    const task = executionTask(subject, this.#planOf(agent));
    return { phase, limit, pace, turnLength: 'one-step', time: limits.executionTime, system, task };
  }

  #planOf(agent: string): string {
    const agreed = eventsOf(this.#plan.memory.events, 'plan-agreed').find((event) => event.agent === agent);
    return agreed?.plan ?? this.#plan.options.plans?.get(agent) ?? '';
  }

  async takePatches(): Promise<void> {
    const { options, team, log } = this.#plan;
    const store = this.#theStore;
    const base = options.task.baseCommit;
    const taken = await Promise.allSettled(
      team.map(async ({ id }) => {
        const sandbox = this.#sandboxes.get(id);
        if (sandbox === undefined) throw new Error(`${id} has no sandbox`);
        return sandbox.withFiles(async (folder) => {
          const { tree, leftOut } = await options.task.snapshot(store, folder);
          const patch = await store.diff(base, tree);
          return { patch, tree, leftOut: leftOut.map((file) => file.path) };
        });
      }),
    );
    for (const [index, member] of team.entries()) {
      const result = taken[index];
      if (result?.status === 'fulfilled') {
        this.#patches.set(member.id, result.value.patch);
        this.#trees.set(member.id, result.value.tree);
        this.#recordPatch(member, result.value.patch, result.value.leftOut);
      } else {
        this.#recordFault(member.id, result?.reason);
      }
    }
    log.flush();
    // What agents left running must not be there when tests run; it ends as disposal begins. Removing the files goes
    // on beside the tests, and `close` waits for it and tells of what cannot be removed.
    for (const sandbox of this.#sandboxes.values()) sandbox.dispose().catch(() => {});
  }

  #recordPatch(member: CastMember, patch: Buffer, leftOut: readonly string[]): void {
    this.#plan.log.append({
      type: 'patch-taken',
      agent: member.id,
      features: [...member.features],
      patch: toContent(patch),
      files: parsePatch(patch).map(({ oldPath, newPath, added, removed }) => ({
        path: newPath ?? oldPath ?? '',
        added,
        removed,
      })),
      leftOut: [...leftOut],
    });
  }

  refereeInput(): RefereeInput {
    const { options, scenario, team, memory, log, clock, attachments, signal } = this.#plan;
    const taken = new Set(eventsOf(memory.events, 'patch-taken').map((event) => event.agent));
    for (const member of team) {
      const patch = this.#patches.get(member.id);
      if (!taken.has(member.id) && patch !== undefined) this.#recordPatch(member, patch, []);
    }
    const evaluation = options.evaluation ?? (scenario.integration === 'merge' ? 'merge' : 'test');
    const session = new RefereeSession({
      evaluation,
      task: options.task,
      store: this.#theStore,
      sandboxes: this.#plan.sandboxes,
      features: options.features,
      branches: team.map((member) => {
        const tree = this.#trees.get(member.id);
        return {
          agent: member.id,
          features: member.features,
          patch: this.#patches.get(member.id) ?? Buffer.alloc(0),
          ...(tree === undefined ? {} : { tree }),
        };
      }),
      mergeModel: () => this.#mergeModel(),
      events: () => memory.events,
      log,
      clock,
      attachments,
      signal,
      testTimeout: options.testTimeout ?? 10 * 60_000,
      testConcurrency: options.testConcurrency ?? 2,
    });
    this.#referee = session;
    return {
      evaluation,
      features: options.features,
      effects: session,
      faults: [
        ...(options.earlierFaults ?? []),
        ...eventsOf(memory.events, 'fault-occurred').map((event) => `${event.where}: ${event.detail}`),
      ],
    };
  }

  async #mergeModel(): Promise<ChatModel | undefined> {
    const { options, team } = this.#plan;
    const name = mergeModelName(options.mergeModel, team);
    if (name === undefined) return undefined;
    try {
      return await this.#theCast.modelFor({ id: 'referee', features: [] }, name, '--merge-model');
    } catch (error) {
      // One that was asked for has been checked; the agents' own may be out of reach when only evaluating.
      if (error instanceof UserMistake && options.mergeModel === undefined) return undefined;
      throw error;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const ends = [
      this.#bus.close(),
      this.#referee?.settled(),
      ...[...this.#sandboxes.values()].map((sandbox) => sandbox.dispose()),
    ];
    const ended = await Promise.allSettled(ends);
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
    for (const result of ended) if (result.status === 'rejected') throw result.reason;
  }

  isInterrupted(): boolean {
    return this.#plan.signal.aborted;
  }

  fault(where: string, error: unknown): void {
    if (this.isInterrupted() || error instanceof Interrupted) return;
    this.failure ??= error;
    this.#recordFault(where, error);
  }

  #recordFault(where: string, error: unknown): void {
    const code = error instanceof TroupeError ? error.code : 'unexpected';
    this.#plan.log.append({ type: 'fault-occurred', where, code, detail: describeError(error) });
  }

  concluded(verdict: Verdict | undefined): void {
    const { log, memory } = this.#plan;
    const faulty = verdict === undefined && eventsOf(memory.events, 'fault-occurred').length > 0;
    const broke = this.failure !== undefined || faulty || verdict?.lostAt === 'infrastructure';
    const status = this.isInterrupted() ? 'interrupted' : broke ? 'broke' : 'done';
    const detail = this.failure === undefined ? {} : { detail: describeError(this.failure) };
    log.append({ type: 'run-ended', status, ...detail });
    log.flush();
  }

  get #theStore(): GitStore {
    if (this.#store === undefined) throw new Error('the stage is not open');
    return this.#store;
  }

  get #theCast(): Cast {
    if (this.#cast === undefined) throw new Error('the stage is not open');
    return this.#cast;
  }

  /** Patches as taken or given, by agent. */
  patchesTaken(): ReadonlyMap<string, Buffer> {
    return new Map(
      eventsOf(this.#plan.memory.events, 'patch-taken').map((event) => [
        event.agent,
        fromContent(event.patch),
      ]),
    );
  }
}
