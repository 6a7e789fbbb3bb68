/** What services of one process share, over a catalog of `wideCatalog`: embedded parts, and the product as it is served. */
import { createFileCatalog } from '@tenon/catalog';
import {
  createFileEventLog,
  createIds,
  createLmdbProductStore,
  createMemoryBus,
  systemClock,
} from '@tenon/adapters-embedded';
import { createEngine } from '@tenon/engine';
import type { HttpRequest, RunningService } from '@tenon/ports';
import { createLogger, planCatalog } from '@tenon/runtime';
import { SERVING_DEFAULTS, createServing } from '@tenon/service-serving';
import * as views from '@tenon/views';

export type WideParts = Awaited<ReturnType<typeof openParts>>;

export async function openParts(catalog: string, log: string, store: string) {
  const engine = await createEngine({});
  const products = await createLmdbProductStore({ directory: store });
  return {
    ...(await planCatalog(engine, await createFileCatalog(catalog).load())),
    engine,
    // A segment is deleted whole, and here there is one: what has landed can be landed again.
    log: await createFileEventLog({ directory: log, clock: systemClock, segmentBytes: 2 ** 30 }),
    store: products,
    // A checkout of before, which this may be run in, has no such ports.
    pointers: views.servedPointers?.(products),
    troubles: views.troubleBook?.(products, systemClock),
    bus: createMemoryBus(),
    clock: systemClock,
    ids: createIds(),
    logger: createLogger({ level: 'warn', name: 'bench' }),
  };
}

/** What answers say of the product. */
export interface Served {
  readonly generation: number;
  /** Events that answers do not include yet. */
  readonly behind: number;
}

/** Serving only, and without hints: it is here to be asked, not to work. */
export const startServing = (parts: WideParts): Promise<RunningService> =>
  createServing({ ...parts, bus: createMemoryBus(), config: SERVING_DEFAULTS });

const LOOK_EVERY_MS = 20;

/** Resolves once answers are as wanted. @param alive rejects if that can't be any more */
export async function untilServed(
  serving: RunningService,
  alive: Promise<unknown>,
  isWanted: (served: Served) => boolean,
): Promise<void> {
  for (;;) {
    const { products } = (await serving.overview?.()) as { products: Served[] };
    if (products.every(isWanted)) return;
    await Promise.race([alive, new Promise((done) => setTimeout(done, LOOK_EVERY_MS))]);
  }
}

/** Events that the answers hold, by the ledger. */
export async function aggregated(serving: RunningService): Promise<number> {
  const ledger = serving.routes.find(({ path }) => path === '/v1/ledger');
  const answer = await ledger?.handle({} as HttpRequest);
  const { products } = answer?.json as { products: { aggregated: number }[] };
  return products.reduce((sum, one) => sum + one.aggregated, 0);
}
