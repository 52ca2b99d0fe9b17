import { describe } from 'vitest';

import { connectEngine, describeEngine } from '../../../src/sandbox/docker/engine.js';
import { BASE_IMAGE } from '../../../src/sandbox/docker/image-names.js';
import { hasImage } from '../../../src/sandbox/docker/images.js';

/** The image in which the suites run: bash, coreutils, git, procps, python3 and node. */
export const TEST_IMAGE = process.env['TROUPE_BASE_IMAGE'] ?? BASE_IMAGE;

async function whyNot(): Promise<string | undefined> {
  try {
    const docker = connectEngine();
    await describeEngine(docker);
    return (await hasImage(docker, TEST_IMAGE))
      ? undefined
      : `there is no image ${TEST_IMAGE}: troupe images build`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Why suites that need an engine cannot run here; `undefined` where they can. */
export const WITHOUT_DOCKER = await whyNot();

/**
 * A suite that needs an engine. Without one it is skipped and says why; where `TROUPE_REQUIRE_DOCKER` is set, as in
 * CI, that is a failure.
 */
export function describeWithDocker(name: string, body: () => void): void {
  if (WITHOUT_DOCKER === undefined) return void describe(name, body);
  if (process.env['TROUPE_REQUIRE_DOCKER'] === '1') throw new Error(`${name}: ${WITHOUT_DOCKER}`);
  describe.skip(`${name} (skipped: ${WITHOUT_DOCKER})`, body);
}
