import { describeSeeds } from './seeds';

describeSeeds(0);
