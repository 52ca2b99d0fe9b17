import type { CompleteScenario } from '../src/scenario/scenario.js';
import { coop } from './coop.js';
import { coopAblation } from './coop-ablation.js';
import { noComm } from './no-comm.js';
import { single } from './single.js';
import { solo } from './solo.js';

/** The scenarios that come with Troupe, by name. */
export const scenarios: ReadonlyMap<string, CompleteScenario> = new Map(
  [single, solo, coop, coopAblation, noComm].map((scenario) => [scenario.name, scenario]),
);

export { coop, coopAblation, noComm, single, solo };
