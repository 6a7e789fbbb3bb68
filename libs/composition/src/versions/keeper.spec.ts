/** A version is dropped whole, whoever is killed at whichever of its steps: the next one finds what is left. */
import { createMemoryBus } from '@tenon/adapters-embedded';
import { STORE_KEYS, TOPICS, servedDocument } from '@tenon/contracts';
import type { Plan, SourceDefinition } from '@tenon/domain';
import { createEngine } from '@tenon/engine';
import type { Engine, EventLog, TopicRemover } from '@tenon/ports';
import { createLogger } from '@tenon/runtime';
import { MemoryStore, createManualClock, eventually } from '@tenon/testing';
import { inOneStore, versionsIn } from '@tenon/views';
import { VersionKeeper } from './keeper';

const logger = createLogger({ level: 'silent', name: 'test' });
const ORDERS: SourceDefinition = {
  ...{ name: 'orders', key: ['shop'], time: null, partitions: 1, dedupe: { window: 100 } },
  schema: { type: 'object', properties: { shop: { type: 'string' } } },
};

let engine: Engine;
let plans: readonly [Plan, Plan];
beforeAll(async () => {
  engine = await createEngine({ threads: 1 });
  const sql = 'SELECT shop, count(*) AS n FROM orders GROUP BY shop';
  const of = (version: number) =>
    engine.plan(ORDERS, { name: 'sales', version, sql, topology: 'kappa', retentionMicros: null });
  plans = [await of(1), await of(2)];
});
afterAll(() => engine.close());

/** More than are removed in one transaction. */
const CELLS = 1200;

async function world() {
  const store = new MemoryStore();
  const topics = new Set([1, 2].flatMap((n) => [TOPICS.flushes(`sales@${n}`), TOPICS.ranges(`sales@${n}`)]));
  await store.transact(async (tx) => {
    for (const plan of plans) {
      const id = `sales@${plan.version}`;
      tx.put('meta', STORE_KEYS.plan(id), { plan });
      tx.put('meta', STORE_KEYS.pointer(id), { v: 1 });
      tx.put('meta', `progress/${id}/orders/0`, { v: 1 });
      for (let cell = 0; cell < CELLS; cell++)
        tx.put('speed', `${STORE_KEYS.speed(id, 0, 1)}["s${cell}"]`, { v: 1 });
      tx.put('base', `${STORE_KEYS.base(id, 0)}["s"]`, { v: 1 });
    }
    const others = [{ version: 1, state: 'dropping' as const, since: 0 }];
    const versions = { served: 2, since: 0, declared: 2, last: 2, others };
    tx.put('meta', STORE_KEYS.served('sales'), servedDocument(versions));
  });
  return { store, topics };
}

type World = Awaited<ReturnType<typeof world>>;

/** @param calls that are made before the process dies; none comes through then */
async function keep({ store, topics }: World, calls: number, isDone: () => Promise<boolean>): Promise<void> {
  let made = 0;
  const call = () => {
    if (made >= calls) throw new Error('killed');
    made += 1;
  };
  store.beforeCommit = call;
  const log = {
    hasTopic: async (name: string) => topics.has(name),
    deleteTopic: async (name: string) => {
      call();
      topics.delete(name);
    },
  } as unknown as EventLog & TopicRemover;
  const clock = createManualClock();
  const layers = async () => ({ stores: () => inOneStore(store), all: [store] });
  const catalog = () => ({ sources: [ORDERS], plans: [plans[1]], fingerprint: 'f', readAt: 0 });
  const deps = { store, log, bus: createMemoryBus(), clock, logger, layers, graceMs: 0 };
  const keeper = new VersionKeeper({ ...deps, catalog: catalog as never });
  keeper.start();
  await eventually('it is done, or dead', async () => {
    await clock.advance(10);
    return made >= calls || (await isDone());
  });
  await keeper.stop();
  store.beforeCommit = () => undefined;
}

const stateOf = async ({ store }: World) =>
  (await store.snapshot((snapshot) => versionsIn(snapshot, ['sales']))).get('sales')?.others[0]?.state;

/** Keys of every table that are of a version. */
const keysOf = ({ store }: World, id: string) =>
  (['meta', 'base', 'speed'] as const).flatMap((table) =>
    store.keys(table).filter((key) => `/${key}`.includes(`/${id}`)),
  );

test('what is dropped goes whole, and nothing else does, wherever it was killed', async () => {
  const untouched = keysOf(await world(), 'sales@2');
  let whole = Infinity;
  for (let calls = 0; calls <= whole; calls++) {
    const one = await world();
    const isDone = async () => (await stateOf(one)) === 'dropped';
    await keep(one, calls, isDone);
    if (await isDone()) whole = calls;
    await keep(one, Infinity, isDone);
    expect(keysOf(one, 'sales@1')).toEqual([]);
    expect(keysOf(one, 'sales@2')).toEqual(untouched);
    expect([...one.topics]).toEqual([TOPICS.flushes('sales@2'), TOPICS.ranges('sales@2')]);
  }
  // Two topics, three chunks of cells, the rest, the book.
  expect(whole).toBeGreaterThan(7);
});
