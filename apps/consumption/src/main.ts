/** The consumption service as a process of its own: docs/configuration.md says how it is configured. */
import { endProcess, runAlone } from '@tenon/composition';

void runAlone('consumption').then(endProcess);
