import { createDockerSandboxProvider } from '../../../src/sandbox/docker/docker-provider.js';
import { sandboxContract } from '../../contract/sandbox-contract.js';
import { describeWithDocker, TEST_IMAGE } from './docker-engine.js';

describeWithDocker('Docker', () => {
  sandboxContract('docker', () => createDockerSandboxProvider({ image: TEST_IMAGE, run: 'contract' }));
});
