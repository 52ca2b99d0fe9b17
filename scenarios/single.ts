import { closed } from '../src/channel/channel-policy.js';
import { defineScenario } from '../src/scenario/scenario.js';

export const single = defineScenario({
  name: 'single',
  description: 'One agent, one feature: what an agent can do alone.',
  agents: [{ id: 'agent1', features: [1] }],
  channel: closed(),
});
