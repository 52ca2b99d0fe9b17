import { connectEngine, describeEngine } from '../../../src/sandbox/docker/engine.js';
import { createDockerSandboxProvider } from '../../../src/sandbox/docker/docker-provider.js';
import { attackSuite } from '../../contract/attack-suite.js';
import { describeWithDocker, TEST_IMAGE, WITHOUT_DOCKER } from './docker-engine.js';

const limitsDisk = WITHOUT_DOCKER === undefined && (await describeEngine(connectEngine())).limitsDisk;

describeWithDocker('Docker', () => {
  attackSuite(
    'docker',
    (limits) => createDockerSandboxProvider({ image: TEST_IMAGE, limits, run: 'attacks' }),
    {
      limitsDisk,
    },
  );
});
