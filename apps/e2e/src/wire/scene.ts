/** The five services over embedded parts in which nothing is left to chance, so that what they write is the same each time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createFileEventLog,
  createFileLake,
  createLmdbProductStore,
  systemClock,
} from '@tenon/adapters-embedded';
import type { Plan, SourceDefinition, Value } from '@tenon/domain';
import { idOf } from '@tenon/domain';
import { createEngine } from '@tenon/engine';
import type {
  Clock,
  Engine,
  EventLog,
  HttpResponse,
  Ids,
  LogRecord,
  NewRecord,
  ProductStore,
  RunningService,
  StoreTable,
} from '@tenon/ports';
import { BATCH_DEFAULTS, createBatch } from '@tenon/service-batch';
import { CONSUMPTION_DEFAULTS, createConsumption } from '@tenon/service-consumption';
import { createIngestion } from '@tenon/service-ingestion';
import { SERVING_DEFAULTS, createServing } from '@tenon/service-serving';
import { SPEED_DEFAULTS, createSpeed } from '@tenon/service-speed';
import { servedPointers, troubleBook } from '@tenon/views';
import { RecordedBus } from './recorded-bus';
import { RecordedLogger } from './recorded-logger';

/** 2024-01-01T00:00:00Z: the time at which everything in a scene happens. */
export const NOW = 1_704_067_200_000;

export const SOURCE: SourceDefinition = {
  name: 'orders',
  key: ['customer'],
  time: 'at',
  partitions: 1,
  dedupe: { window: 100 },
  schema: {
    type: 'object',
    required: ['customer', 'price'],
    properties: {
      customer: { type: 'string' },
      price: { type: 'number', multipleOf: 0.01 },
      weight: { type: 'number' },
      at: { type: 'string', format: 'date-time' },
    },
  },
};

export const PRODUCT = 'sales';
export const PRODUCT_ID = 'sales@1';

const SQL = `SELECT time_bucket(INTERVAL '1 hour', event_time) AS window_start, customer, count(*) AS orders,
    avg(weight) AS weight, max(price) AS top, count(DISTINCT price) AS prices
  FROM orders GROUP BY window_start, customer`;

export type ServiceName = 'ingestion' | 'speed' | 'batch' | 'consumption' | 'serving';

export interface Post {
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export class Scene {
  readonly bus = new RecordedBus();
  readonly logger = new RecordedLogger();
  private readonly running: RunningService[] = [];

  private constructor(
    private readonly directory: string,
    private readonly engine: Engine,
    private readonly ownsEngine: boolean,
    readonly plan: Plan,
    readonly log: EventLog,
    readonly store: ProductStore,
  ) {}

  /** @param shared an engine for several scenes; absent: one of its own */
  static async open(shared?: Engine): Promise<Scene> {
    const directory = mkdtempSync(join(tmpdir(), 'tenon-wire-'));
    const engine = shared ?? (await createEngine({ threads: 1 }));
    const product = {
      name: PRODUCT,
      version: 1,
      sql: SQL,
      topology: 'lambda',
      retentionMicros: null,
    } as const;
    const planned = await engine.plan(SOURCE, product);
    // The hash follows the engine's rules for states, which may change without a change of the wire.
    const plan = { ...planned, hash: 'the-hash-of-the-plan' };
    const log = appendingAt(
      NOW,
      createFileEventLog({ directory: join(directory, 'log'), clock: systemClock }),
    );
    const store = createLmdbProductStore({ directory: join(directory, 'store') });
    return new Scene(directory, engine, shared === undefined, plan, log, store);
  }

  async start(name: ServiceName): Promise<RunningService> {
    const service = await this.create(name);
    service.done.catch(() => undefined); // whoever holds `done` looks at it
    this.running.push(service);
    return service;
  }

  private create(name: ServiceName): Promise<RunningService> {
    const { log, bus, store, engine, logger, plan } = this;
    const lake = createFileLake({ directory: join(this.directory, 'lake') });
    const deps = {
      log,
      bus,
      store,
      pointers: servedPointers(store),
      troubles: troubleBook(store, stillClock),
      engine,
      lake,
      logger,
      clock: stillClock,
      ids: countingIds(name),
    };
    const all = { ...deps, sources: [SOURCE], plans: [plan] };
    switch (name) {
      case 'ingestion':
        return createIngestion({ ...all, products: [idOf(plan)], config: { cutEveryMs: null } });
      case 'speed':
        return createSpeed({ ...all, config: SPEED_DEFAULTS });
      case 'batch':
        return createBatch({ ...all, config: { ...BATCH_DEFAULTS, frameCells: 1, sliceCells: 2 } });
      case 'consumption':
        return createConsumption({ ...all, config: CONSUMPTION_DEFAULTS });
      case 'serving':
        return createServing({ ...all, config: SERVING_DEFAULTS });
    }
  }

  async stop(service: RunningService): Promise<void> {
    this.running.splice(this.running.indexOf(service), 1);
    await service.stop();
  }

  /** Records as another service would have left them in the log. */
  async append(topic: string, records: readonly NewRecord[]): Promise<void> {
    await this.log.ensureTopic({ name: topic, partitions: 1 });
    await this.log.append(topic, records);
  }

  /** All records of a topic, which has one partition here; none if there is no such topic. */
  async records(topic: string): Promise<LogRecord[]> {
    const ends: Readonly<Record<string, number>> = await this.log.endOffsets(topic).catch(() => ({}));
    const records: LogRecord[] = [];
    while (records.length < (ends['0'] ?? 0))
      records.push(...(await this.log.read(topic, 0, records.length)));
    return records;
  }

  /** Everything in the store. */
  async documents(): Promise<{ table: StoreTable; key: string; value: Value }[]> {
    const all: { table: StoreTable; key: string; value: Value }[] = [];
    await this.store.snapshot(async (snapshot) => {
      for (const table of ['meta', 'base', 'speed'] as const)
        for await (const chunk of snapshot.scan(table, { gte: ' ', lt: '~' }))
          for (const { key, value } of chunk) all.push({ table, key, value });
    });
    return all;
  }

  async post(service: RunningService, call: Post): Promise<HttpResponse> {
    const headers = { 'content-type': call.type ?? 'application/json', ...call.headers };
    return ask(service, 'POST', '/v1/sources/:source/events', { headers, body: JSON.stringify(call.body) });
  }

  async close(): Promise<void> {
    for (const service of [...this.running]) await this.stop(service);
    await this.log.close();
    await this.store.close();
    if (this.ownsEngine) await this.engine.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export interface Call {
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Calls a route of a service, without HTTP. @throws HttpProblem */
export async function ask(
  service: RunningService,
  method: 'GET' | 'POST',
  path: string,
  { headers = {}, query = {}, body = '' }: Call = {},
): Promise<HttpResponse> {
  const route = service.routes.find((one) => one.method === method && one.path === path);
  if (route === undefined) throw new Error(`${service.name} has no ${method} ${path}`);
  const bytes = Buffer.from(body);
  return route.handle({
    method,
    path,
    params: { source: SOURCE.name, name: PRODUCT },
    query,
    headers,
    body: (async function* () {
      yield bytes;
    })(),
    readBody: async () => bytes,
    correlationId: headers['x-correlation-id'] ?? 'made-correlation-id',
    signal: new AbortController().signal,
  });
}

export const answerOf = (response: HttpResponse): Value =>
  response.text === undefined ? (response.json as Value) : (JSON.parse(response.text) as Value);

/** Wall time stands still; waiting does not. */
export const stillClock: Clock = { ...systemClock, now: () => NOW };

export function countingIds(service: string): Ids {
  let count = 0;
  return { next: () => `${service}-${(count += 1)}` };
}

/** A log in which everything is appended at one time, unless it says otherwise. */
function appendingAt(timestamp: number, log: EventLog): EventLog {
  const append: EventLog['append'] = (topic, records, options) =>
    log.append(
      topic,
      records.map((record) => ({ timestamp, ...record })),
      options,
    );
  return new Proxy(log, {
    get: (target, name: keyof EventLog) => (name === 'append' ? append : target[name]?.bind(target)),
  });
}
