import { describeMemory } from './suite';

describeMemory('batch');
