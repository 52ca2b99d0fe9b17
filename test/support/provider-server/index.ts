/** A real HTTP server that stands in for the model providers, for tests of whole runs over the real SDKs. */
export type {
  ProgrammedAnswer,
  ProgrammedFailure,
  ProgrammedMessage,
  ProgrammedToolCall,
  ProgrammedUsage,
  RawAnswer,
} from './answers.js';
export type { RecordedRequest } from './recorded-request.js';
export { startProviderServer, TEST_KEYS, type AnswerScript, type ProviderServer } from './server.js';
