/** The batch service as a process of its own: docs/configuration.md says how it is configured. */
import { runAlone } from '@tenon/composition';

void runAlone('batch').then((code) => process.exit(code));
