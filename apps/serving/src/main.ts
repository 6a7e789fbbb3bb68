/** The serving service as a process of its own, with the dashboard: docs/configuration.md says how it is configured. */
import { endProcess, runAlone } from '@tenon/composition';
import { dashboardStatics } from '@tenon/dashboard';

void runAlone('serving', { statics: dashboardStatics() }).then(endProcess);
