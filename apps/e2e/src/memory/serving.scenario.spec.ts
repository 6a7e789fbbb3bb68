import { describeMemory } from './suite';

describeMemory('serving');
