import { describeMemory } from './suite';

describeMemory('speed');
