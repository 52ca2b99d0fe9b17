import { open } from '../src/channel/channel-policy.js';
import { defineScenario } from '../src/scenario/scenario.js';

export const coop = defineScenario({
  name: 'coop',
  description: 'Two agents, one feature each; they may talk while they plan and while they work.',
  agents: [
    { id: 'agent1', features: [1] },
    { id: 'agent2', features: [2] },
  ],
  channel: open(),
});
