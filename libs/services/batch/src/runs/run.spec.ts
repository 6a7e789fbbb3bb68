import type { CompleteCut } from '@tenon/archive';
import { ArchiveManifest, archiveName } from '@tenon/archive';
import type { Pointer } from '@tenon/domain';
import { emptyPointer } from '@tenon/domain';
import { MemoryLog, MemoryStore } from '@tenon/testing';
import { ListingEngine, MemoryLake, endOf } from '../testing/memory-lake';
import { SOURCE, cell, layout } from '../testing/orders';
import { readRange } from '../testing/ranges';
import { rangeOf, runBatch } from './run';

const pointer = (fields: Partial<Pointer>): Pointer => ({ ...emptyPointer('h'), ...fields });
const cutAt = (epoch: number, full = false): CompleteCut => ({
  ...{ epoch, full },
  offsets: new Map([
    [0, 20],
    [1, 8],
  ]),
  epochs: new Map([
    [0, epoch],
    [1, epoch + 1],
  ]),
});

describe('the range that is due', () => {
  it('is incremental from the served generation, on its line', () => {
    const due = { pointer: pointer({ line: 2, generation: 4 }), cut: cutAt(7) };
    expect(rangeOf({ hash: 'h' }, due)).toEqual({ hash: 'h', full: false, line: 2, from: 4, to: 7 });
  });

  it('begins with the first record where nothing has been served, which is no new line', () => {
    expect(rangeOf({ hash: 'h' }, { pointer: undefined, cut: cutAt(7) })).toEqual({
      ...{ hash: 'h', full: false, line: 0, from: 0, to: 7 },
    });
  });

  it('is everything, for a new line, where a cut asks for it', () => {
    const due = { pointer: pointer({ line: 2, generation: 4 }), cut: cutAt(7, true) };
    expect(rangeOf({ hash: 'h' }, due)).toEqual({ hash: 'h', full: true, line: 3, from: 0, to: 7 });
  });

  it('is everything where the served view is of another definition', () => {
    const due = { pointer: pointer({ line: 2, generation: 4, hash: 'before' }), cut: cutAt(7) };
    expect(rangeOf({ hash: 'h' }, due)).toEqual({ hash: 'h', full: true, line: 3, from: 0, to: 7 });
  });
});

describe('a run', () => {
  async function begin() {
    const log = new MemoryLog();
    await log.ensureTopic({ name: 'tenon.ranges.per_shop.1', partitions: 2 });
    const engine = new ListingEngine();
    engine.cells = [[cell('north', 1, '02')], [cell('south', 2, '05'), cell('west', 1, '03')]];
    const files = [
      { partition: 0, from: 0, to: 12, epoch: 4, end: 'b' as const },
      { partition: 0, from: 12, to: 20, epoch: 7, end: 'b' as const },
      { partition: 1, from: 0, to: 8, epoch: 8, end: 'b' as const },
    ];
    const lake = new MemoryLake(files.map((file) => archiveName('orders', file)));
    const manifest = new ArchiveManifest({ store: new MemoryStore(), lake }, 'orders', 2);
    await manifest.look();
    const deps = {
      ...{ log, lake, engine: engine.asEngine(), ids: { next: () => 'run' } },
      clock: { now: () => 0, monotonic: () => 0, sleep: async () => undefined },
      config: { frameCells: 10, sliceCells: 10 },
    };
    const lost = new AbortController();
    const run = (served: Pointer | undefined, cut: CompleteCut) =>
      runBatch(deps, manifest, SOURCE, layout(), { pointer: served, cut }, lost.signal, undefined);
    return { log, lake, engine, run, lost };
  }

  const served = pointer({ line: 1, generation: 4, cut: { 'orders/0': 12, 'orders/1': 3 } });

  it('reads the archive between the served cut and the new one, and commits what the pointer moves to', async () => {
    const { log, engine, run } = await begin();
    expect(await run(served, cutAt(7))).toMatchObject({ product: 'per_shop@1', from: 4, to: 7, cells: 3 });
    expect(engine.runs[0]?.map(({ partition, from, to }) => [partition, from, to])).toEqual([
      [0, 12, 20],
      [1, 3, 8],
    ]);
    const { cells, commit } = readRange(log);
    expect(cells).toEqual({ 'north 02': 1, 'south 05': 2, 'west 03': 1 });
    expect(commit).toMatchObject({
      ...{ full: false, line: 1, from: 4, to: 7, slices: 1, hash: 'h' },
      cut: { 'orders/0': 20, 'orders/1': 8 },
      epochs: { 'orders/0': 7, 'orders/1': 8 },
      barriers: { 'orders/0': endOf(20), 'orders/1': endOf(8) },
      ledger: { aggregated: 7 },
      watermark: Date.UTC(2024, 0, 1, 5) * 1000,
    });
  });

  it('in full reads all of it, whatever is served', async () => {
    const { log, engine, run } = await begin();
    await run(served, cutAt(7, true));
    expect(engine.runs[0]?.map(({ from, to }) => [from, to])).toEqual([
      [0, 20],
      [0, 8],
    ]);
    expect(readRange(log).commit).toMatchObject({ full: true, line: 2, from: 0, to: 7 });
  });

  it('whose range has no cells is a commit alone, without a watermark', async () => {
    const { log, engine, run } = await begin();
    engine.cells = [];
    await run(served, cutAt(7));
    expect(log.all('tenon.ranges.per_shop.1')).toHaveLength(1);
    expect(readRange(log).commit).toMatchObject({ slices: 0, watermark: null });
  });

  it.each([
    ['has another length', { bytes: 2, digest: '' }, 'has 2 bytes and not 1'],
    ['is gone', null, 'is missing'],
  ])('of which a file %s makes nothing, and names the file', async (_what, print, fault) => {
    const { log, lake, run } = await begin();
    const [name = ''] = [...lake.names.keys()].filter((one) => one.includes('p=1'));
    if (print === null) lake.names.delete(name);
    else lake.print = async (path) => (path === name ? print : { bytes: 1, digest: '' });
    const failed = expect(run(served, cutAt(7))).rejects;
    await failed.toMatchObject({ code: 'archive-damaged', message: `${name} ${fault}.` });
    expect(log.all('tenon.ranges.per_shop.1')).toEqual([]);
  });

  it('of which the archive lacks records makes nothing', async () => {
    const { log, run } = await begin();
    const beyond = { ...cutAt(7), offsets: new Map([[0, 21]]) };
    await expect(run(served, beyond)).rejects.toMatchObject({
      code: 'archive-gap',
      message: 'The archive of orders, partition 0 has no records from 20 on, of those up to 21.',
    });
    expect(log.all('tenon.ranges.per_shop.1')).toEqual([]);
  });

  it('that is another instance’s by now does not commit', async () => {
    const { log, run, lost, engine } = await begin();
    engine.beforeRun = () => lost.abort();
    expect(await run(served, cutAt(7))).toBeNull();
    expect(readRange(log).commit).toBeNull();
  });
});
