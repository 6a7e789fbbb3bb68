/** Records that the log has let go: read from the archive where it has them; else the answer says what it lacks, and stays. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createFileEventLog,
  createFileLake,
  createIds,
  createLmdbProductStore,
  createMemoryBus,
  systemClock,
} from '@tenon/adapters-embedded';
import { archivedRecords } from '@tenon/archive';
import { TOPICS } from '@tenon/contracts';
import type { Plan, SourceDefinition, Topology } from '@tenon/domain';
import { createEngine } from '@tenon/engine';
import type { Bus, Engine, EventLog, Lake, ProductStore, RunningService } from '@tenon/ports';
import { BATCH_DEFAULTS, createArchive, createBatch } from '@tenon/service-batch';
import { CONSUMPTION_DEFAULTS, createConsumption } from '@tenon/service-consumption';
import { createIngestion } from '@tenon/service-ingestion';
import type { LossDesk } from '@tenon/service-serving';
import { SERVING_DEFAULTS, createServing } from '@tenon/service-serving';
import { SPEED_DEFAULTS, createSpeed } from '@tenon/service-speed';
import { NO_LOGGER } from '@tenon/telemetry';
import { eventually } from '@tenon/testing';
import { createTieredLog, withLosses } from '@tenon/tiered-log';
import { acceptLoss, layoutOf, lossBook, servedPointers, troubleBook } from '@tenon/views';

const SOURCE: SourceDefinition = {
  ...{ name: 's', key: ['k'], time: 't', partitions: 1, dedupe: { window: 100 } },
  schema: {
    type: 'object',
    properties: {
      t: { type: 'string', format: 'date-time' },
      k: { type: 'string' },
      v: { type: 'integer' },
      x: { type: 'string' },
    },
    required: ['t'],
  },
};
const EVENTS = TOPICS.events('s');

let directory: string;
let log: EventLog;
let store: ProductStore;
let bus: Bus;
let lake: Lake;
let engine: Engine;
let running: RunningService[];
let ids: number;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tenon-holes-'));
  log = createFileEventLog({ directory: join(directory, 'log'), clock: systemClock, segmentBytes: 10_000 });
  store = await createLmdbProductStore({ directory: join(directory, 'store') });
  lake = createFileLake({ directory: join(directory, 'lake') });
  bus = createMemoryBus();
  engine = await createEngine({ threads: 1 });
  [running, ids] = [[], 0];
});

afterEach(async () => {
  await stop();
  await engine.close();
  await store.close();
  await bus.close();
  await log.close();
  rmSync(directory, { recursive: true, force: true });
});

const plan = (name: string, topology: Topology, sql: string): Promise<Plan> =>
  engine.plan(SOURCE, {
    ...{ name, version: 1, topology, sql, description: null },
    retentionMicros: null,
  } as never);

/** All five, as one process has them; or the archive alone in the place of batch, behind which the log lets go. */
async function start(
  plans: readonly Plan[],
  archives: boolean | { readonly logRetentionMs: number } = true,
): Promise<void> {
  const sources = [SOURCE];
  const deps = {
    ...{ log, store, bus, lake, engine, clock: systemClock, logger: NO_LOGGER, sources, plans },
    ...{ ids: createIds(), pointers: servedPointers(store), troubles: troubleBook(store, systemClock) },
  };
  const book = lossBook(store);
  const products = plans.map((one) => ({ layout: layoutOf(one, sources), store }));
  const losses: LossDesk = { book, accept: (...loss) => acceptLoss({ ...deps, book, products }, ...loss) };
  const tiered = createTieredLog(log, withLosses(book, archivedRecords(deps)), NO_LOGGER);
  const batchConfig = { ...BATCH_DEFAULTS, maxFileRecords: 100, addRecords: 50 };
  running.push(
    await createIngestion({
      ...deps,
      products: plans.map(({ product }) => `${product}@1` as never),
      config: {},
    }),
    await createConsumption({ ...deps, config: { ...CONSUMPTION_DEFAULTS, stallMs: 500 } }),
    ...(archives === true ? [await createBatch({ ...deps, log: tiered, config: batchConfig })] : []),
    ...(typeof archives === 'object'
      ? [await createArchive({ ...deps, log: tiered, config: { ...batchConfig, ...archives } })]
      : []),
    await createSpeed({ ...deps, log: tiered, config: SPEED_DEFAULTS }),
    await createServing({ ...deps, losses, config: SERVING_DEFAULTS }),
  );
}

async function stop(): Promise<void> {
  for (const service of running.splice(0).reverse()) await service.stop();
}

interface Reply {
  readonly rows: readonly { readonly n: number }[];
  readonly answer: Answer['answer'];
}

async function call(method: string, path: string, request: object): Promise<Reply> {
  const route = running
    .flatMap(({ routes }) => routes)
    .find((one) => one.method === method && one.path === path);
  const asked = {
    params: {},
    query: {},
    headers: {},
    correlationId: 'c',
    signal: new AbortController().signal,
  };
  const response = await route?.handle({ ...asked, ...request } as never);
  const { json, text } = response as { json?: unknown; text?: string };
  return (json ?? JSON.parse(text ?? 'null')) as Reply;
}

async function send(count: number): Promise<void> {
  const events = Array.from({ length: count }, () => {
    const data = { t: '2026-01-01T00:00:00Z', k: `k${ids % 3}`, v: 1, x: 'y'.repeat(100) };
    return { specversion: '1.0', id: `e${(ids += 1)}`, source: '/x', type: 'x', data };
  });
  const headers = { 'content-type': 'application/cloudevents-batch+json' };
  const readBody = async () => Buffer.from(JSON.stringify(events));
  await call('POST', '/v1/sources/:source/events', { params: { source: 's' }, headers, readBody });
}

interface Ledger {
  readonly accepted: number;
  readonly aggregated: number;
  readonly control: number;
  readonly lost: number;
}

const accept = (from: number, to: number) =>
  call('POST', '/v1/losses', {
    who: 'ann',
    query: { source: 's', partition: '0', from: String(from), to: String(to), reason: 'disk 4' },
  });

interface Answer {
  readonly total: number;
  readonly answer: {
    readonly status: string;
    readonly generation: number;
    readonly lost?: number;
    readonly included: Record<string, Record<string, number>>;
    readonly troubles?: readonly {
      layer: string;
      code: string;
      source: string;
      partition: number;
      from: number;
      to: number;
    }[];
  };
}

async function ask(product: string): Promise<Answer> {
  const { rows, answer } = await call('GET', '/v1/products/:name/rows', { params: { name: product } });
  return { total: rows.reduce((sum, row) => sum + row.n, 0), answer };
}

const includes = (product: string, offset: number) =>
  eventually(
    `${product} includes ${offset}`,
    async () => (await ask(product)).answer.included['s']?.['0'] === offset,
    {
      timeoutMs: 120_000,
    },
  );

/** Deletes about so many of the oldest records. @returns where the log starts now */
async function lose(before: number): Promise<number> {
  await log.deleteBefore(EVENTS, { 0: before });
  const start = (await log.startOffsets(EVENTS))['0'] as number;
  expect(start).toBeGreaterThan(before - 100);
  return start;
}

const archivedTo = async () =>
  Math.max(0, ...(await lake.list('archive/s/')).map(({ name }) => Number(/-(\d{12})\./.exec(name)?.[1])));

describe.each(['kappa', 'lambda'] as const)('in %s, records that the log has let go', (topology) => {
  const counting = (name: string) => plan(name, topology, 'SELECT k, count(*) AS n FROM s GROUP BY k');

  test('are read from the archive, by who goes on and by a product that is new', async () => {
    const p = await counting('p');
    await start([p]);
    for (let i = 0; i < 5; i++) await send(60);
    await call('POST', '/v1/cuts', {});
    await eventually('the cut is served', async () => (await ask('p')).answer.generation === 1);
    for (let i = 0; i < 5; i++) await send(60);
    await includes('p', 601);
    await eventually('most is archived', async () => (await archivedTo()) >= 500);
    await stop();
    expect(await lose(500)).toBeGreaterThan(301);
    await start([p, await counting('q')]);
    await send(1);
    for (const product of ['p', 'q']) {
      await includes(product, 602);
      expect(await ask(product)).toMatchObject({ total: 601, answer: { status: 'provisional' } });
      expect((await ask(product)).answer.troubles).toBeUndefined();
    }
    await call('POST', '/v1/cuts', {});
    for (const product of ['p', 'q']) {
      await eventually('the cut is served', async () => (await ask(product)).answer.generation === 2, {
        timeoutMs: 120_000,
      });
      expect((await ask(product)).total).toBe(601);
    }
  });

  test('and nobody has kept: what was counted stays, and the answer names what is missing', async () => {
    const p = await counting('p');
    await start([p], false);
    for (let i = 0; i < 5; i++) await send(60);
    await includes('p', 300);
    await stop();
    const start_ = await lose(200);
    await start([p, await counting('q')]);
    await send(10);
    for (const [product, total] of [
      ['p', 300],
      ['q', 0],
    ] as const) {
      // Each layer says so, in its own time.
      const says = async () => (await ask(product)).answer.troubles?.some(({ layer }) => layer === 'speed');
      await eventually(`${product} says so`, says);
      const { answer, ...rest } = await ask(product);
      expect(answer.status).toBe('incomplete');
      expect(rest.total).toBe(total);
      const missing = { layer: 'speed', code: 'log-hole', source: 's', partition: 0, from: 0, to: start_ };
      expect(answer.troubles).toContainEqual(expect.objectContaining(missing));
    }
    await call('POST', '/v1/cuts', {});
    await send(1);
    expect((await ask('p')).total).toBe(300);
    // Batch has never archived across it.
    expect(await archivedTo()).toBe(0);
  });

  test('and nobody has kept, are passed over once their loss is accepted, and told for ever', async () => {
    const p = await counting('p');
    await start([p], false);
    for (let i = 0; i < 5; i++) await send(60);
    await includes('p', 300);
    await stop();
    const gone = await lose(200);
    const plans = [p, await counting('q')];
    await start(plans);
    await send(10);
    for (const product of ['p', 'q'])
      await eventually(`${product} stands`, async () => (await ask(product)).answer.status === 'incomplete');
    await expect(accept(0, gone + 1)).rejects.toMatchObject({ code: 'not-lost', extra: {} });
    const loss = { source: 's', partition: 0, from: 0, to: gone, by: 'ann', reason: 'disk 4' };
    expect(await accept(0, gone)).toMatchObject(loss);
    expect(await call('GET', '/v1/losses', {})).toMatchObject({ losses: [loss] });
    const isTold = async (product: string, events: number) => {
      const { answer, total } = await ask(product);
      expect(total).toBe(events - gone);
      expect(answer).toMatchObject({ lost: gone });
      expect(answer.status).not.toBe('incomplete');
      expect(answer.troubles).toBeUndefined();
    };
    for (const product of ['p', 'q']) {
      await includes(product, 310);
      await eventually('all is well', async () => (await ask(product)).answer.troubles === undefined, {
        timeoutMs: 120_000,
      });
      await isTold(product, 310);
    }
    await call('POST', '/v1/cuts', { query: { full: 'true' } });
    await send(5);
    for (const product of ['p', 'q']) {
      await eventually('the cut is served', async () => (await ask(product)).answer.generation === 1, {
        timeoutMs: 120_000,
      });
      await includes(product, 316);
      await isTold(product, 315);
    }
    const { products } = (await call('GET', '/v1/ledger', {})) as unknown as { products: Ledger[] };
    for (const one of products) {
      expect(one).toMatchObject({ accepted: 316, aggregated: 315 - gone, control: 1, lost: gone });
      expect(one.aggregated + one.control + one.lost).toBe(one.accepted);
    }
    // What the archive says of it is what every reader to come reads.
    await stop();
    await start([...plans, await counting('r')]);
    for (const product of ['p', 'q', 'r']) await includes(product, 316);
    for (const product of ['p', 'q', 'r']) await isTold(product, 315);
  });
});

test('in Kappa with an archive and no batch the log lets go what is archived, and nobody notices', async () => {
  const counting = (name: string) => plan(name, 'kappa', 'SELECT k, count(*) AS n FROM s GROUP BY k');
  const p = await counting('p');
  const archives = { logRetentionMs: 1 };
  await start([p], archives);
  const startOf = async () => (await log.startOffsets(EVENTS))['0'] as number;
  const sendAndCut = async (generation: number) => {
    for (let i = 0; i < 5; i++) await send(60);
    await call('POST', '/v1/cuts', {});
    await eventually('the cut is served', async () => (await ask('p')).answer.generation === generation);
  };
  await sendAndCut(1);
  await eventually('the log lets go what is archived', async () => (await startOf()) > 200);
  // What is not archived stays, however old it is.
  expect(await startOf()).toBeLessThanOrEqual(await archivedTo());
  await stop();
  await start([p], false);
  await sendAndCut(2);
  expect(await startOf()).toBeLessThanOrEqual(await archivedTo());
  await stop();
  // Now it is; and a product that is new reads all of it: from the archive first, and then from the log.
  await start([p, await counting('q')], archives);
  await eventually('the log lets go more', async () => (await startOf()) > 500);
  for (const product of ['p', 'q']) {
    await includes(product, 602);
    expect(await ask(product)).toMatchObject({ total: 600, answer: { status: 'provisional' } });
    expect((await ask(product)).answer.troubles).toBeUndefined();
  }
  await call('POST', '/v1/cuts', {});
  for (const product of ['p', 'q']) {
    await eventually('the cut is served', async () => (await ask(product)).answer.generation === 3);
    expect((await ask(product)).total).toBe(600);
  }
});
