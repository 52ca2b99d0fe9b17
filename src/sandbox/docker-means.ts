import { TroupeError, UserMistake } from '../base/errors.js';
import type { DockerFinding } from './machine-check.js';

// The engine's client is loaded by those who ask for it, since it costs more than all else of a start.

/** Whether a Docker engine answers, and how the user can have one. */
export async function findDocker(): Promise<DockerFinding> {
  try {
    const { connectEngine, describeEngine } = await import('./docker/engine.js');
    const { address, version, operatingSystem, limitsDisk } = await describeEngine(connectEngine());
    const disk = limitsDisk ? '' : '; disk use of containers cannot be limited on it';
    return { state: 'works', detail: `${version} at ${address}, ${operatingSystem}${disk}` };
  } catch (error) {
    if (!(error instanceof TroupeError)) throw error;
    return { state: 'missing', reason: error.message, remedy: dockerRemedy(error) };
  }
}

function dockerRemedy(error: TroupeError): string {
  const text = error instanceof UserMistake ? error.remedy : undefined;
  // The doctor itself is no remedy in the doctor's own table.
  return text?.split(';')[0] ?? 'see the logs of the Docker engine';
}

/** Removes containers and volumes of dead runs; none where no engine answers. */
export async function removeContainerLeftovers(): Promise<{ kind: string; name: string }[]> {
  const { connectEngine } = await import('./docker/engine.js');
  const { removeLeftovers } = await import('./docker/leftovers.js');
  if ((await findDocker()).state !== 'works') return [];
  return (await removeLeftovers(connectEngine())).map(({ kind, name }) => ({ kind, name }));
}
