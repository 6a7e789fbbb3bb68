/** The speed layer alone, over a log that is there already: consume, aggregate, flush. */
import { createFileCatalog } from '@tenon/catalog';
import {
  createFileEventLog,
  createIds,
  createLmdbProductStore,
  createMemoryBus,
  systemClock,
} from '@tenon/adapters-embedded';
import { TOPICS } from '@tenon/contracts';
import { createEngine } from '@tenon/engine';
import { createLogger, planCatalog } from '@tenon/runtime';
import { SPEED_DEFAULTS, createSpeed } from '@tenon/service-speed';
import { servedPointers, troubleBook } from '@tenon/views';

async function main(log: string, scratch: string, products: readonly string[]): Promise<void> {
  const logger = createLogger({ level: 'warn', name: 'bench' });
  const events = await createFileEventLog({ directory: log, clock: systemClock });
  const engine = await createEngine({});
  const { sources, plans } = await planCatalog(engine, await createFileCatalog('catalog').load());
  const store = await createLmdbProductStore({ directory: `${scratch}/store` });
  const ends = await events.endOffsets(TOPICS.events('flights'));
  const total = Object.values(ends).reduce((sum, end) => sum + end, 0);
  process.send?.({ total });
  process.once('message', () => {
    void (async () => {
      const cpu = process.cpuUsage();
      const began = performance.now();
      const speed = await createSpeed({
        log: events,
        bus: createMemoryBus(),
        pointers: servedPointers(store),
        troubles: troubleBook(store, systemClock),
        engine,
        clock: systemClock,
        ids: createIds(),
        logger,
        sources,
        plans: plans.filter((plan) => products.includes(plan.product)),
        config: SPEED_DEFAULTS,
      });
      while (position(speed.status()) < total) await new Promise((done) => setTimeout(done, 5));
      await speed.stop();
      const used = process.cpuUsage(cpu);
      process.send?.({ cpu: (used.user + used.system) / 1e6, wall: (performance.now() - began) / 1000 });
    })();
  });
  process.once('SIGTERM', () => process.exit(0));
}

function position(status: Record<string, unknown>): number {
  const sources = status.sources as { partitions: { next: number }[] }[];
  return sources.flatMap((source) => source.partitions).reduce((sum, partition) => sum + partition.next, 0);
}

void main(process.argv[2] as string, process.argv[3] as string, (process.argv[4] as string).split(','));
