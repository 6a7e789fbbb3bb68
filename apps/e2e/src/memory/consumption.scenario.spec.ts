import { describeMemory } from './suite';

describeMemory('consumption');
