import { closed } from '../src/channel/channel-policy.js';
import { defineScenario } from '../src/scenario/scenario.js';
import { coop } from './coop.js';

export const noComm = defineScenario({
  ...coop,
  name: 'no_comm',
  description: 'As coop, but no message ever arrives.',
  channel: closed(),
});
