/** The batch service as a process of its own: docs/configuration.md says how it is configured. */
import { constants, setPriority } from 'node:os';
import { endProcess, runAlone } from '@tenon/composition';

// It has until the next cut, and beside it there may be services that answer within milliseconds. Threads have the priority
// that their process had when they began, so this comes first. Also on a machine that is overloaded it gets on.
try {
  setPriority(constants.priority.PRIORITY_LOW);
} catch {
  // A system that does not let it: then it works as the others do.
}

void runAlone('batch').then(endProcess);
