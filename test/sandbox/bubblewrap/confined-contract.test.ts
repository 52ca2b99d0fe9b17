import { describe } from 'vitest';

import { createConfinedSandboxProvider } from '../../../src/sandbox/bubblewrap/confined-sandbox.js';
import { sandboxContract } from '../../contract/sandbox-contract.js';
import { whyNoBubblewrap } from './availability.js';

const title = (what: string): string =>
  whyNoBubblewrap === undefined ? what : `${what} (skipped: ${whyNoBubblewrap})`;

describe.skipIf(whyNoBubblewrap !== undefined)(title('bubblewrap'), () => {
  sandboxContract('confined', () => createConfinedSandboxProvider());
});
