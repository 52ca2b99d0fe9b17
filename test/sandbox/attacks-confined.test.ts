import { describe } from 'vitest';

import { createConfinedSandboxProvider } from '../../src/sandbox/bubblewrap/confined-sandbox.js';
import { attackSuite } from '../contract/attack-suite.js';
import { whyNoBubblewrap } from './bubblewrap/availability.js';

describe.skipIf(whyNoBubblewrap !== undefined)(
  `bubblewrap${whyNoBubblewrap === undefined ? '' : ` (skipped: ${whyNoBubblewrap})`}`,
  () => {
    attackSuite('confined', (limits) => createConfinedSandboxProvider({ limits }), { limitsDisk: true });
  },
);
