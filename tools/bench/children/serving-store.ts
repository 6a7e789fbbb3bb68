/**
 * A product of any number of cells as landing leaves it: its base view, and the open epochs of its lanes with the cells of the
 * last window. Beside it the rows as a bare server would keep them, one JSON text for each.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFileCatalog } from '@tenon/catalog';
import { createLmdbProductStore } from '@tenon/adapters-embedded';
import { STORE_KEYS, pointerDocument } from '@tenon/contracts';
import type { Plan, SourceDefinition, State } from '@tenon/domain';
import { EMPTY_LEDGER, cellId, cellKey, formatTimestamp, idOf } from '@tenon/domain';
import { createEngine } from '@tenon/engine';
import type { Engine, LogRecord, ProductStore } from '@tenon/ports';
import { planCatalog } from '@tenon/runtime';
import { layoutOf, placesOf } from '@tenon/views';

export const READINGS = 'readings';
const HOURS = 1_000;
const LANES = 4;
const CELLS_PER_COMMIT = 20_000;
const FIRST_HOUR = 480_000;

/** Sites that are asked for, whatever number there are: so the same questions are asked of every size. */
const ASKED = 10;
export const siteAt = (turn: number, sites: number): number =>
  (turn % ASKED) * Math.max(1, Math.floor(sites / ASKED));

export const hourOf = (hour: number): string => formatTimestamp((FIRST_HOUR + hour) * 3.6e9);
export const siteOf = (site: number): string => `site-${String(site).padStart(6, '0')}`;

/** @returns the directory of a catalog with one windowed product of one dimension */
export function readingsCatalog(directory: string): string {
  const catalog = join(directory, 'catalog');
  mkdirSync(join(catalog, 'sources'), { recursive: true });
  mkdirSync(join(catalog, 'products'), { recursive: true });
  const schema = {
    type: 'object',
    properties: {
      t: { type: 'string', format: 'date-time' },
      site: { type: 'string', minLength: 1 },
      v: { type: 'integer' },
    },
    required: ['t', 'site', 'v'],
    additionalProperties: false,
  };
  const source = { key: 'site', time: 't', partitions: LANES, schema };
  writeFileSync(join(catalog, 'sources', `${READINGS}.yaml`), JSON.stringify(source));
  writeFileSync(
    join(catalog, 'products', `${READINGS}.sql`),
    `SELECT time_bucket(INTERVAL '1 hour', event_time) AS window_start, site, count(*) AS n, avg(v) AS mean, max(v) AS most,
       count(*) FILTER (WHERE v > 500) / count(v) AS share
     FROM ${READINGS} GROUP BY window_start, site\n`,
  );
  return catalog;
}

export async function openReadings(directory: string) {
  const engine = await createEngine({});
  const catalog = await planCatalog(engine, await createFileCatalog(readingsCatalog(directory)).load());
  return {
    engine,
    ...catalog,
    plan: catalog.plans[0] as Plan,
    source: catalog.sources[0] as SourceDefinition,
  };
}

function recordOf(offset: number, data: object): LogRecord {
  const id = String(offset);
  const event = {
    specversion: '1.0',
    id,
    source: 'bench',
    type: 'reading',
    correlationid: id,
    eventtime: hourOf(0),
    data,
  };
  return {
    ...{ offset, timestamp: 0, key: null, value: Buffer.from(JSON.stringify(event)) },
    ...{ header: () => undefined, headerBytes: () => undefined, headers: () => ({}) },
  };
}

/** States of as many cells as there are sorts of them, by the engine. */
export async function statesOf(
  engine: Engine,
  source: SourceDefinition,
  plan: Plan,
  sorts: number,
): Promise<State[][]> {
  const events = Array.from({ length: sorts }, (_, sort) => ({
    partition: 0,
    record: recordOf(sort, { t: hourOf(0), site: siteOf(sort), v: 400 + sort }),
  }));
  const microBatch = await engine.open(source, [plan], events);
  const { partitions } = await microBatch.aggregate(plan);
  await microBatch.close();
  return partitions.flatMap(({ cells }) => cells.map(({ states }) => states));
}

/** @param cells a multiple of 1,000, the hours */
export async function fillStore(directory: string, cells: number): Promise<void> {
  const { engine, plan, source } = await openReadings(directory);
  const store = createLmdbProductStore({ directory: join(directory, 'store') });
  const states = await statesOf(engine, source, plan, 200);
  const sites = cells / HOURS;
  // The bare server is asked for no others.
  const asked = new Set(Array.from({ length: ASKED }, (_, turn) => siteAt(turn, sites)));
  await writeHead(store, plan, layoutOf(plan, [source]).ordersMark);
  const types = plan.key.map(({ type }) => type);
  const prefix = STORE_KEYS.base(idOf(plan), 0);
  const layout = layoutOf(plan, [source]);
  const each = function* () {
    for (let hour = 0; hour < HOURS; hour++)
      for (let site = 0; site < sites; site++) yield [hour, site] as const;
  };
  let batch: (readonly [hour: number, site: number])[] = [];
  const flush = async () => {
    const now = batch;
    batch = [];
    const shown = now.filter(([, site]) => asked.has(site));
    const rows = await engine.finalize(
      plan,
      shown.map(([hour, site]) => ({
        key: [hourOf(hour), siteOf(site)],
        states: states[(hour + site) % 200]!,
      })),
    );
    await store.transact(async (tx) => {
      for (const [hour, site] of now) {
        const key = [hourOf(hour), siteOf(site)];
        const id = cellKey(types, key);
        const s = states[(hour + site) % 200]!;
        const k = JSON.stringify(key);
        const base = JSON.stringify({ k: key, v: [{ g: 1, s }] });
        tx.putJson('base', prefix + id, base, placesOf(layout, prefix, id, k, false));
        if (hour === HOURS - 1) {
          const lane = STORE_KEYS.speed(idOf(plan), 1, site % LANES);
          tx.putJson('speed', lane + id, JSON.stringify({ k: key, s }), placesOf(layout, lane, id, k, false));
        }
      }
      shown.forEach(([hour, site], index) => {
        const values = plan.columns.map(({ name }, at) => [name, rows[index]?.values[at]]);
        const cell = cellId([hourOf(hour), siteOf(site)]);
        const row = { ...Object.fromEntries(values), _cell: cell, _status: 'final' };
        tx.put('meta', `bare/${siteOf(site)}/${hourOf(hour)}`, row);
      });
    });
  };
  for (const one of each()) if (batch.push(one) === CELLS_PER_COMMIT) await flush();
  await flush();
  await store.close();
  await engine.close();
}

async function writeHead(store: ProductStore, plan: Plan, orders: string): Promise<void> {
  const lanes = Array.from({ length: LANES }, (_, lane) => lane);
  const all = (value: number) => Object.fromEntries(lanes.map((lane) => [`${READINGS}/${lane}`, value]));
  await store.transact(async (tx) => {
    const pointer = { line: 0, generation: 1, cut: all(0), epochs: all(1), at: 0, hash: plan.hash, orders };
    const barriers = all((FIRST_HOUR + HOURS) * 3.6e6);
    const watermark = (FIRST_HOUR + HOURS - 1) * 3.6e9;
    tx.put(
      'meta',
      STORE_KEYS.pointer(idOf(plan)),
      pointerDocument({ ...pointer, ledger: EMPTY_LEDGER, watermark, barriers }),
    );
    for (const lane of lanes)
      tx.put('meta', STORE_KEYS.progress(idOf(plan), 1, lane), {
        ...{
          v: 1,
          start: 0,
          next: 0,
          closed: false,
          nextEpoch: 2,
          ledger: EMPTY_LEDGER,
          watermark: null,
          orders,
        },
      });
  });
}
