import type { Clock } from '../base/clock.js';
import type { IdentifierSource } from '../base/identifiers.js';
import type { PreparedTask } from '../dataset/prepared-task.js';
import type { Attachments } from '../log/attachments.js';
import type { EventSink } from '../log/event-log.js';
import type { Phase } from '../log/run-events.js';
import type { Environment } from '../model/providers.js';
import type { EvaluationType } from '../referee/referee-effects.js';
import type { SandboxProvider } from '../sandbox/sandbox.js';
import type { RunLimits } from './limits.js';

/** What one run of a scenario is given. Only `task`, `features` and `models` are needed. */
export interface SimulationOptions {
  readonly task: PreparedTask;
  /** Feature ids, dealt to the agents as the scenario says. */
  readonly features: readonly number[];
  /** Model names in the order of the scenario's agents; the last one serves all agents after it. */
  readonly models: readonly string[];
  /** Default: local sandboxes, ended with the run. */
  readonly sandboxes?: SandboxProvider;
  /** Phases to go through. Default: all that the scenario has. */
  readonly phases?: readonly Phase[];
  /** Plans by agent, where planning was done before. */
  readonly plans?: ReadonlyMap<string, string>;
  /** Patches by agent, where execution was done before. */
  readonly patches?: ReadonlyMap<string, Buffer>;
  /** What broke under that execution, one line each; it is not the agents' failure then. */
  readonly earlierFaults?: readonly string[];
  /** Default: as the scenario integrates. */
  readonly evaluation?: EvaluationType;
  /** Live model of the merge ladder's last rung. Default: the first agent's, where that is a live one. */
  readonly mergeModel?: string;
  readonly limits?: Partial<RunLimits>;
  /** Draws wordings and identifiers. Default: `1`. */
  readonly seed?: string;
  /**
   * `concurrent`: agents work side by side, as in the paper; `lockstep`: one step each in turn, on a simulated
   * clock, so that scripted runs repeat byte for byte. Default: `lockstep` where every model is scripted.
   */
  readonly schedule?: 'concurrent' | 'lockstep';
  /** Keys, base URLs and price file of live models. Default: `process.env`. */
  readonly environment?: Environment;
  /** Told of every event, beside the iterator. */
  readonly sinks?: readonly EventSink[];
  readonly attachments?: Attachments;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly identifiers?: IdentifierSource;
  /** Milliseconds that one test script may take. Default: 10 minutes. */
  readonly testTimeout?: number;
  /** Test scripts that run at the same time. Default: 2. */
  readonly testConcurrency?: number;
}
