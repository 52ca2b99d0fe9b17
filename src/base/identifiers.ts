import { v5 as uuidFromName, v7 as uuidFromTime } from 'uuid';

/** Gives each run its identifier; injected so that scripted runs repeat exactly. */
export type IdentifierSource = () => string;

/** Identifiers that sort by time of creation (UUID version 7). */
export const timeOrderedIdentifiers: IdentifierSource = () => uuidFromTime();

const NAMESPACE = '7b0c5a52-6f0e-5b8e-9a9e-3d4f1c2b7a10';

/** The same identifiers, in the same order, for the same seed (UUID version 5). */
export function seededIdentifiers(seed: string | number): IdentifierSource {
  let count = 0;
  return () => {
    count += 1;
    return uuidFromName(`${seed}/${count}`, NAMESPACE);
  };
}
