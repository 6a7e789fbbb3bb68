import { describeMemory } from './suite';

describeMemory('ingestion');
