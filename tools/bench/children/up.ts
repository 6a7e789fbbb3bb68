/** `tenon up` as it is, in a process of its own. */
import { SERVICES, startHost } from '@tenon/composition';
import { createLogger, readSettings } from '@tenon/runtime';

async function main(data: string, catalog = 'catalog'): Promise<void> {
  const settings = readSettings({ TENON_PORT: '0', TENON_CUT_EVERY: 'off', TENON_CATALOG: catalog });
  const logger = createLogger({ level: 'warn', name: 'tenon' });
  const up = await startHost({ services: SERVICES, supervised: true, settings, data, logger });
  process.send?.({ url: up.url });
  process.once('SIGTERM', () => void up.stop().then(() => process.exit(0)));
}

void main(process.argv[2] as string, process.argv[3]);
