import { during } from '../src/channel/channel-policy.js';
import { defineScenario } from '../src/scenario/scenario.js';
import { coop } from './coop.js';

export const coopAblation = defineScenario({
  ...coop,
  name: 'coop_ablation',
  description: 'As coop, but the channel closes when the work begins.',
  channel: during('planning'),
});
