import { TroupeError } from '../base/errors.js';

export type RefusalCode =
  'outside-workspace' | 'file-not-found' | 'not-a-file' | 'file-too-large' | 'file-not-writable';

/** An agent asked its sandbox for something that it may not have; told to the agent, not to the user. */
export class SandboxRefusal extends TroupeError {
  constructor(message: string, code: RefusalCode) {
    super(message, { code });
  }
}
