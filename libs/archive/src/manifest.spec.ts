import { MemoryStore } from '@tenon/testing';
import type { ArchivedFile } from '@tenon/contracts';
import fc from 'fast-check';
import { PART_ENTRIES } from './listing';
import { ArchiveManifest } from './manifest';
import type { ArchivePlace } from './names';
import { archiveName, contiguous, parseArchiveName, spansOf } from './names';

/** `<partition>: <from>-<to> <epoch><end>` */
function placeOf(text: string): ArchivePlace {
  const [, partition, from, to, epoch, end] = /^(\d): (\d+)-(\d+) (\d+)([bfm])$/.exec(
    text,
  ) as RegExpExecArray;
  const described = { partition: Number(partition), from: Number(from), to: Number(to) };
  return { ...described, epoch: Number(epoch), end: end as ArchivePlace['end'] };
}

const nameOf = (text: string) => archiveName('orders', placeOf(text));

/** What a manifest has in front of it: a lake of names, and a store. */
function world(...names: string[]) {
  const lake = {
    names: [...names],
    listed: 0,
    list: async (prefix: string) => {
      lake.listed += 1;
      return lake.names.filter((name) => name.startsWith(prefix)).map((name) => ({ name, bytes: 1 }));
    },
  };
  const store = new MemoryStore();
  const manifest = (partitions: number) => new ArchiveManifest({ store, lake }, 'orders', partitions);
  return { lake, store, manifest };
}

/** @param files of a release that had no manifest */
async function takenIn(partitions: number, ...files: string[]) {
  const { lake, store, manifest } = world(...files.map(nameOf));
  const index = manifest(partitions);
  await index.look();
  return { index, lake, store };
}

const entry = (from: number, to: number, epoch = 0, end: ArchivedFile['end'] = 'm'): ArchivedFile => ({
  ...{ from, to, epoch, end, bytes: 10, digest: null, columns: null },
});

const cutOf = async (index: ArchiveManifest, after = 0) => {
  const cut = await index.latestCut(after);
  return cut && { ...cut, offsets: [...cut.offsets.values()], epochs: [...cut.epochs.values()] };
};

const filesOf = async (index: ArchiveManifest, partition: number, from = 0, to = 1e9) =>
  (await index.files(partition, from, to)).map((file) => [file.from, file.to]);

describe('the archive of a release before', () => {
  it('is taken in as far as it is without a gap from the first record on', async () => {
    const { index } = await takenIn(2, '0: 0-10 0m', '0: 10-12 1b', '0: 20-30 2b', '1: 5-9 1b');
    expect(await filesOf(index, 0)).toEqual([
      [0, 10],
      [10, 12],
    ]);
    expect(index.head(0)).toMatchObject({ next: 12, epoch: 1, ended: 1, files: 2, bytes: 2 });
    expect(index.head(1)).toMatchObject({ next: 0, files: 0 });
    expect(index.head(7)).toMatchObject({ next: 0, files: 0 });
  });

  it('is taken in without files whose records others have', async () => {
    const { index } = await takenIn(1, '0: 0-10 0m', '0: 0-4 0m', '0: 2-5 0m', '0: 10-12 1b');
    expect(await filesOf(index, 0)).toEqual([
      [0, 10],
      [10, 12],
    ]);
  });

  it('is not made of other files of the lake, or of other sources', async () => {
    const others = ['archive/orders/p=0/notes.txt', 'archive/others/p=0/x.parquet', 'archive/orders/x'];
    const { manifest } = world(nameOf('0: 0-10 1b'), ...others);
    const index = manifest(1);
    await index.look();
    expect(await filesOf(index, 0)).toEqual([[0, 10]]);
  });

  it('is listed once, by whoever comes first', async () => {
    const { lake, manifest } = world(nameOf('0: 0-10 1b'), nameOf('1: 0-3 1b'));
    await Promise.all([manifest(2).look(), manifest(2).look()]);
    const { listed } = lake;
    const index = manifest(2);
    await index.look();
    expect(lake.listed).toBe(listed);
    expect((await cutOf(index))?.offsets).toEqual([10, 3]);
    await index.append(0, entry(10, 12, 2, 'b'));
    expect(await filesOf(index, 0)).toEqual([
      [0, 10],
      [10, 12],
    ]);
  });
});

describe('a file', () => {
  it('counts once it is named, for this instance at once and for others at their next look', async () => {
    const { manifest } = world();
    const [one, other] = [manifest(2), manifest(2)];
    await one.look();
    await other.look();
    await one.append(0, entry(0, 10, 1, 'b'));
    await one.append(1, entry(0, 4, 1, 'b'));
    expect((await cutOf(one))?.epoch).toBe(1);
    expect(await cutOf(other)).toBeNull();
    await other.look();
    expect((await cutOf(other))?.epoch).toBe(1);
  });

  it('is not needed where others have archived all of it, and refused behind a gap, which passes', async () => {
    const { manifest } = world();
    const [one, other] = [manifest(1), manifest(1)];
    await one.look();
    await other.look();
    expect(await one.append(0, entry(0, 10))).toBe('append');
    expect(await other.append(0, entry(0, 7))).toBe('held');
    expect(other.head(0).next).toBe(10);
    expect(await other.append(0, entry(7, 12))).toBe('append');
    await expect(one.append(0, entry(13, 14))).rejects.toMatchObject({
      ...{ code: 'archive-moved', details: { retryable: true } },
    });
    expect(await filesOf(one, 0)).toEqual([
      [0, 10],
      [7, 12],
    ]);
  });

  it('of which the manifest lost its part of the list is not passed over', async () => {
    const { store, manifest } = world();
    const index = manifest(1);
    await index.append(0, entry(0, 10));
    await store.transact(async (tx) => tx.delete('meta', 'archive-part/orders/000000000000/000000000000'));
    await expect(index.append(0, entry(10, 12))).rejects.toMatchObject({ code: 'archive-manifest-damaged' });
  });
});

test('however many writers bring files cut anywhere, each offset is given once, from any offset to any', async () => {
  const step = fc.record({ writer: fc.nat(2), length: fc.integer({ min: 1, max: 9 }) });
  const scenario = fc.record({
    steps: fc.array(step, { maxLength: 60 }),
    bounds: fc.tuple(fc.nat(200), fc.nat(200)),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ steps, bounds }) => {
      const { manifest } = world();
      const writers = [manifest(1), manifest(1), manifest(1)].map((index) => ({ index, next: 0 }));
      for (const { writer, length } of steps) {
        const one = writers[writer] as (typeof writers)[number];
        await one.index.append(0, entry(one.next, one.next + length));
        one.next += length;
      }
      const { index } = writers[0] as (typeof writers)[number];
      const [from, to] = [Math.min(...bounds), Math.max(...bounds)];
      const given = spansOf(await index.files(0, from, to), from, to).flatMap((span) =>
        span.files.flatMap((file) => {
          const begin = Math.max(file.from, span.from);
          return Array.from({ length: Math.min(file.to, span.to) - begin }, (_, at) => begin + at);
        }),
      );
      const end = Math.min(to, Math.max(...writers.map(({ next }) => next)));
      expect(given).toEqual(Array.from({ length: Math.max(0, end - from) }, (_, at) => from + at));
    }),
    { numRuns: 60 },
  );
});

test('a manifest of many parts finds cuts and files as a list of all files does', async () => {
  const { manifest, store } = world();
  const index = manifest(2);
  const all: [ArchivedFile[], ArchivedFile[]] = [[], []];
  for (let k = 1; k <= 3 * PART_ENTRIES; k += 1)
    for (const partition of [0, 1] as const) {
      // Partition 1 skips epochs, and is behind.
      if (partition === 1 && (k % 3 !== 0 || k > PART_ENTRIES)) continue;
      const from = all[partition].at(-1)?.to ?? 0;
      const file = entry(from, from + 1 + (k % 4), k, k % 5 === 0 ? 'm' : 'b');
      all[partition].push(file);
      await index.append(partition, file);
    }
  const epoch = all[1].findLast(({ end }) => end === 'b')?.epoch as number;
  const placeIn = (files: readonly ArchivedFile[]) =>
    files.find((file) => file.end === 'b' && file.epoch >= epoch) as ArchivedFile;
  expect(await cutOf(index)).toMatchObject({
    epoch,
    offsets: all.map((files) => placeIn(files).to),
    epochs: all.map((files) => placeIn(files).epoch),
  });
  for (const [from, to] of [
    [0, 1],
    [255, 700],
    [300, 301],
    [0, 1e6],
  ] as const)
    expect(await filesOf(index, 0, from, to)).toEqual(
      all[0].filter((file) => file.to > from && file.from < to).map((file) => [file.from, file.to]),
    );
  const parts = store.keys('meta').filter((key) => key.startsWith('archive-part/orders/000000000000/'));
  expect(parts).toHaveLength(3);
  // The same archive taken in by its listing.
  const names = all.flatMap((files, partition) =>
    files.map((file) => archiveName('orders', { ...file, partition })),
  );
  const again = world(...names).manifest(2);
  await again.look();
  expect(await cutOf(again)).toEqual(await cutOf(index));
  const listed = names.flatMap((name) => parseArchiveName({ name, bytes: 1 }) ?? []);
  expect(await filesOf(again, 0)).toEqual(
    contiguous(listed.filter(({ partition }) => partition === 0)).map(({ from, to }) => [from, to]),
  );
});

describe('the manifest finds as the latest cut', () => {
  it('the one that all partitions have passed', async () => {
    const { index } = await takenIn(2, '0: 0-4 1b', '0: 4-9 2b', '0: 9-12 2m', '1: 0-6 1b', '1: 6-7 1m');
    expect(await cutOf(index)).toMatchObject({ epoch: 1, offsets: [4, 6], epochs: [1, 1], full: false });
  });

  it('none while a partition has not been archived up to its first barrier', async () => {
    expect(await cutOf((await takenIn(2, '0: 0-4 1b')).index)).toBeNull();
    expect(await cutOf((await takenIn(2, '0: 0-4 1b', '1: 0-8 0m')).index)).toBeNull();
  });

  it('where a partition’s barriers skipped its number, the first one of a later epoch there', async () => {
    const { index } = await takenIn(
      3,
      '0: 0-4 1b',
      '0: 4-8 4b',
      '0: 8-9 5b',
      '1: 0-6 2b',
      '1: 6-9 3b',
      '2: 0-2 3b',
    );
    expect(await cutOf(index)).toMatchObject({ epoch: 3, offsets: [8, 9, 2], epochs: [4, 3, 3] });
  });

  it('one that asks for everything anew if any barrier since the served generation did, in any partition', async () => {
    const { index } = await takenIn(2, '0: 0-4 1b', '0: 4-8 3b', '1: 0-6 1b', '1: 6-7 2f', '1: 7-9 3b');
    expect(await cutOf(index, 0)).toMatchObject({ epoch: 3, full: true });
    expect(await cutOf(index, 1)).toMatchObject({ epoch: 3, full: true });
    // It has been made.
    expect(await cutOf(index, 2)).toMatchObject({ epoch: 3, full: false });
  });

  it('one that does not ask for it yet, where the barrier that asks lies behind the cut', async () => {
    const { index } = await takenIn(2, '0: 0-4 1b', '0: 4-8 2f', '1: 0-6 1b');
    expect(await cutOf(index)).toMatchObject({ epoch: 1, full: false });
  });
});

describe('a cut within so many records', () => {
  /** Of each partition the records of each epoch. */
  const sizes = fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 12 }))
    .chain(([partitions, epochs]) =>
      fc.array(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: epochs, maxLength: epochs }), {
        ...{ minLength: partitions, maxLength: partitions },
      }),
    );

  it('is the last one that has no more, or else the next one', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), fc.nat(120), async (lanes, afterSeed, most) => {
        const epochs = lanes[0]?.length ?? 0;
        const index = world().manifest(lanes.length);
        const ends = lanes.map((own) => {
          let next = 0;
          return own.map((size) => (next += size));
        });
        for (const [partition, own] of ends.entries())
          for (const [at, to] of own.entries())
            await index.append(partition, entry(own[at - 1] ?? 0, to, at + 1, 'b'));
        await index.look();
        const after = afterSeed % epochs;
        const offsetsOf = (epoch: number) => ends.map((own) => own[epoch - 1] ?? 0);
        const from = Object.fromEntries(
          offsetsOf(after).map((offset, partition) => [String(partition), offset]),
        );
        const total = (epoch: number) =>
          offsetsOf(epoch).reduce((sum, to, partition) => sum + to - (from[String(partition)] ?? 0), 0);
        const candidates = Array.from({ length: epochs - after }, (_, one) => after + 1 + one);
        const expected = candidates.filter((epoch) => total(epoch) <= most).at(-1) ?? after + 1;
        const cut = await index.cutWithin(after, from, most);
        expect(cut?.epoch).toBe(expected);
        expect([...(cut?.offsets.values() ?? [])]).toEqual(offsetsOf(expected));
      }),
      { numRuns: 60 },
    );
  });
});
