import { ArchiveManifest, archiveName, archiveRanges } from '@tenon/archive';
import type { ArchivedFile } from '@tenon/contracts';
import type { Plan, Pointer } from '@tenon/domain';
import { emptyPointer } from '@tenon/domain';
import type { Lease } from '@tenon/leases';
import { NO_LOGGER } from '@tenon/telemetry';
import { MemoryStore, createManualClock } from '@tenon/testing';
import type { BatchDeps } from '../deps';
import { BATCH_DEFAULTS } from '../deps';
import { MemoryLake } from '../testing/memory-lake';
import { Aging } from './aging';

const DAY = 86_400_000;
const KEPT = 10 * DAY;
/** Files of ten records; file i was appended on day i. Entries of a part of the list: 128. */
const FILES = 300;

let store: MemoryStore;
let lake: MemoryLake;
let manifest: ArchiveManifest;
/** Day → the latest event time of its file, days, where it is not the day of its append. */
let latest: Map<number, number>;
let held: boolean;
const days = new Map<string, number>();

const hours = { column: 'w', sizeMicros: 3_600_000_000, sizeMonths: 0 };
const plan = (fields: Partial<Plan> = {}) =>
  ({
    ...{ product: 'p', version: 1, source: 'orders', window: hours, retentionMicros: 5 * DAY * 1000 },
    ...fields,
  }) as Plan;

const pointer = (day: number, next: number): Pointer => ({
  ...{ ...emptyPointer('h'), generation: 1 },
  ...{ cut: { 'orders/0': next }, barriers: { 'orders/0': day * DAY } },
});

beforeEach(async () => {
  [store, lake, latest, held] = [new MemoryStore(), new MemoryLake(), new Map(), true];
  manifest = new ArchiveManifest({ store, lake }, 'orders', 1);
  for (let day = 0; day < FILES; day++) {
    const place = { from: 10 * day, to: 10 * day + 10, epoch: day + 1, end: 'b' as const };
    const staged = await lake.stage();
    days.set(staged, day);
    const entry: ArchivedFile = { ...place, ...(await lake.print(staged)), columns: 'c' };
    await lake.commit(staged, archiveName('orders', { ...entry, partition: 0 }));
    await manifest.append(0, entry);
  }
});

async function remove(pointers: readonly (Pointer | undefined)[], plans: readonly Plan[] = [plan()]) {
  const deps = {
    ...{ store, lake, plans, clock: createManualClock(), logger: NO_LOGGER },
    sources: [{ name: 'orders', dedupe: { window: 15 } }],
    pointers: { read: async () => pointers },
    engine: {
      archiveAge: async (path: string) => {
        const day = days.get(path) ?? NaN;
        return { appended: day * DAY, latest: (latest.get(day) ?? day) * DAY * 1000 };
      },
    },
    config: { ...BATCH_DEFAULTS, archiveRetentionMs: KEPT },
  } as unknown as BatchDeps;
  const lease = { isHeldIn: async () => held } as unknown as Lease;
  const removed = await new Aging(deps, manifest).remove(lease, new AbortController().signal);
  await manifest.look();
  return removed.length;
}

test('files go that are older than the retention at the served cut, appended and event time alike', async () => {
  // Day 200, so what was appended up to day 190.
  expect(await remove([pointer(200, 2000)])).toBe(191);
  expect(manifest.head(0)).toMatchObject({ first: 1910, next: 3000, files: 109, removed: 190 * DAY * 1000 });
  expect((await manifest.files(0, 0, 3000))[0]).toMatchObject({ from: 1910 });
  expect(await remove([pointer(200, 2000)])).toBe(0);
});

test('one event of later days keeps its file, and all after it', async () => {
  latest.set(150, 195);
  expect(await remove([pointer(200, 2000)])).toBe(150);
});

test('nothing goes that a product has not served, or in which ids repeat that it may meet', async () => {
  expect(await remove([pointer(200, 2000), pointer(250, 100)], [plan(), plan()])).toBe(8);
  expect(await remove([pointer(200, 2000), undefined], [plan(), plan()])).toBe(0);
});

test('nothing goes while a product runs that needs more, or all', async () => {
  for (const needy of [{ window: null }, { retentionMicros: null }, { retentionMicros: KEPT * 1000 }])
    expect(await remove([pointer(200, 2000)], [plan(needy)])).toBe(0);
});

test('who has lost the lease removes nothing, and the last part of the list stays', async () => {
  held = false;
  expect(await remove([pointer(400, 3000)])).toBe(0);
  held = true;
  expect(await remove([pointer(400, 3000)])).toBe(256);
});

test('what was removed is said to a run that asks for all; where anything else is missing there is a gap', async () => {
  await remove([pointer(200, 2000)]);
  const to = new Map([[0, 2000]]);
  const { ranges, removed } = await archiveRanges(manifest, lake, {}, to);
  expect(ranges.map(({ from, to: end }) => [from, end])).toEqual([[1910, 2000]]);
  expect(removed).toMatchObject({ records: 1910, until: 190 * DAY * 1000 });
  expect((await archiveRanges(manifest, lake, { 0: 1920 }, to)).removed).toBeNull();
  const head = manifest.head(0);
  await store.put('meta', 'archive-head/orders/000000000000', { ...head, first: 1900 });
  await expect(archiveRanges(manifest, lake, {}, to)).rejects.toMatchObject({ code: 'archive-gap' });
});
