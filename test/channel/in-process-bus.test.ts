import { InProcessBus } from '../../src/channel/in-process-bus.js';
import { busContract } from '../contract/bus-contract.js';

busContract('in-process', (agents, policy, log) => new InProcessBus(agents, policy, log));
