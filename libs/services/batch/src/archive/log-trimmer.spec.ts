import { ArchiveManifest, archiveName } from '@tenon/archive';
import type { ArchivedFile } from '@tenon/contracts';
import { createLeases } from '@tenon/leases';
import { NO_LOGGER } from '@tenon/telemetry';
import { MemoryLog, MemoryStore, createManualClock } from '@tenon/testing';
import type { BatchDeps } from '../deps';
import { BATCH_DEFAULTS } from '../deps';
import { MemoryLake } from '../testing/memory-lake';
import { LogTrimmer } from './log-trimmer';

const TOPIC = 'tenon.events.orders';
const RETENTION = 1000;

/** A log of one partition with a record each 100 ms, all of them deletable. */
class TrimmedLog extends MemoryLog {
  readonly deleted: number[] = [];
  override deleteBefore = async (_topic?: string, offsets?: Readonly<Record<string, number>>) => {
    const to = offsets?.['0'] ?? 0;
    this.deleted.push(to);
    this.lose(TOPIC, 0, to);
  };
}

async function begin(records: number) {
  const [store, lake, log, clock] = [
    new MemoryStore(),
    new MemoryLake(),
    new TrimmedLog(),
    createManualClock(),
  ];
  await log.ensureTopic({ name: TOPIC, partitions: 1 });
  const began = clock.now();
  for (let at = 0; at < records; at++)
    await log.append(TOPIC, [{ partition: 0, key: null, value: 'e', timestamp: began + at * 100 }]);
  const manifest = new ArchiveManifest({ store, lake }, 'orders', 1);
  const deps = {
    ...{ store, lake, log, clock, logger: NO_LOGGER, ids: { next: () => 'id' } },
    config: BATCH_DEFAULTS,
  } as unknown as BatchDeps;
  const leases = createLeases({ store, clock, logger: NO_LOGGER, owner: 'a', ttlMs: 100 });
  const trimmer = new LogTrimmer(deps, leases, manifest, RETENTION);
  const archive = async (from: number, to: number) => {
    const staged = await lake.stage();
    const place = { from, to, epoch: 1, end: 'm' as const };
    const file: ArchivedFile = { ...place, ...(await lake.print(staged)), columns: 'c' };
    const name = archiveName('orders', { ...file, partition: 0 });
    await lake.commit(staged, name);
    await manifest.append(0, file);
    return name;
  };
  /** @returns where the log starts then */
  const look = async (atMs: number) => {
    await clock.advance(began + atMs - clock.now());
    await trimmer.look(new AbortController().signal);
    return Number((await log.startOffsets(TOPIC))['0']);
  };
  return { log, lake, manifest, trimmer, archive, look };
}

test('what is archived and old enough goes, and nothing else', async () => {
  const { log, archive, look, trimmer } = await begin(40);
  // The first 31 are old enough, and nothing is archived.
  expect(await look(RETENTION + 3050)).toBe(0);
  await archive(0, 10);
  await archive(10, 40);
  expect(await look(RETENTION + 3050)).toBe(31);
  // Nothing more has become old enough.
  expect(await look(RETENTION + 3090)).toBe(31);
  expect(await look(RETENTION + 3350)).toBe(34);
  expect(await look(RETENTION + 60_000)).toBe(40);
  expect([log.deleted, trimmer.trimmed, trimmer.degraded()]).toEqual([[31, 34, 40], 40, []]);
});

test.each([
  ['is not what was written', (lake: MemoryLake, name: string) => lake.names.set(name, '/another')],
  ['is missing', (lake: MemoryLake, name: string) => lake.names.delete(name)],
])('a file of the archive that %s keeps its records in the log, until it is put back', async (what, harm) => {
  const { lake, archive, look, trimmer } = await begin(40);
  const names = [await archive(0, 10), await archive(10, 20), await archive(20, 40)];
  const path = await lake.path(names[1] as string);
  harm(lake, names[1] as string);
  expect(await look(60_000)).toBe(10);
  expect(trimmer.degraded()).toEqual([expect.stringContaining(what)]);
  lake.names.set(names[1] as string, path);
  expect(await look(60_000)).toBe(40);
  expect(trimmer.degraded()).toEqual([]);
});

test('what the manifest does not name stays, though it names what comes after', async () => {
  const { manifest, archive, look, trimmer } = await begin(40);
  await archive(0, 10);
  await archive(10, 40);
  const files = await manifest.files(0, 0, 40);
  jest.spyOn(manifest, 'files').mockResolvedValue(files.slice(1));
  expect(await look(60_000)).toBe(0);
  expect(trimmer.degraded()).toEqual([expect.stringContaining('no records from 0 on')]);
});

test('what was removed from the archive for its age goes too', async () => {
  const { manifest, archive, look, trimmer } = await begin(40);
  await archive(0, 10);
  await archive(10, 40);
  await manifest.look();
  const files = await manifest.files(0, 0, 40);
  jest.spyOn(manifest, 'files').mockResolvedValue(files.slice(1));
  const head = manifest.head(0);
  jest.spyOn(manifest, 'head').mockReturnValue({ ...head, first: 10, removed: 5 });
  expect(await look(60_000)).toBe(40);
  expect(trimmer.degraded()).toEqual([]);
});
