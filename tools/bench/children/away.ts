/** Stores as speed and consumption leave them after a number of cuts with batch away, and questions to each in turn. */
import { join } from 'node:path';
import {
  createFileEventLog,
  createIds,
  createLmdbProductStore,
  createMemoryBus,
  systemClock,
} from '@tenon/adapters-embedded';
import { STORE_KEYS, TOPICS } from '@tenon/contracts';
import { EMPTY_LEDGER, cellKey, idOf } from '@tenon/domain';
import type { HttpRequest, ProductStore } from '@tenon/ports';
import { createLogger } from '@tenon/runtime';
import { foldStretches } from '@tenon/service-consumption';
import { SERVING_DEFAULTS, createServing } from '@tenon/service-serving';
import { layoutOf, placesOf } from '@tenon/views';
import { READINGS, hourOf, openReadings, siteOf, statesOf } from './serving-store';

type Readings = Awaited<ReturnType<typeof openReadings>>;

const CELLS_OF_AN_EPOCH = 10;
const RECORDS_OF_AN_EPOCH = 100;
/** As often as consumption looks for what is to be folded together, in cuts. */
const FOLD_EVERY = 10;
const QUESTIONS = 200;

async function fill(store: ProductStore, { engine, plan, source }: Readings, cuts: number): Promise<void> {
  const [states] = await statesOf(engine, source, plan, 1);
  const layout = layoutOf(plan, [source]);
  const product = idOf(plan);
  const types = plan.key.map(({ type }) => type);
  const deps = { store, clock: systemClock, config: { foldCells: 2000 } };
  for (let epoch = 0; epoch < cuts; epoch++) {
    await store.transact(async (tx) => {
      layout.lanes.forEach((_, lane) => {
        const prefix = STORE_KEYS.speed(product, epoch, lane);
        for (let cell = 0; cell < CELLS_OF_AN_EPOCH; cell++) {
          const key = [hourOf(Math.floor(epoch / 60)), siteOf(lane * CELLS_OF_AN_EPOCH + cell)];
          const id = cellKey(types, key);
          const k = JSON.stringify(key);
          const json = JSON.stringify({ k: key, s: states });
          tx.putJson('speed', prefix + id, json, placesOf(layout, prefix, id, k));
        }
        const ledger = { ...EMPTY_LEDGER, aggregated: RECORDS_OF_AN_EPOCH };
        const [start, next] = [epoch * RECORDS_OF_AN_EPOCH, (epoch + 1) * RECORDS_OF_AN_EPOCH];
        tx.put('meta', STORE_KEYS.progress(product, epoch, lane), {
          ...{ v: 1, start, next, closed: true, nextEpoch: epoch + 1, ledger, watermark: null },
          ...{ closedAt: 0, orders: layout.ordersMark },
        });
      });
    });
    if (epoch % FOLD_EVERY === 0) await foldStretches(deps, layout, () => true, new AbortController().signal);
  }
  await foldStretches(deps, layout, () => true, new AbortController().signal);
}

async function main(directory: string, all: readonly number[]): Promise<void> {
  const readings = await openReadings(directory);
  const log = createFileEventLog({ directory: join(directory, 'log'), clock: systemClock });
  await log.ensureTopic({ name: TOPICS.events(READINGS), partitions: readings.source.partitions });
  const ask: ((limit: number) => Promise<number>)[] = [];
  for (const cuts of all) {
    const store = createLmdbProductStore({ directory: join(directory, `store-${cuts}`) });
    await fill(store, readings, cuts);
    const serving = await createServing({
      ...{ ...readings, log, store, bus: createMemoryBus(), clock: systemClock, ids: createIds() },
      ...{ logger: createLogger({ level: 'error', name: 'bench' }), config: SERVING_DEFAULTS },
    });
    const route = serving.routes.find(({ path }) => path === '/v1/products/:name/rows');
    let asked = 0;
    ask.push(async () => {
      // Another store's state each time, as where something lands between two questions: nothing is answered from memory.
      await store.transact(async (tx) => tx.put('meta', 'bench/touched', (asked += 1)));
      const began = performance.now();
      const answer = await route?.handle({
        ...{ method: 'GET', path: '', params: { name: READINGS }, query: { limit: '10', order: 'desc' } },
        ...{ headers: {}, correlationId: 'c', signal: new AbortController().signal },
      } as unknown as HttpRequest);
      const took = performance.now() - began;
      const rows = (JSON.parse(answer?.text ?? JSON.stringify(answer?.json)) as { rows: unknown[] }).rows;
      if (rows.length !== 10) throw new Error(`${rows.length} rows after ${all[0]} cuts`);
      return took;
    });
  }
  const times = all.map((): number[] => []);
  for (let round = 0; round < QUESTIONS; round++)
    for (const [index, one] of ask.entries()) times[index]?.push(await one(10));
  process.send?.({ times: times.map((one) => one.slice(QUESTIONS / 4)) });
  process.once('SIGTERM', () => process.exit(0));
}

const [directory = '', ...cuts] = process.argv.slice(2);
void main(directory, cuts.map(Number));
