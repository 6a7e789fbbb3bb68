/**
 * Rows that grow old: what answers have, of now and of before, against plain code over the log, while the clock moves on by days. An
 * old row is gone from every answer from the same cut on, in each layer, and comes back with no late event and no full cut.
 */
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
import type { BaseDocument } from '@tenon/contracts';
import { HEADERS, TOPICS } from '@tenon/contracts';
import type { Plan, SourceDefinition, Topology } from '@tenon/domain';
import { createEngine } from '@tenon/engine';
import type { Bus, Clock, Engine, EventLog, Lake, ProductStore, RunningService } from '@tenon/ports';
import type { BatchConfig } from '@tenon/service-batch';
import { BATCH_DEFAULTS, createBatch } from '@tenon/service-batch';
import { CONSUMPTION_DEFAULTS, createConsumption } from '@tenon/service-consumption';
import { createIngestion } from '@tenon/service-ingestion';
import type { LossDesk } from '@tenon/service-serving';
import { SERVING_DEFAULTS, createServing } from '@tenon/service-serving';
import { SPEED_DEFAULTS, createSpeed } from '@tenon/service-speed';
import { NO_LOGGER } from '@tenon/telemetry';
import { eventually } from '@tenon/testing';
import { createTieredLog, withLosses } from '@tenon/tiered-log';
import { acceptLoss, layoutOf, lossBook, servedPointers, troubleBook } from '@tenon/views';

const HOUR = 3_600_000;
const RETENTION = 48 * HOUR;
const NOW = Date.parse('2024-03-01T10:20:00Z');
const EVENTS = TOPICS.events('s');
const SOURCE: SourceDefinition = {
  ...{ name: 's', key: ['k'], time: 't', partitions: 2, dedupe: { window: 100 } },
  schema: {
    type: 'object',
    properties: { t: { type: 'string', format: 'date-time' }, k: { type: 'string' } },
    required: ['t', 'k'],
  },
};

let directory: string;
let now: number;
const clock: Clock = { ...systemClock, now: () => now };
let log: EventLog;
/** With the archive as its older part. */
let tiered: EventLog;
let store: ProductStore;
let bus: Bus;
let lake: Lake;
let engine: Engine;
const running: RunningService[] = [];
let products: readonly string[] = [];
let ids = 0;
/** Everything that was sent, with the time at which it was. */
let sent: { readonly t: number; readonly k: string; readonly at: number }[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tenon-retention-'));
  now = NOW;
  log = createFileEventLog({ directory: join(directory, 'log'), clock, segmentBytes: 5000 });
  store = await createLmdbProductStore({ directory: join(directory, 'store') });
  lake = createFileLake({ directory: join(directory, 'lake') });
  bus = createMemoryBus();
  engine = await createEngine({ threads: 1 });
  [ids, sent] = [0, []];
});

afterEach(async () => {
  await stop();
  await engine.close();
  await store.close();
  await bus.close();
  await log.close();
  rmSync(directory, { recursive: true, force: true });
});

const plan = (name: string, topology: Topology, sql: string, retention: number | null): Promise<Plan> =>
  engine.plan(SOURCE, {
    ...{ name, version: 1, topology, sql, generations: 2 },
    retentionMicros: retention === null ? null : retention * 1000,
  });

const HOURS = `SELECT time_bucket(INTERVAL '1 hour', event_time) AS w, k, count(*) AS n FROM s GROUP BY 1, 2`;

const TOTAL = 'SELECT k, count(*) AS n FROM s GROUP BY 1';
const everyKind = () =>
  Promise.all([
    plan('lam', 'lambda', HOURS, RETENTION),
    plan('kap', 'kappa', HOURS, RETENTION),
    plan('all', 'lambda', HOURS, null),
    plan('total', 'lambda', TOTAL, RETENTION),
  ]);

async function start(plans: readonly Plan[], batch: Partial<BatchConfig> = {}): Promise<void> {
  products = plans.map(({ product }) => product);
  const sources = [SOURCE];
  const deps = {
    ...{ log, store, bus, lake, engine, clock, logger: NO_LOGGER, sources, plans },
    ...{ ids: createIds(), pointers: servedPointers(store), troubles: troubleBook(store, clock) },
  };
  const book = lossBook(store);
  const older = withLosses(book, archivedRecords(deps));
  tiered = createTieredLog(log, older, NO_LOGGER);
  const layouts = plans.map((one) => ({ layout: layoutOf(one, sources), store }));
  const losses: LossDesk = {
    book,
    accept: (...loss) => acceptLoss({ ...deps, book, products: layouts }, ...loss),
  };
  running.push(
    await createIngestion({
      ...deps,
      products: plans.map(({ product }) => `${product}@1` as never),
      config: {},
    }),
    await createConsumption({ ...deps, config: { ...CONSUMPTION_DEFAULTS, graceMs: 10 } }),
    await createBatch({ ...deps, log: tiered, losses: book, config: { ...BATCH_DEFAULTS, ...batch } }),
    await createSpeed({ ...deps, log: tiered, older, config: SPEED_DEFAULTS }),
    await createServing({ ...deps, losses, config: SERVING_DEFAULTS }),
  );
}

async function stop(): Promise<void> {
  for (const service of running.splice(0).reverse()) await service.stop();
}

interface Reply {
  readonly rows: readonly { readonly w: string; readonly k: string; readonly n: number }[];
  readonly counts?: { readonly onlyA: number; readonly onlyB: number };
  readonly answer: {
    readonly generation: number;
    readonly status: string;
    readonly retainedFrom?: string;
    readonly self?: string;
    readonly lost?: number;
    readonly troubles?: readonly {
      readonly code: string;
      readonly layer: string;
      readonly partition: number;
      readonly from: number;
      readonly to: number;
    }[];
    readonly cut: Record<string, Record<string, number>>;
    readonly included: Record<string, Record<string, number>>;
  };
}

async function call(method: string, path: string, request: object): Promise<Reply> {
  const route = running
    .flatMap(({ routes }) => routes)
    .find((one) => one.method === method && one.path === path);
  const asked = { params: {}, query: {}, headers: {}, correlationId: 'c' };
  const response = await route?.handle({
    ...asked,
    signal: new AbortController().signal,
    ...request,
  } as never);
  const { json, text } = response as { json?: unknown; text?: string };
  return (json ?? JSON.parse(text ?? 'null')) as Reply;
}

/** Events whose times are so many hours before now. */
async function send(...hours: readonly number[]): Promise<void> {
  const events = hours.flatMap((hour) =>
    ['a', 'b', 'c'].map((k) => {
      const t = now - hour * HOUR;
      sent.push({ t, k, at: now });
      const data = { t: new Date(t).toISOString(), k };
      return { specversion: '1.0', id: `e${(ids += 1)}`, source: '/x', type: 'x', data };
    }),
  );
  const headers = { 'content-type': 'application/cloudevents-batch+json' };
  const readBody = async () => Buffer.from(JSON.stringify(events));
  await call('POST', '/v1/sources/:source/events', { params: { source: 's' }, headers, readBody });
}

const ask = (product: string, query: Record<string, string> = {}) =>
  call('GET', '/v1/products/:name/rows', { params: { name: product }, query: { limit: '1000', ...query } });

async function cut(full = false): Promise<void> {
  const before = (await ask('lam')).answer.generation;
  await call('POST', '/v1/cuts', { query: { full: String(full) } });
  for (const product of products)
    await eventually(
      `${product} serves the cut`,
      async () => (await ask(product)).answer.generation > before,
      {
        timeoutMs: 120_000,
      },
    );
}

async function caughtUp(product: string): Promise<Reply> {
  const ends = await log.endOffsets(EVENTS);
  return eventually(
    `${product} has all`,
    async () => {
      const reply = await ask(product);
      return JSON.stringify(reply.answer.included['s']) === JSON.stringify(ends) && reply;
    },
    { timeoutMs: 120_000 },
  );
}

/** Plain code: what was not too old when it came, of windows that are not too old at the cut. */
async function expected(
  retention: number | null,
  cutAt: Record<string, number>,
): Promise<Record<string, number>> {
  const times: number[] = [];
  for (const [partition, at] of Object.entries(cutAt)) {
    const [barrier] = at === 0 ? [] : await log.read(EVENTS, Number(partition), at - 1);
    if (barrier !== undefined) times.push(barrier.timestamp);
  }
  const oldest = retention === null || times.length < 2 ? -Infinity : Math.min(...times) - retention;
  const counts: Record<string, number> = {};
  for (const { t, k, at } of sent) {
    const begins = Math.floor(t / HOUR) * HOUR;
    if ((retention !== null && t < at - retention) || begins + HOUR <= oldest) continue;
    const name = `${new Date(begins).toISOString().slice(0, 13)} ${k}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

const countsOf = ({ rows }: Reply) =>
  Object.fromEntries(rows.map(({ w, k, n }) => [`${w.slice(0, 13)} ${k}`, n]));

async function check(): Promise<void> {
  for (const [product, retention] of [
    ['lam', RETENTION],
    ['kap', RETENTION],
    ['all', null],
  ] as const) {
    const reply = await caughtUp(product);
    const right = await expected(retention, reply.answer.cut['s'] ?? {});
    expect([product, countsOf(reply)]).toEqual([product, right]);
    expect(reply.answer.troubles).toBeUndefined();
    expect(reply.answer.retainedFrom === undefined).toBe(retention === null || reply.answer.generation === 0);
  }
  // A total has no window to grow old: it has all that was taken.
  const { rows } = await caughtUp('total');
  const taken = sent.filter(({ t, at }) => t >= at - RETENTION).length;
  expect(rows.reduce((sum, { n }) => sum + n, 0)).toBe(taken);
}

/** Windows of base documents, from the first on. */
const firstWindow = (product: string): Promise<string> =>
  store.snapshot(async (snapshot) => {
    const prefix = `${product}@1/0`;
    for await (const chunk of snapshot.scan<BaseDocument>('base', {
      gte: prefix,
      lt: `${prefix}~`,
      limit: 1,
    }))
      for (const { value } of chunk) return String(value.k[0]);
    return '';
  });

test('an old row is gone from each answer from the same cut on, and what is kept of it goes', async () => {
  await start(await everyKind());
  await send(0, 1, 5, 30, 47, 49);
  await check();
  await cut();
  await check();
  const first = await ask('lam');
  // A day and a half later: late events into what is still there, and some that are too late.
  now += 36 * HOUR;
  await send(0, 20, 36, 47, 48.5, 70);
  await check();
  await cut();
  await check();
  const second = await ask('lam');
  expect(second.rows.length).toBeLessThan(first.rows.length + 12);
  // What was served before is as it was, as long as it can be asked for.
  expect((await ask('lam', { asOf: String(first.answer.generation) })).rows).toEqual(first.rows);
  const generations = [first, second].map(({ answer }) => `@${answer.generation}`);
  const difference = await call('GET', '/v1/products/:name/diff', {
    params: { name: 'lam' },
    query: { a: generations[0], b: generations[1] },
  });
  expect(difference.counts).toMatchObject({ onlyA: 0 });
  // Everything anew changes nothing, and a restart neither.
  await cut(true);
  await check();
  await stop();
  await start(await everyKind());
  await check();
  for (let i = 0; i < 3; i++) {
    now += 8 * HOUR;
    await send(0, 40);
    await cut();
    await check();
  }
  // Of no generation that can be read.
  const oldest = (await ask('lam')).answer.generation - 2;
  const { retainedFrom = '' } = (await ask('lam', { asOf: String(oldest) })).answer;
  for (const product of ['lam', 'kap'])
    await eventually(`old rows of ${product} are removed`, async () => {
      const begins = Date.parse(await firstWindow(product));
      return begins + HOUR > Date.parse(retainedFrom);
    });
  expect(Date.parse(await firstWindow('all'))).toBeLessThan(NOW - 48 * HOUR);
  await check();
});

describe('an archive that lets go what is old', () => {
  const KEPT = RETENTION + 24 * HOUR;
  const batch = { maxFileRecords: 2, addRecords: 2, archiveRetentionMs: KEPT, sweepGraceMs: 0 };
  const archived = async (partition: number): Promise<number[]> =>
    (await lake.list(`archive/s/p=${partition}/`)).map(({ name }) => Number(/(\d{12})-/.exec(name)?.[1]));
  const isRight = async (product: string) => {
    const reply = await caughtUp(product);
    const right = await expected(RETENTION, reply.answer.cut['s'] ?? {});
    expect([product, countsOf(reply)]).toEqual([product, right]);
    return reply.answer;
  };

  const archivedTo = async (partition: number): Promise<number> =>
    Math.max(
      ...(await lake.list(`archive/s/p=${partition}/`)).map(({ name }) =>
        Number(/-(\d{12})\./.exec(name)?.[1]),
      ),
    );
  /** As plain code counts what is left of a partition. */
  async function eventsFrom(partition: number, from: number): Promise<number> {
    const end = (await log.endOffsets(EVENTS))[String(partition)] ?? 0;
    let [events, at] = [0, from];
    while (at < end) {
      const records = await tiered.read(EVENTS, partition, at);
      events += records.filter((one) => one.header(HEADERS.control) === undefined).length;
      at = (records.at(-1)?.offset ?? end) + 1;
    }
    return events;
  }

  test('gives no smaller number: what keeps less is computed anew from the rest, and what needs all says so', async () => {
    const lam = await plan('lam', 'lambda', HOURS, RETENTION);
    const served = [lam, await plan('kap', 'kappa', HOURS, RETENTION)];
    await start(served, batch);
    for (let i = 0; i < 6; i++) await send(...Array.from({ length: 30 }, (_, hour) => hour + 0.1 * i));
    await cut();
    await isRight('lam');
    now += 70 * HOUR;
    await send(0, 30);
    await cut();
    expect(Math.min(...(await archived(0)))).toBe(0);
    now += 10 * HOUR;
    await send(0, 30);
    await cut();
    await isRight('lam');
    await stop();
    // At its start batch looks at the archive; the age of what it has is that of the cut.
    await start(served, batch);
    await eventually('the oldest files are gone', async () => Math.min(...(await archived(0))) > 0, {
      timeoutMs: 120_000,
    });
    await isRight('lam');
    await cut(true);
    expect((await isRight('lam')).troubles).toBeUndefined();
    await stop();
    const others = [plan('new', 'lambda', HOURS, RETENTION), plan('total', 'lambda', TOTAL, RETENTION)];
    await start([...served, ...(await Promise.all(others))], batch);
    await send(0, 1);
    await call('POST', '/v1/cuts', {});
    await eventually('the new product serves a cut', async () => (await ask('new')).answer.generation > 0, {
      timeoutMs: 120_000,
    });
    expect((await isRight('new')).troubles).toBeUndefined();
    const { answer, rows } = await eventually(
      'the total says what it lacks',
      async () => {
        const reply = await caughtUp('total');
        return reply.answer.status === 'incomplete' && reply;
      },
      { timeoutMs: 120_000 },
    );
    expect(answer.troubles?.map(({ code }) => code)).toEqual(['archive-removed']);
    const taken = sent.filter(({ t, at }) => t >= at - RETENTION).length;
    expect(rows.reduce((sum, { n }) => sum + n, 0)).toBe(taken);
    await isRight('lam');
    // Now the log too lets go what is archived.
    await stop();
    await log.deleteBefore(EVENTS, { 0: await archivedTo(0), 1: await archivedTo(1) });
    // The archive goes on before the log does.
    const begin = Math.min(...(await archived(0)));
    expect((await log.startOffsets(EVENTS))['0']).toBeGreaterThan(begin);
    expect(begin).toBeGreaterThan(0);
    // A product alone, before which no other one goes.
    await start([await plan('alone', 'kappa', HOURS, RETENTION)]);
    await isRight('alone');
    await eventually('all cuts are served', async () => (await ask('alone')).answer.generation === 5);
    await isRight('alone');
    await stop();
    const keepLess = ['new-lam', 'new-kap'];
    const needAll = ['total-lam', 'total-kap'];
    await start([
      ...served,
      await plan('new-lam', 'lambda', HOURS, RETENTION),
      await plan('new-kap', 'kappa', HOURS, RETENTION),
      await plan('total-lam', 'lambda', TOTAL, null),
      await plan('total-kap', 'kappa', HOURS, 1000 * HOUR),
    ]);
    await send(0, 1);
    await call('POST', '/v1/cuts', {});
    for (const name of keepLess)
      await eventually(`${name} serves the cut`, async () => (await ask(name)).answer.generation === 6, {
        timeoutMs: 120_000,
      });
    for (const name of ['lam', 'kap', ...keepLess])
      await eventually(`${name} is well`, async () => (await ask(name)).answer.troubles === undefined, {
        timeoutMs: 120_000,
      });
    const answers = [];
    for (const name of ['lam', 'kap', ...keepLess]) answers.push((await isRight(name)).retainedFrom);
    expect(new Set(answers).size).toBe(1);
    for (const name of needAll)
      await eventually(`${name} says what is gone`, async () => {
        const { status, troubles = [] } = (await ask(name)).answer;
        const holes = troubles.filter((one) => one.code === 'log-hole');
        expect(holes).toMatchObject([{ layer: 'speed', partition: 0, from: 0, to: begin }]);
        return status === 'incomplete';
      });
    // What they name can be accepted, and no more.
    const accept = (to: number) =>
      call('POST', '/v1/losses', {
        who: 'ann',
        query: { source: 's', partition: '0', from: '0', to: String(to) },
      });
    await expect(accept(begin + 1)).rejects.toMatchObject({ code: 'not-lost' });
    await accept(begin);
    await call('POST', '/v1/cuts', {});
    const left = (await eventsFrom(0, begin)) + (await eventsFrom(1, 0));
    for (const name of needAll) {
      await eventually(
        `${name} goes on`,
        async () => {
          const { generation, troubles } = (await ask(name)).answer;
          return generation === 7 && troubles === undefined;
        },
        { timeoutMs: 120_000 },
      );
      const { rows, answer } = await caughtUp(name);
      expect(rows.reduce((sum, { n }) => sum + n, 0)).toBe(left);
      expect(answer.lost).toBe(begin);
    }
    for (const name of ['lam', 'kap', ...keepLess]) await isRight(name);
  });
});

test('a permalink never answers with fewer rows, although a later cut has the same records', async () => {
  await start([await plan('lam', 'lambda', HOURS, RETENTION)]);
  await send(0, 20, 47.9);
  await cut();
  await send(1);
  const { answer, rows } = await caughtUp('lam');
  const asOf = new URL(answer.self ?? '', 'http://tenon').searchParams.get('asOf') ?? '';
  expect((await ask('lam', { asOf })).rows).toEqual(rows);
  now += 5 * HOUR;
  await cut();
  expect((await ask('lam')).rows.length).toBeLessThan(rows.length);
  await expect(ask('lam', { asOf })).rejects.toMatchObject({ code: 'answer-gone' });
});
