/** The ingestion service as a process of its own: docs/configuration.md says how it is configured. */
import { runAlone } from '@tenon/composition';

void runAlone('ingestion').then((code) => process.exit(code));
