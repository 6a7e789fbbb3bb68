/** Ingestion alone, over the embedded log: what `tenon up` puts behind its HTTP port, without the other services. */
import { createFileCatalog } from '@tenon/catalog';
import { createFileEventLog, createIds, createMemoryBus, systemClock } from '@tenon/adapters-embedded';
import { createHttpServer, createLogger, createTracing } from '@tenon/runtime';
import { INGESTION_DEFAULTS, createIngestion } from '@tenon/service-ingestion';

async function main(directory: string): Promise<void> {
  const logger = createLogger({ level: 'warn', name: 'bench' });
  const log = await createFileEventLog({ directory, clock: systemClock });
  const ids = createIds();
  const { sources } = await createFileCatalog('catalog').load();
  // Off, unless whoever measures has named a receiver: see tools/bench/tracing.ts.
  const tracing = createTracing({
    environment: process.env,
    logger,
    clock: systemClock,
    version: 'bench',
    instance: 'bench',
    systems: { log: 'tenon', bus: 'tenon', store: 'lmdb' },
  });
  const service = await createIngestion({
    tracer: tracing.scope('ingestion'),
    log,
    bus: createMemoryBus(),
    clock: systemClock,
    ids,
    logger,
    sources,
    products: [],
    config: { ...INGESTION_DEFAULTS, cutEveryMs: null },
  });
  const server = await createHttpServer({ routes: service.routes, host: '127.0.0.1', port: 0, logger, ids });
  process.send?.({ url: `${server.url}/v1/sources/flights/events` });
  process.once('SIGTERM', () => process.exit(0));
}

void main(process.argv[2] as string);
