import { closed } from '../src/channel/channel-policy.js';
import { defineScenario } from '../src/scenario/scenario.js';

export const solo = defineScenario({
  name: 'solo',
  description: 'One agent, both features, one plan, one patch: the same work without a team.',
  agents: [{ id: 'agent1', features: [1, 2] }],
  channel: closed(),
});
