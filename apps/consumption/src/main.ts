/** The consumption service as a process of its own: docs/configuration.md says how it is configured. */
import { runAlone } from '@tenon/composition';

void runAlone('consumption').then((code) => process.exit(code));
