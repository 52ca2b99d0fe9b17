/**
 * Troupe's public API. What is not listed here is internal and may change.
 *
 * Three ways in: {@link FileInterface} with {@link createPlan}, {@link createExecution} and {@link evaluate}
 * follow the Python tool step by step; {@link runSimulation} runs a scenario of your own;
 * {@link readLog} reads what a run left.
 */

// The pipeline, step by step, with results in the first Python release's layout.
export { BenchSetting } from './experiment/bench-setting.js';
export {
  FileInterface,
  type FileInterfaceOptions,
  type ResultLocation,
} from './experiment/file-interface.js';
export { createExecution, createPlan, evaluate, runAll } from './experiment/steps.js';
export type { EvaluationOptions, ExecutionOptions, PlanOptions } from './experiment/steps.js';
export type { StepOptions, StepResult } from './experiment/perform-run.js';
export { summarizeRun, type RunSummary } from './experiment/run-summary.js';

// Scenarios and simulations.
export { defineScenario, type AgentRole, type Scenario } from './scenario/scenario.js';
export { coop, coopAblation, noComm, scenarios, single, solo } from '../scenarios/index.js';
export { runSimulation, type Simulation, type SimulationResult } from './simulation/run-simulation.js';
export type { SimulationOptions } from './simulation/simulation-options.js';
export { DEFAULT_LIMITS, type RunLimits } from './simulation/limits.js';

// Channels.
export { all, closed, during, open } from './channel/channel-policy.js';
export type { ChannelPolicy, ChannelState, ChannelVerdict } from './channel/channel-policy.js';
export type { Bus, BusConnection, SendReceipt } from './channel/bus.js';
export { InProcessBus } from './channel/in-process-bus.js';
export type { Message, MessageDraft } from './channel/message.js';

// The event log.
export { EVENT_FORMAT_VERSION, eventsOf } from './log/event.js';
export type { EventBody, EventOf, EventType, RunEvent } from './log/event.js';
export { EventLog, MemorySink, type EventSink } from './log/event-log.js';
export { FileSink } from './log/file-sink.js';
export { parseLogLine, readLog, type BrokenLine } from './log/read-log.js';
export type { StopReason } from './log/agent-events.js';
export type { Cause, Loss, MergeStrategy, Verdict } from './log/referee-events.js';
export type { Phase } from './log/run-events.js';

// Datasets in CooperBench's layout.
export { listTasks, loadTask } from './dataset/list-tasks.js';
export { defaultDatasetFolder } from './experiment/file-interface.js';
export { prepareTask, type PrepareOptions } from './dataset/prepare-task.js';
export type { PreparedTask } from './dataset/prepared-task.js';
export type { Feature, Task } from './dataset/task.js';
export { goldConflicts, summarizeConflicts } from './referee/merge/gold-conflicts.js';
export type { PairConflict, TaskConflicts } from './referee/merge/gold-conflicts.js';

// Models and sandboxes.
export type { ChatAnswer, ChatModel, ChatRequest, TokenUsage } from './model/chat-model.js';
export { createLiveModel } from './model/create-model.js';
export { ModelError, type ModelErrorKind } from './model/model-error.js';
export { createLocalSandboxProvider } from './sandbox/local-sandbox.js';
export type { CommandResult, ManagedSandbox, Sandbox, SandboxProvider } from './sandbox/sandbox.js';

// Errors and time.
export { InfrastructureFault, Interrupted, TroupeError, UserMistake } from './base/errors.js';
export { systemClock, type Clock } from './base/clock.js';
