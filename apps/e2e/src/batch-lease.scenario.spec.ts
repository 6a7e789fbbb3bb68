/** Two instances of batch on the same log, store and lake. Nothing lands what they emit, so a run stays due. */
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
import { createFileCatalog } from '@tenon/catalog';
import { BARRIER, HEADERS, TOPICS, isUnreadable, readFrame } from '@tenon/contracts';
import { productId } from '@tenon/domain';
import { servedPointers, troubleBook } from '@tenon/views';
import { createEngine } from '@tenon/engine';
import type { Bus, Engine, EventLog, ProductStore, RunningService } from '@tenon/ports';
import type { PlannedCatalog } from '@tenon/runtime';
import { planCatalog } from '@tenon/runtime';
import { BATCH_DEFAULTS, createBatch } from '@tenon/service-batch';
import { NO_LOGGER } from '@tenon/telemetry';
import { eventually } from '@tenon/testing';
import { PARTITIONS, writeMeterCatalog } from './real/meters';

/** Long enough that a loaded machine does not let it end by itself. */
const LEASE_MS = 1_500;
const TOPIC = TOPICS.events('meters');
const PRODUCT = 'meters_quarters';

let directory: string;
let log: EventLog;
let bus: Bus;
let store: ProductStore;
let engine: Engine;
let catalog: PlannedCatalog;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tenon-lease-'));
  writeMeterCatalog(join(directory, 'catalog'), 'meters');
  log = createFileEventLog({ directory: join(directory, 'log'), clock: systemClock });
  bus = createMemoryBus();
  store = await createLmdbProductStore({ directory: join(directory, 'store') });
  engine = await createEngine({ threads: 1 });
  catalog = await planCatalog(engine, await createFileCatalog(join(directory, 'catalog')).load());
});

afterAll(async () => {
  await engine.close();
  await store.close();
  await bus.close();
  await log.close();
  rmSync(directory, { recursive: true, force: true });
});

/** An instance of batch; `die` lets no write of it reach the store any more, as if it were no longer there. */
async function startBatch(): Promise<{ service: RunningService; die: () => void }> {
  let dead = false;
  const service = await createBatch({
    log,
    bus,
    pointers: servedPointers(store),
    troubles: troubleBook(store, systemClock),
    store: {
      transact: (work) => (dead ? new Promise(() => undefined) : store.transact(work)),
      snapshot: (read) => store.snapshot(read),
    },
    lake: createFileLake({ directory: join(directory, 'lake') }),
    engine,
    clock: systemClock,
    ids: createIds(),
    logger: NO_LOGGER,
    sources: catalog.sources,
    plans: catalog.plans,
    config: { ...BATCH_DEFAULTS, leaseMs: LEASE_MS },
  });
  return { service, die: () => (dead = true) };
}

async function barrier(epoch: number): Promise<void> {
  const value = JSON.stringify({ v: 1, type: 'barrier', epoch, at: 0 });
  await log.append(
    TOPIC,
    Array.from({ length: PARTITIONS }, (_, partition) => ({
      partition,
      key: null,
      value,
      headers: { [HEADERS.control]: BARRIER, [HEADERS.version]: '1' },
    })),
  );
}

/** Whole ranges that were emitted, by the generation that they make. */
async function emitted(): Promise<number[]> {
  const made: number[] = [];
  for (let partition = 0; partition < PARTITIONS; partition++)
    for (const { value } of await log.read(TOPICS.ranges(productId(PRODUCT, 1)), partition, 0)) {
      const read = readFrame(value);
      if (!isUnreadable(read) && read.message.type === 'commit') made.push(read.message.to);
    }
  return made;
}

const holds = (service: RunningService) => (service.status()['leases'] as string[]).length > 0;

test('a run is made by one of two, by the other at once when that one ends, and after a while when it dies', async () => {
  const instances = await Promise.all([startBatch(), startBatch()]);
  await barrier(1);
  await eventually('the run is made', async () => (await emitted()).length > 0);
  // Several times as long as it takes to look again.
  await systemClock.sleep(5 * LEASE_MS);
  expect(await emitted()).toEqual([1]);

  const owner = instances.find(({ service }) => holds(service)) as (typeof instances)[0];
  const other = instances.find((one) => one !== owner) as (typeof instances)[0];
  expect(holds(other.service)).toBe(false);
  await owner.service.stop();
  await eventually('the other one makes it', async () => (await emitted()).length === 2);
  expect(holds(other.service)).toBe(true);

  const third = await startBatch();
  await systemClock.sleep(3 * LEASE_MS);
  expect(await emitted()).toEqual([1, 1]);
  other.die();
  await eventually('the third one makes it', async () => (await emitted()).length === 3);
  expect(holds(third.service)).toBe(true);
  await third.service.stop();
  void other.service.stop();
});
