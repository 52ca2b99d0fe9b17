import { createLocalSandboxProvider } from '../../src/sandbox/local-sandbox.js';
import { sandboxContract } from '../contract/sandbox-contract.js';

sandboxContract('local', () => createLocalSandboxProvider());
