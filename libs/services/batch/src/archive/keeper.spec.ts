import { ArchiveManifest, archiveName } from '@tenon/archive';
import type { ArchiveEnd, ArchivedFile } from '@tenon/contracts';
import { createLeases } from '@tenon/leases';
import { NO_LOGGER } from '@tenon/telemetry';
import { MemoryStore, createManualClock } from '@tenon/testing';
import type { BatchDeps } from '../deps';
import { BATCH_DEFAULTS } from '../deps';
import { ListingEngine, MemoryLake } from '../testing/memory-lake';
import { Keeper } from './keeper';

const GRACE = 1000;
/** Entries of a part of the manifest's list. */
const PART = 128;

function begin() {
  const [store, lake, engine, clock] = [
    new MemoryStore(),
    new MemoryLake(),
    new ListingEngine(),
    createManualClock(),
  ];
  const manifest = new ArchiveManifest({ store, lake }, 'orders', 1);
  let id = 0;
  const instance = (owner: string) => {
    const deps = {
      ...{ store, lake, clock, engine: engine.asEngine(), logger: NO_LOGGER },
      ids: { next: () => `id-${(id += 1)}` },
      config: { ...BATCH_DEFAULTS, compactBytes: 60, sweepGraceMs: GRACE },
    } as unknown as BatchDeps;
    const leases = createLeases({ store, clock, logger: NO_LOGGER, owner, ttlMs: 100 });
    return { leases, keeper: new Keeper(deps, leases, manifest) };
  };
  let next = 0;
  /** Files of two records each, archived one after the other; `k` is the epoch after each. */
  const archive = async (count: number, end: ArchiveEnd = 'b', columns = 'c') => {
    for (let i = 0; i < count; i++) {
      const staged = await lake.stage();
      engine.files.set(staged, [`${next} event`, `${next + 1} control`]);
      const place = { from: next, to: next + 2, epoch: next / 2 + 1, end };
      const file: ArchivedFile = { ...place, ...(await lake.print(staged)), columns };
      await lake.commit(staged, archiveName('orders', { ...file, partition: 0 }));
      await manifest.append(0, file);
      next += 2;
    }
  };
  const look = (keeper: Keeper) => keeper.look(new AbortController().signal);
  const files = () => manifest.files(0, 0, next);
  /** What a reader of [from, to) gets. */
  const records = async (from: number, to: number) => {
    const read = await Promise.all(
      (await manifest.files(0, from, to)).map(async ({ name }) => engine.files.get(await lake.path(name))),
    );
    return read.flat().filter((one) => Number(one?.split(' ')[0]) >= from && Number(one?.split(' ')[0]) < to);
  };
  return { store, lake, engine, clock, manifest, instance, archive, look, files, records };
}

const cutOf = async (manifest: ArchiveManifest) => {
  await manifest.look();
  const cut = await manifest.latestCut(0);
  return cut && [cut.epoch, cut.offsets.get(0), cut.full];
};

test('small files become larger ones, and records and cuts are found as before', async () => {
  const { manifest, instance, archive, look, files, records, clock, lake } = begin();
  await archive(2 * PART + 5);
  const before = await cutOf(manifest);
  const { keeper } = instance('a');
  await look(keeper);
  // Files of one byte each, so sixty to a file of the target; the last part takes more files, and is left alone.
  const sizes = (await files()).map(({ from, to }) => (to - from) / 2);
  expect(sizes).toEqual([60, 60, 8, 60, 60, 8, 1, 1, 1, 1, 1]);
  expect(await cutOf(manifest)).toEqual(before);
  expect(await records(101, 317)).toEqual(
    Array.from({ length: 216 }, (_, at) => `${101 + at} ${(101 + at) % 2 === 0 ? 'event' : 'control'}`),
  );
  // Nobody has it long.
  expect(await instance('b').leases.take('archive/orders')).not.toBeNull();
  // What was joined goes after the grace, and not before.
  expect(lake.names.size).toBe(2 * PART + 5 + 6);
  await clock.advance(GRACE);
  await look(instance('a').keeper);
  await look(keeper);
  expect(lake.names.size).toBe(2 * PART + 5 + 6);
});

test('what was joined goes after a grace, and a file that is named never does', async () => {
  const { instance, archive, look, files, clock, lake } = begin();
  await archive(PART + 1);
  const { keeper } = instance('a');
  await look(keeper);
  await clock.advance(GRACE - 1);
  await look(keeper);
  expect(lake.names.size).toBe(PART + 1 + 3);
  await clock.advance(1);
  await look(keeper);
  const named = (await files()).map(({ name }) => name);
  expect([...lake.names.keys()].sort()).toEqual([...named].sort());
  expect(named).toHaveLength(4);
});

test('a cut in the middle of a joined file is found, with what it asks for', async () => {
  const { manifest, instance, archive, look } = begin();
  await archive(50);
  await archive(1, 'f');
  await archive(PART, 'm');
  expect(await cutOf(manifest)).toEqual([51, 102, true]);
  await look(instance('a').keeper);
  expect(await cutOf(manifest)).toEqual([51, 102, true]);
});

test('files of other columns, and those that are damaged, are left as they are', async () => {
  const { instance, archive, look, files, lake } = begin();
  await archive(64);
  await archive(65, 'b', 'other');
  const [, , third] = await files();
  const path = await lake.path(third?.name ?? '');
  const { print } = lake;
  lake.print = async (one) => (one === path ? { bytes: 2, digest: '' } : print(one));
  await look(instance('a').keeper);
  const sizes = (await files()).map(({ from, to, columns }) => `${(to - from) / 2} ${columns}`);
  expect(sizes).toEqual([...Array<string>(60).fill('1 c'), '4 c', '60 other', '4 other', '1 other']);
});

test('an owner that has lost its lease in the middle changes nothing', async () => {
  const { store, instance, archive, look, files, lake } = begin();
  await archive(PART + 1);
  const before = await files();
  lake.beforeCommit = () => store.put('meta', 'lease/archive/orders', { owner: 'other', counter: 9 });
  await look(instance('a').keeper);
  expect(await files()).toEqual(before);
});
