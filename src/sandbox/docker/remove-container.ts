import { setTimeout as delay } from 'node:timers/promises';

import type { Container } from 'dockerode';

import { engineFault, statusOf } from './engine.js';

const LOOKS = 200;
const PAUSE = 25;

/** Kills and removes a container with its anonymous volumes, and returns when it is gone; one gone already is fine. */
export async function removeContainer(container: Container): Promise<void> {
  for (let look = 0; look < LOOKS; look += 1) {
    try {
      await container.remove({ force: true, v: true });
      return;
    } catch (error) {
      if (statusOf(error) === 404) return;
      // The engine is about it already: a container is removed by itself when its first process ends.
      if (statusOf(error) !== 409 || look === LOOKS - 1) {
        throw engineFault('a container could not be removed', error, 'container-not-removed');
      }
      await delay(PAUSE);
    }
  }
}
