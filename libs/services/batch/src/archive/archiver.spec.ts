import { ArchiveManifest, parseArchiveName } from '@tenon/archive';
import { HEADERS, UnsupportedVersion } from '@tenon/contracts';
import type { NewRecord } from '@tenon/ports';
import { NO_LOGGER } from '@tenon/telemetry';
import { MemoryLog, MemoryStore, MemoryTroubleBook } from '@tenon/testing';
import type { BatchConfig, BatchDeps } from '../deps';
import { BATCH_DEFAULTS } from '../deps';
import { ListingEngine, MemoryLake } from '../testing/memory-lake';
import { EVENTS, SOURCE, barrier, order } from '../testing/orders';
import { Archiver } from './archiver';

interface Options {
  readonly log?: MemoryLog;
  readonly lake?: MemoryLake;
  readonly store?: MemoryStore;
  readonly engine?: ListingEngine;
  readonly config?: Partial<BatchConfig>;
}

async function start({
  log = new MemoryLog(),
  lake = new MemoryLake(),
  store = new MemoryStore(),
  engine = new ListingEngine(),
  config = {},
}: Options = {}) {
  const troubles = new MemoryTroubleBook();
  const deps = {
    ...{ log, lake, store, engine: engine.asEngine(), logger: NO_LOGGER, troubles },
    clock: { now: () => 0, monotonic: () => 0, sleep: async () => undefined },
    config: { ...BATCH_DEFAULTS, ...config },
  } as unknown as BatchDeps;
  const manifest = new ArchiveManifest({ store, lake }, 'orders', 2);
  let cuts = 0;
  const archiver = new Archiver(deps, SOURCE, manifest, ['per_shop@1'], () => (cuts += 1));
  await archiver.start();
  const feed = async (...records: NewRecord[]) => {
    await log.append(EVENTS, records);
    await log.idle(EVENTS);
  };
  /** `p<partition> <from>-<to> e<epoch><end>: ` and what the file holds. */
  const files = () =>
    [...lake.names].map(([name, path]) => {
      const file = parseArchiveName({ name, bytes: 1 });
      const place = `p${file?.partition} ${file?.from}-${file?.to} e${file?.epoch}${file?.end}`;
      return `${place}: ${engine.files.get(path)?.join(', ')}`;
    });
  return { archiver, troubles, log, lake, store, engine, manifest, feed, files, cuts: () => cuts };
}

const many = (from: number, to: number, partition = 0) =>
  Array.from({ length: to - from }, (_, index) => order(`o${from + index}`, partition));

describe('the archiver', () => {
  it('ends a file at each barrier that ends an epoch, which is the last record in it', async () => {
    const { feed, files, cuts, archiver } = await start();
    await feed(order('a'), barrier(1), order('b'), barrier(1), barrier(3, 0, true), order('c'));
    expect(files()).toEqual(['p0 0-2 e1b: 0 event, 1 control', 'p0 2-5 e3f: 2 event, 3 control, 4 control']);
    expect(cuts()).toBe(2);
    expect(archiver.held()).toBe(1);
    await archiver.stop();
  });

  it('marks each record as the one judge does: repeats, conflicts, control records, and what has no identity', async () => {
    const { feed, files, archiver } = await start();
    const stranger: NewRecord = { partition: 0, key: null, value: '?' };
    const other: NewRecord = { ...barrier(9), headers: { [HEADERS.control]: 'pause' } };
    await feed(order('a'), order('a'), order('a', 0, '1'), stranger, stranger, other, barrier(1));
    expect(files()).toEqual([
      'p0 0-7 e1b: 0 event, 1 duplicate, 2 conflict, 3 event, 4 event, 5 control, 6 control',
    ]);
    await archiver.stop();
  });

  it('ends a file that has its number of records in the middle of an epoch, as often as it takes', async () => {
    const { feed, files, archiver, cuts } = await start({ config: { maxFileRecords: 3 } });
    await feed(...many(0, 7), barrier(1));
    expect(files().map((file) => file.split(':')[0])).toEqual(['p0 0-3 e0m', 'p0 3-6 e0m', 'p0 6-8 e1b']);
    expect(cuts()).toBe(1);
    await archiver.stop();
  });

  it('writes the largest files first, and no more than it must, where it holds too many bytes', async () => {
    const { feed, files, archiver } = await start({ config: { maxHeldBytes: 1500 } });
    await feed(...many(0, 3), ...many(0, 6, 1));
    expect(files().map((file) => file.split(':')[0])).toEqual(['p1 0-6 e0m']);
    expect(archiver.held()).toBe(3);
    await feed(...many(3, 12));
    expect(files().map((file) => file.split(':')[0])).toEqual(['p1 0-6 e0m', 'p0 0-12 e0m']);
    await archiver.stop();
  });

  it('hands records to the engine some at a time, and the file holds all of them', async () => {
    const { feed, files, engine, archiver } = await start({ config: { addRecords: 2 } });
    await feed(...many(0, 5));
    expect(engine.added).toEqual([2, 2]);
    await feed(barrier(1));
    expect(engine.added).toEqual([2, 2, 2]);
    expect(files()[0]).toContain('0 event, 1 event, 2 event, 3 event, 4 event, 5 control');
    await archiver.stop();
  });

  it('goes on after a restart from where the archive ends, in the epoch that it ends in', async () => {
    const first = await start({ config: { maxFileRecords: 2 } });
    await first.feed(order('a'), barrier(5), order('b'), order('c'), order('d'));
    await first.archiver.stop();
    expect(first.engine.discarded).toBeLessThanOrEqual(1);
    const { feed, files, archiver } = await start({ ...first, config: {} });
    await first.log.idle(EVENTS);
    await feed(barrier(4), barrier(6));
    expect(files()).toEqual([
      'p0 0-2 e5b: 0 event, 1 control',
      'p0 2-4 e5m: 2 event, 3 event',
      // Barrier 4 is of the past, as it was before.
      'p0 4-7 e6b: 4 event, 5 control, 6 control',
    ]);
    await archiver.stop();
  });

  it('reads the dedupe window before the end of the archive again, so that repeats are known', async () => {
    const first = await start();
    await first.feed(order('a'), order('b'), barrier(1));
    await first.archiver.stop();
    await first.log.append(EVENTS, [order('b'), order('a'), order('c'), order('b'), barrier(2)]);
    const { files, archiver } = await start({ ...first, config: {} });
    await first.log.idle(EVENTS);
    expect(files().at(-1)).toBe('p0 3-8 e2b: 3 duplicate, 4 duplicate, 5 event, 6 duplicate, 7 control');
    await archiver.stop();
  });

  it('drops what it holds of a partition that it loses; it, or another, begins where the archive ends', async () => {
    const { feed, files, log, lake, store, engine, archiver } = await start({ config: { addRecords: 1 } });
    await feed(order('a'), barrier(1), order('b'));
    log.readers.get(EVENTS)?.revoke(0);
    await log.idle(EVENTS);
    expect(archiver.held()).toBe(0);
    expect(engine.discarded).toBe(1);
    // Another instance has archived some meanwhile.
    const entry = { from: 2, to: 3, epoch: 1, end: 'm', bytes: 1, digest: null, columns: null } as const;
    await new ArchiveManifest({ store, lake }, 'orders', 2).append(0, entry);
    log.readers.get(EVENTS)?.assign(0);
    await feed(barrier(2));
    expect(files().at(-1)).toBe('p0 3-4 e2b: 3 control');
    await archiver.stop();
  });

  it('has archived nothing of a file that the lake did not take, and says so', async () => {
    const { log, lake, archiver, manifest, cuts } = await start();
    lake.beforeCommit = () => {
      throw new Error('disk full');
    };
    await log.append(EVENTS, [order('a'), barrier(1)]);
    await expect(archiver.done).rejects.toThrow('disk full');
    expect(manifest.head(0)).toMatchObject({ next: 0, files: 0 });
    expect([archiver.archived, cuts()]).toEqual([0, 0]);
  });

  it('stops at an event of a version that this release can’t read, and archives nothing from there on', async () => {
    const { log, files, archiver } = await start();
    const newer: NewRecord = {
      ...{ partition: 1, key: null, value: '{}' },
      headers: { [HEADERS.version]: '99' },
    };
    await log.append(EVENTS, [order('a', 1), barrier(1, 1), newer, barrier(2, 1)]);
    await expect(archiver.done).rejects.toThrow(UnsupportedVersion);
    await expect(archiver.done).rejects.toThrow(/orders, partition 1, offset 2/);
    expect(files()).toEqual(['p1 0-2 e1b: 0 event, 1 control']);
  });

  it('never archives across a hole of the log: it stands there and the products say so', async () => {
    const first = await start();
    await first.feed(order('a'), order('b'), barrier(1), order('x', 1));
    await first.archiver.stop();
    await first.log.append(EVENTS, many(0, 10));
    first.log.lose(EVENTS, 0, 9);
    const { files, troubles, archiver, log, feed } = await start(first);
    await log.idle(EVENTS);
    await feed(barrier(2), barrier(2, 1));
    expect(files()).toEqual(['p0 0-3 e1b: 0 event, 1 event, 2 control', 'p1 0-2 e2b: 0 event, 1 control']);
    const place = { layer: 'batch', source: 'orders', partition: 0 };
    expect(troubles.of('per_shop@1')).toMatchObject([{ ...place, code: 'log-hole', from: 3, to: 9 }]);
    await archiver.stop();
  });

  it('archives nothing of a log that ends before the archive, and says so', async () => {
    const first = await start();
    await first.feed(order('a'), order('b'), barrier(1));
    await first.archiver.stop();
    const log = new MemoryLog();
    await log.ensureTopic({ name: EVENTS, partitions: 2 });
    await log.append(EVENTS, [order('other')]);
    const { files, troubles, archiver } = await start({ ...first, log });
    await log.idle(EVENTS);
    await log.append(EVENTS, [order('another'), barrier(2)]);
    await log.idle(EVENTS);
    expect(files()).toEqual(['p0 0-3 e1b: 0 event, 1 event, 2 control']);
    expect(troubles.of('per_shop@1')).toMatchObject([{ code: 'log-too-short', from: 1, to: 3 }]);
    await archiver.stop();
  });

  it('goes on where what is missing was needed for duplicates only, and says that', async () => {
    const first = await start();
    await first.feed(order('a'), order('b'), barrier(1));
    await first.archiver.stop();
    await first.log.append(EVENTS, [order('b'), barrier(2)]);
    first.log.lose(EVENTS, 0, 2);
    const { files, troubles, archiver, log } = await start(first);
    await log.idle(EVENTS);
    expect(files().at(-1)).toBe('p0 3-5 e2b: 3 event, 4 control');
    expect(troubles.of('per_shop@1')).toMatchObject([{ code: 'dedupe-hole', from: 0, to: 2 }]);
    await archiver.stop();
  });

  it('says what it has archived, and how far it is', async () => {
    const { feed, archiver } = await start();
    await feed(order('a'), barrier(1), order('b'), order('c', 1));
    expect(archiver.status()).toEqual({ source: 'orders', archived: { 0: 2, 1: 0 }, held: 2 });
    expect(archiver.archived).toBe(2);
    expect(archiver.reading()).toMatchObject({ topic: EVENTS, next: { 0: 3, 1: 1 } });
    await archiver.stop();
  });
});
