import type { AgentEffects, AgentPhase, PhaseBrief } from '../agent/agent-effects.js';
import type { Phase } from '../log/run-events.js';
import type { Verdict } from '../log/referee-events.js';
import type { RefereeInput } from '../referee/referee-machine.js';

/** Everything that the simulation does to the world; its machine only decides. */
export interface SimulationEffects {
  /** Makes clones, sandboxes, connections and models. Afterwards every agent's effects are there. */
  open(): Promise<ReadonlyMap<string, AgentEffects>>;
  phaseStarted(phase: Phase): void;
  phaseEnded(phase: Phase): void;
  brief(agent: string, phase: AgentPhase): PhaseBrief;
  /** Whether agents act one at a time in this phase. */
  inTurns(phase: Phase): boolean;
  /** Takes every agent's patch from its tree, and ends the agents' sandboxes. */
  takePatches(): Promise<void>;
  refereeInput(): RefereeInput;
  /** Ends sandboxes and connections, whatever happened; safe to call twice. */
  close(): Promise<void>;
  isInterrupted(): boolean;
  fault(where: string, error: unknown): void;
  concluded(verdict: Verdict | undefined): void;
}
