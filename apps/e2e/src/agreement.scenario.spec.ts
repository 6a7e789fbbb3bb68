/**
 * Promise 2 at its root: speed and batch judge every record alike. The services run whole, over a log in memory; what they make
 * of each record is compared, wherever each begins and however the log is divided into polls and files.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { archiveName, parseArchiveName } from '@tenon/archive';
import { createFileLake } from '@tenon/adapters-embedded';
import type { EventEnvelope, FlushFrame, ReadFrame } from '@tenon/contracts';
import { FrameAssembler, HEADERS, TOPICS, identityText, isUnreadable, readFrame } from '@tenon/contracts';
import type { LedgerCounts, Plan, Pointer, SourceDefinition, State } from '@tenon/domain';
import {
  EMPTY_LEDGER,
  addLedgers,
  checksum32,
  emptyPointer,
  idOf,
  laneKey,
  ledgerTotal,
  mergeStates,
} from '@tenon/domain';
import { createEngine } from '@tenon/engine';
import type { Bus, Engine, Lake, NewRecord } from '@tenon/ports';
import type { BatchDeps } from '@tenon/service-batch';
import { BATCH_DEFAULTS, createBatch } from '@tenon/service-batch';
import type { SpeedDeps } from '@tenon/service-speed';
import { SPEED_DEFAULTS, createSpeed } from '@tenon/service-speed';
import { NO_LOGGER } from '@tenon/telemetry';
import { MemoryLog, MemoryStore, MemoryTroubleBook } from '@tenon/testing';
import fc from 'fast-check';

const EVENTS = TOPICS.events('orders');

const sourceOf = (partitions: number, window: number): SourceDefinition => ({
  ...{ name: 'orders', key: ['shop'], time: 'at', partitions, dedupe: { window } },
  schema: {
    type: 'object',
    properties: {
      shop: { type: 'string' },
      price: { type: 'number' },
      at: { type: 'string', format: 'date-time' },
    },
  },
});

const PLAN: Plan = {
  ...{ v: 1, product: 'orders_all', version: 1, source: 'orders', topology: 'lambda', retentionMicros: null },
  ...{ description: null, sql: '', hash: 'h', columns: [], measures: [], key: [], window: null },
  ...{ states: [], engine: {} as Plan['engine'] },
};

const event = (id: string, partition = 0, data = '0'): NewRecord => ({
  ...{ partition, key: null, value: `${id} ${data}` },
  headers: { [HEADERS.identity]: identityText('/till', id, data.padStart(8, '0')) },
});
const control = (partition: number, kind: string, epoch: number): NewRecord => ({
  ...{ partition, key: null, value: JSON.stringify({ v: 1, type: 'barrier', epoch, at: 0 }) },
  headers: { [HEADERS.control]: kind, [HEADERS.version]: '1' },
});
const stranger = (partition = 0): NewRecord => ({ partition, key: null, value: '?' });

const quietBus = {
  publish: () => undefined,
  subscribe: async () => ({ close: async () => undefined }),
} as unknown as Bus;

let ids = 0;
const common = (log: MemoryLog, source: SourceDefinition, plan: Plan) => ({
  ...{ log, bus: quietBus, logger: NO_LOGGER, sources: [source], plans: [plan] },
  ids: { next: () => `id-${(ids += 1)}` },
});

/** Time stands still: loops that wait for it wait until they are stopped. */
const stillClock = {
  now: () => 0,
  monotonic: () => 0,
  sleep: (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (ms === 0 || signal?.aborted === true) resolve();
      else signal?.addEventListener('abort', () => resolve(), { once: true });
    }),
};

async function playSpeed(
  log: MemoryLog,
  source: SourceDefinition,
  plan: Plan,
  options: { engine: Engine; pointer?: Pointer; maxRecords?: number },
): Promise<void> {
  const deps: SpeedDeps = {
    ...common(log, source, plan),
    ...{ engine: options.engine, clock: stillClock },
    pointers: { read: async () => [options.pointer] },
    troubles: new MemoryTroubleBook(),
    config: { ...SPEED_DEFAULTS, maxRecords: options.maxRecords ?? 1000 },
  };
  const service = await createSpeed(deps);
  await log.idle(EVENTS);
  await service.stop();
}

/** @param until what is to be there before it stops */
async function playBatch(
  log: MemoryLog,
  source: SourceDefinition,
  plan: Plan,
  options: { engine: Engine; lake: Lake; maxFileRecords?: number; until?: () => boolean },
): Promise<void> {
  const deps: BatchDeps = {
    ...common(log, source, plan),
    ...{ engine: options.engine, lake: options.lake, clock: stillClock },
    pointers: { read: async () => [undefined] },
    troubles: new MemoryTroubleBook(),
    store: new MemoryStore(),
    config: { ...BATCH_DEFAULTS, maxFileRecords: options.maxFileRecords ?? 1000 },
  };
  const service = await createBatch(deps);
  await log.idle(EVENTS);
  while (options.until?.() === false) await new Promise(setImmediate);
  await service.stop();
}

/** `<partition>/<offset>` → what a layer made of the record. */
type Judged = Map<string, string>;

/** Notes which records speed takes for events; their cells are of no interest here. */
function eventNotingEngine(judged: Judged): Engine {
  return {
    open: async (_source: unknown, _plans: unknown, events: Parameters<Engine['open']>[2]) => {
      for (const { partition, record } of events) judged.set(`${partition}/${record.offset}`, 'event');
      const partitions = [...new Set(events.map(({ partition }) => partition))].map((partition) => {
        const aggregated = events.filter((one) => one.partition === partition).length;
        return { partition, cells: [], ledger: { ...EMPTY_LEDGER, aggregated } };
      });
      return {
        poison: [],
        aggregate: async () => ({ partitions, refused: [] }),
        close: async () => undefined,
      };
    },
  } as unknown as Engine;
}

/** Notes how batch marks each record. */
function markNotingEngine(judged: Judged): Engine {
  const none = { cells: (async function* () {})(), ledger: EMPTY_LEDGER, refused: [], ends: new Map() };
  return {
    archiveColumns: () => [],
    openArchive: () => ({
      add: async (records) => {
        for (const { partition, record, mark } of records) {
          const place = `${partition}/${record.offset}`;
          if (judged.has(place)) throw new Error(`${place} is archived twice`);
          judged.set(place, mark);
        }
      },
      finish: async () => undefined,
      discard: async () => undefined,
    }),
    aggregateArchive: async () => none,
  } as Partial<Engine> as Engine;
}

class NameLake implements Lake {
  readonly names = new Set<string>();
  stage = async () => '/staged';
  commit = async (_path: string, name: string) => void this.names.add(name);
  list = async (prefix: string) =>
    [...this.names].filter((name) => name.startsWith(prefix)).map((name) => ({ name, bytes: 1 }));
  path = async (name: string) => name;
  print = async () => ({ bytes: 1, digest: '0'.repeat(32) });
  remove = async () => undefined;
}

/** Where a reader may begin: what stands there in each partition, by the rule of barriers in plain words. */
function placesIn(records: readonly NewRecord[]) {
  const places = [{ offset: 0, epoch: 0, afterBarrier: true }];
  let epoch = 0;
  records.forEach((record, offset) => {
    const barrier = record.headers?.[HEADERS.control] === 'barrier';
    const number = barrier ? (JSON.parse(String(record.value)) as { epoch: number }).epoch : 0;
    const ends = barrier && number > epoch;
    if (ends) epoch = number;
    places.push({ offset: offset + 1, epoch, afterBarrier: ends });
  });
  return places;
}

const flushesIn = (log: MemoryLog, plan: Plan): ReadFrame<FlushFrame>[] =>
  log.all(TOPICS.flushes(idOf(plan))).map(({ value }) => {
    const read = readFrame(value);
    if (isUnreadable(read) || read.message.type !== 'flush') throw new Error('no flush');
    return read as ReadFrame<FlushFrame>;
  });

const logRecord = (partitions: number) =>
  fc.nat(partitions - 1).chain((partition) =>
    fc.oneof(
      {
        weight: 8,
        arbitrary: fc.tuple(fc.nat(5), fc.nat(1)).map(([id, data]) => event(`e${id}`, partition, `${data}`)),
      },
      { weight: 2, arbitrary: fc.nat(7).map((epoch) => control(partition, 'barrier', epoch)) },
      { weight: 1, arbitrary: fc.constant(control(partition, 'pause', 9)) },
      { weight: 1, arbitrary: fc.constant(stranger(partition)) },
    ),
  );

test('speed and batch make the same of every record, wherever each begins and however the log is divided', async () => {
  const scenario = fc.integer({ min: 1, max: 3 }).chain((partitions) =>
    fc.record({
      partitions: fc.constant(partitions),
      records: fc.array(logRecord(partitions), { maxLength: 40 }),
      window: fc.constantFrom(0, 1, 3, 100),
      maxRecords: fc.integer({ min: 1, max: 12 }),
      maxFileRecords: fc.integer({ min: 1, max: 12 }),
      speedAt: fc.array(fc.nat(1000), { minLength: 3, maxLength: 3 }),
      batchAt: fc.array(fc.nat(1000), { minLength: 3, maxLength: 3 }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(scenario, async ({ partitions, records, window, speedAt, batchAt, ...sizes }) => {
      const source = sourceOf(partitions, window);
      const log = new MemoryLog();
      await log.ensureTopic({ name: EVENTS, partitions });
      await log.append(EVENTS, records);
      const cut: Record<string, number> = {};
      const epochs: Record<string, number> = {};
      const begins: { speed: number; batch: number }[] = [];
      const lake = new NameLake();
      for (let partition = 0; partition < partitions; partition++) {
        const places = placesIn(records.filter((record) => record.partition === partition));
        const pick = <T>(of: readonly T[], number = 0) => of[number % of.length] as T;
        const speed = pick(
          places.filter(({ afterBarrier }) => afterBarrier),
          speedAt[partition],
        );
        // Files end anywhere.
        const batch = pick(places, batchAt[partition]);
        cut[laneKey('orders', partition)] = speed.offset;
        epochs[laneKey('orders', partition)] = speed.epoch;
        const file = { partition, from: 0, to: batch.offset, epoch: batch.epoch, end: 'm' as const };
        if (batch.offset > 0) await lake.commit('', archiveName('orders', file));
        begins.push({ speed: speed.offset, batch: batch.offset });
      }
      const bySpeed: Judged = new Map();
      const byBatch: Judged = new Map();
      const pointer = { ...emptyPointer('h'), generation: 1, cut, epochs };
      await playSpeed(log, source, PLAN, { ...sizes, engine: eventNotingEngine(bySpeed), pointer });
      await playBatch(log, source, PLAN, { ...sizes, engine: markNotingEngine(byBatch), lake });
      for (const { header } of log.all(TOPICS.deadLetters('orders')))
        bySpeed.set(`${header(HEADERS.partition)}/${header(HEADERS.offset)}`, 'conflict');

      const ends = await log.endOffsets(EVENTS);
      begins.forEach(({ speed, batch }, partition) => {
        // What is in no file yet is not handed to the engine either.
        const archived = [...lake.names].flatMap((name) => parseArchiveName({ name, bytes: 1 }) ?? []);
        const to = Math.max(...archived.filter((one) => one.partition === partition).map((one) => one.to), 0);
        for (let offset = Math.max(speed, batch); offset < to; offset++) {
          const mark = byBatch.get(`${partition}/${offset}`);
          const expected = mark === 'event' || mark === 'conflict' ? mark : undefined;
          expect([offset, bySpeed.get(`${partition}/${offset}`)]).toEqual([offset, expected]);
        }
        // Each flush accounts for the epoch so far; the last one of each has all of it.
        const flushes = flushesIn(log, PLAN).filter(({ message }) => message.partition === partition);
        const last = new Map(flushes.map(({ message }) => [message.epoch, message]));
        for (const { start, to: end, end: mark, epoch } of last.values()) {
          const ledger = mark?.ledger as LedgerCounts;
          expect(ledgerTotal(ledger)).toBe(end - start);
          if (start < batch || end > to) continue;
          const counted: Record<string, number> = { event: 0, duplicate: 0, conflict: 0, control: 0 };
          for (let offset = start; offset < end; offset++)
            counted[byBatch.get(`${partition}/${offset}`) as string]! += 1;
          const { aggregated, duplicate, deadLettered, control: barriers } = ledger;
          const { event: events, conflict, control: controls } = counted;
          expect([epoch, aggregated, duplicate, deadLettered, barriers]).toEqual([
            ...[epoch, events, counted['duplicate'], conflict, controls],
          ]);
          expect(ledger.conflicts ?? 0).toBe(conflict);
        }
        // Where speed ended an epoch, batch ended a file, and they name the same epoch after it.
        const cuts = archived.filter((one) => one.partition === partition && one.end !== 'm');
        const closed = flushes.flatMap(({ message: { to: end, end: mark } }) =>
          mark?.closed === true && end > batch ? [`${end}: ${mark.next}`] : [],
        );
        expect(cuts.filter((one) => one.to > speed).map((one) => `${one.to}: ${one.epoch}`)).toEqual(closed);
        expect(Math.max(speed, ...flushes.map(({ message }) => message.to))).toBe(
          Math.max(speed, ends[String(partition)] ?? 0),
        );
      });
    }),
    { numRuns: 300 },
  );
});

describe('with the real engine', () => {
  const HOME = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const directory = mkdtempSync(join(HOME, 'tenon-agreement-'));
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine({ threads: 1 });
  });
  afterAll(async () => {
    await engine.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const bought = (index: number, partition: number): NewRecord => {
    const at = `2024-01-01T0${index % 3}:${String(index % 60).padStart(2, '0')}:00Z`;
    const data = { shop: `shop${index % 4}`, price: (index * 7919) % 1000, at };
    const envelope: EventEnvelope = {
      ...{ specversion: '1.0', id: `o${index}`, source: '/till', type: 'order', eventtime: at },
      ...{ correlationid: `c${index}`, data },
    };
    const digest = checksum32(JSON.stringify(data)).toString(16).padStart(8, '0');
    return {
      ...{ partition, key: null, value: JSON.stringify(envelope), timestamp: Date.UTC(2024, 0, 2) },
      headers: { [HEADERS.identity]: identityText('/till', envelope.id, digest), [HEADERS.version]: '1' },
    };
  };

  test('the states that speed folds of an epoch are those that batch computes of the archive', async () => {
    const source = sourceOf(2, 50);
    const sql = `SELECT time_bucket(INTERVAL '1 hour', event_time) AS window_start, shop, count(*) AS n,
      sum(price) AS total, avg(price) AS mean, count(DISTINCT price) AS prices FROM orders GROUP BY window_start, shop`;
    const product = { name: 'sales', version: 1, sql, topology: 'lambda', retentionMicros: null } as const;
    const plan = await engine.plan(source, product);
    const log = new MemoryLog();
    await log.ensureTopic({ name: EVENTS, partitions: 2 });
    const all = Array.from({ length: 120 }, (_, index) => bought(index, index % 2));
    await log.append(EVENTS, [...all, bought(100, 0), stranger(1), bought(101, 1)]);
    await log.append(EVENTS, [control(0, 'barrier', 1), control(1, 'barrier', 1)]);

    await playSpeed(log, source, plan, { engine, maxRecords: 17 });
    const lake = createFileLake({ directory });
    const ranges = TOPICS.ranges(idOf(plan));
    const isCommitted = () =>
      log.all(ranges).some(({ value }) => Buffer.from(value).includes('"type":"commit"'));
    await playBatch(log, source, plan, { engine, lake, maxFileRecords: 25, until: isCommitted });

    const speed = new Map<string, readonly State[]>();
    let ledger: LedgerCounts = EMPTY_LEDGER;
    for (const partition of [0, 1]) {
      const states = new Map<string, readonly State[]>();
      const assembler = new FrameAssembler('cells');
      for (const { message, cells } of flushesIn(log, plan).filter(
        (one) => one.message.partition === partition,
      )) {
        const { verdict, kept } = assembler.add(message, cells, 0);
        if (verdict === 'whole')
          for (const cell of kept) states.set(cell.id, JSON.parse(cell.states) as State[]);
        if (message.end?.closed === true) ledger = addLedgers(ledger, message.end.ledger);
      }
      for (const [id, one] of states) speed.set(id, mergeStates(plan.states, speed.get(id) ?? [], one));
    }
    const batch = new Map<string, readonly State[]>();
    let committed: LedgerCounts = EMPTY_LEDGER;
    for (const { value } of log.all(ranges)) {
      const read = readFrame(value);
      if (isUnreadable(read)) throw new Error(read.reason);
      if (read.message.type === 'commit') committed = read.message.ledger;
      for (const cell of read.cells) batch.set(cell.id, JSON.parse(cell.states) as State[]);
    }
    expect(batch.size).toBe(12);
    expect(new Map([...speed].sort())).toEqual(new Map([...batch].sort()));
    expect(ledger).toEqual(committed);
    expect(ledger).toMatchObject({
      aggregated: 120,
      duplicate: 2,
      deadLettered: 1,
      control: 2,
    });
  });
});
