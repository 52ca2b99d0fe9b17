/**
 * What Troupe's own tests are made with, for yours: models that play scripts, a clock that moves when told, a
 * sandbox in memory, and seeded sources of chance and names.
 */
export { SimulatedClock } from './base/clock.js';
export { seededIdentifiers } from './base/identifiers.js';
export { pick, seededRandom, type RandomSource } from './base/random.js';
export { MemoryAttachments } from './log/attachments.js';
export { MemorySink } from './log/event-log.js';
export { ScriptedModel } from './model/scripted-model.js';
export type { Observation, Script, ScriptedCall, ScriptedTurn } from './model/scripted-model.js';
export { FakeSandbox, type FakeCommand } from './sandbox/fake-sandbox.js';
