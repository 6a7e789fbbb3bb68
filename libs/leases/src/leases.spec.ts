import type { LeaseDocument } from '@tenon/contracts';
import { Unavailable } from '@tenon/errors';
import type { ProductStore, StoreTransaction } from '@tenon/ports';
import { NO_LOGGER } from '@tenon/telemetry';
import { createManualClock } from '@tenon/testing';
import { createLeases } from './leases';

const TTL = 10_000;
/** One transaction after the other. */
class MemoryStore implements Pick<ProductStore, 'transact'> {
  readonly documents = new Map<string, unknown>();
  away = false;
  private last: Promise<unknown> = Promise.resolve();

  transact<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T> {
    const run = this.last.then(async () => {
      if (this.away) throw new Unavailable('The store is away.');
      const writes = new Map<string, unknown>();
      const get = async <V>(_table: string, key: string) => this.documents.get(key) as V | undefined;
      const result = await work({
        get,
        getMany: async <V>(table: string, keys: readonly string[]) =>
          Promise.all(keys.map((key) => get<V>(table, key))),
        put: (_table, key, value) => void writes.set(key, value),
        putJson: (_table, key, json) => void writes.set(key, JSON.parse(json)),
        delete: (_table, key) => void writes.set(key, undefined),
      });
      for (const [key, value] of writes) this.documents.set(key, value);
      return result;
    });
    this.last = run.catch(() => undefined);
    return run;
  }

  lease(name: string): LeaseDocument {
    return this.documents.get(`lease/${name}`) as LeaseDocument;
  }
}

function setup() {
  const store = new MemoryStore();
  /** Each has a clock of its own: they share nothing but the store. */
  const instance = (owner: string) => {
    const clock = createManualClock();
    return { clock, leases: createLeases({ store, clock, logger: NO_LOGGER, owner, ttlMs: TTL }) };
  };
  return { store, a: instance('a'), b: instance('b') };
}

/** Time goes by in steps, so that what renews can. */
async function pass(ms: number, ...clocks: { advance(ms: number): Promise<void> }[]): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    for (const clock of clocks) await clock.advance(500);
    await settle();
  }
}
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test('one of two that ask at once gets it', async () => {
  const { a, b } = setup();
  const taken = await Promise.all([a.leases.take('run'), b.leases.take('run')]);
  expect(taken.filter((lease) => lease !== null)).toHaveLength(1);
});

test('its owner keeps it for as long as it lives', async () => {
  const { a, b } = setup();
  const lease = await a.leases.take('run');
  for (let round = 0; round < 20; round += 1) {
    await pass(TTL / 2, a.clock, b.clock);
    expect(await b.leases.take('run')).toBeNull();
  }
  expect(lease?.lost.aborted).toBe(false);
  expect(await a.leases.take('run')).toBe(lease);
});

test('one that is released is there at once, and the count goes on', async () => {
  const { store, a, b } = setup();
  await (await a.leases.take('run'))?.release();
  expect(store.lease('run')).toEqual({ owner: null, counter: 2 });
  expect(await b.leases.take('run')).not.toBeNull();
  expect(store.lease('run')).toEqual({ owner: 'b', counter: 3 });
});

test('that of an instance that ends in order is released', async () => {
  const { a, b } = setup();
  await a.leases.take('one');
  await a.leases.take('two');
  await a.leases.close();
  expect(a.clock.sleeping()).toBe(0);
  expect(await b.leases.take('one')).not.toBeNull();
  expect(await b.leases.take('two')).not.toBeNull();
});

test('one whose owner died is taken over after the time to live, by the clock of whoever takes it', async () => {
  const { a, b } = setup();
  await a.leases.take('run');
  // The clock of a stands still from now on, as a does.
  expect(await b.leases.take('run')).toBeNull();
  await b.clock.advance(TTL);
  expect(await b.leases.take('run')).toBeNull();
  await b.clock.advance(1);
  expect(await b.leases.take('run')).not.toBeNull();
});

test('a sign of life between two looks is seen, however far apart they are', async () => {
  const { a, b } = setup();
  await a.leases.take('run');
  expect(await b.leases.take('run')).toBeNull();
  await pass(TTL, a.clock);
  await b.clock.advance(100 * TTL);
  expect(await b.leases.take('run')).toBeNull();
});

test('an owner that was paused learns that it has lost it, and leaves it to the other', async () => {
  const { store, a, b } = setup();
  const lease = await a.leases.take('run');
  await b.leases.take('run');
  await b.clock.advance(TTL + 1);
  await b.leases.take('run');
  await pass(TTL, a.clock);
  expect(lease?.lost.aborted).toBe(true);
  await lease?.release();
  expect(store.lease('run').owner).toBe('b');
  expect(await a.leases.take('run')).toBeNull();
});

test('while the store is away it is lost after the time to live, and not before', async () => {
  const { store, a } = setup();
  const lease = await a.leases.take('run');
  store.away = true;
  await pass(TTL - 1_000, a.clock);
  expect(lease?.lost.aborted).toBe(false);
  await pass(TTL / 2, a.clock);
  expect(lease?.lost.aborted).toBe(true);
  await expect(a.leases.take('run')).rejects.toThrow(Unavailable);
});

test('a renewal whose answer was lost counts', async () => {
  const { store, a, b } = setup();
  await a.leases.take('run');
  const { transact } = store;
  let lost = 0;
  store.transact = async (work) => {
    const result = await transact.call(store, work);
    if (lost++ === 0) throw new Unavailable('The answer was lost.');
    return result as never;
  };
  await pass(TTL / 4, a.clock);
  store.transact = transact;
  const { counter } = store.lease('run');
  expect([counter, lost]).toEqual([2, 1]);
  await pass(TTL / 4, a.clock);
  expect(store.lease('run').counter).toBe(3);
  expect(await b.leases.take('run')).toBeNull();
});
