import { MemoryLake } from '../testing/memory-lake';
import { ArchiveIndex } from './archive-index';
import type { ArchiveFile } from './names';
import { archiveName } from './names';

/** `<partition>: <from>-<to> <epoch><end>` */
function nameOf(text: string): string {
  const [, partition, from, to, epoch, end] = /^(\d): (\d+)-(\d+) (\d+)([bfm])$/.exec(
    text,
  ) as RegExpExecArray;
  const described = { partition: Number(partition), from: Number(from), to: Number(to) };
  return archiveName('orders', { ...described, epoch: Number(epoch), end: end as ArchiveFile['end'] });
}

async function indexOf(partitions: number, ...files: string[]) {
  const lake = new MemoryLake(files.map(nameOf));
  const index = new ArchiveIndex(lake, 'orders', partitions);
  await index.refresh();
  return { index, lake };
}

const cutOf = (index: ArchiveIndex, after = 0) => {
  const cut = index.latestCut(after);
  return cut && { ...cut, offsets: [...cut.offsets.values()], epochs: [...cut.epochs.values()] };
};

const rangesOf = async (index: ArchiveIndex, to: number[], from: Record<string, number> = {}) =>
  (await index.ranges(from, new Map(to.map((offset, partition) => [partition, offset])))).map(
    ({ partition, from: begin, to: end, paths }) => `${partition}: ${begin}-${end} in ${paths.length}`,
  );

describe('the archive’s index', () => {
  it('has what is without a gap from the first record on, and nothing behind a gap', async () => {
    const { index } = await indexOf(2, '0: 0-10 0m', '0: 10-12 1b', '0: 20-30 2b', '1: 5-9 1b');
    expect(index.of(0).map(({ to }) => to)).toEqual([10, 12]);
    expect(index.of(1)).toEqual([]);
    expect(index.of(7)).toEqual([]);
  });

  it('passes over a file whose records others have, and goes on behind those', async () => {
    const { index } = await indexOf(1, '0: 0-10 0m', '0: 0-4 0m', '0: 2-5 0m', '0: 10-12 1b');
    expect(index.of(0).map(({ from, to }) => [from, to])).toEqual([
      [0, 10],
      [10, 12],
    ]);
  });

  it('does not take other files of the lake, or of other sources, for its own', async () => {
    const { index, lake } = await indexOf(1, '0: 0-10 1b');
    for (const name of ['archive/orders/p=0/notes.txt', 'archive/others/p=0/x.parquet', 'archive/orders/x'])
      await lake.commit('', name);
    await index.refresh();
    expect(index.of(0)).toHaveLength(1);
  });

  it('learns of a file that this instance committed, and with a refresh of those of others', async () => {
    const { index, lake } = await indexOf(2, '0: 0-10 1b');
    expect(index.latestCut(0)).toBeNull();
    await lake.commit('', nameOf('1: 0-4 1b'));
    index.add({ name: 'own', partition: 0, from: 10, to: 13, epoch: 2, end: 'b' });
    expect(index.of(0).at(-1)?.to).toBe(13);
    expect(index.latestCut(0)).toBeNull();
    await index.refresh();
    expect(index.latestCut(0)?.epoch).toBe(1);
  });

  describe('finds as the latest cut', () => {
    it('the one that all partitions have passed', async () => {
      const { index } = await indexOf(2, '0: 0-4 1b', '0: 4-9 2b', '0: 9-12 2m', '1: 0-6 1b', '1: 6-7 1m');
      expect(cutOf(index)).toMatchObject({ epoch: 1, offsets: [4, 6], epochs: [1, 1], full: false });
    });

    it('none while a partition has not been archived up to its first barrier', async () => {
      expect(cutOf((await indexOf(2, '0: 0-4 1b')).index)).toBeNull();
      expect(cutOf((await indexOf(2, '0: 0-4 1b', '1: 0-8 0m')).index)).toBeNull();
    });

    it('where a partition’s barriers skipped its number, the first one of a later epoch there', async () => {
      const { index } = await indexOf(
        3,
        '0: 0-4 1b',
        '0: 4-8 4b',
        '0: 8-9 5b',
        '1: 0-6 2b',
        '1: 6-9 3b',
        '2: 0-2 3b',
      );
      expect(cutOf(index)).toMatchObject({ epoch: 3, offsets: [8, 9, 2], epochs: [4, 3, 3] });
    });

    it('one that asks for everything anew if any barrier since the served generation did, in any partition', async () => {
      const { index } = await indexOf(2, '0: 0-4 1b', '0: 4-8 3b', '1: 0-6 1b', '1: 6-7 2f', '1: 7-9 3b');
      expect(cutOf(index, 0)).toMatchObject({ epoch: 3, full: true });
      expect(cutOf(index, 1)).toMatchObject({ epoch: 3, full: true });
      // It has been made.
      expect(cutOf(index, 2)).toMatchObject({ epoch: 3, full: false });
    });

    it('one that does not ask for it yet, where the barrier that asks lies behind the cut', async () => {
      const { index } = await indexOf(2, '0: 0-4 1b', '0: 4-8 2f', '1: 0-6 1b');
      expect(cutOf(index)).toMatchObject({ epoch: 1, full: false });
    });
  });

  describe('finds the records between two cuts', () => {
    it('in the files of each partition, those that join on as one', async () => {
      const { index } = await indexOf(2, '0: 0-4 1b', '0: 4-9 1m', '0: 9-12 2b', '1: 0-6 1b', '1: 6-7 2b');
      expect(await rangesOf(index, [12, 7], { 0: 4, 1: 6 })).toEqual(['0: 4-12 in 2', '1: 6-7 in 1']);
      expect(await rangesOf(index, [12, 7])).toEqual(['0: 0-12 in 3', '1: 0-7 in 2']);
    });

    it('nowhere in a partition that has none', async () => {
      const { index } = await indexOf(2, '0: 0-4 1b', '0: 4-9 2b', '1: 0-6 2b');
      expect(await rangesOf(index, [9, 6], { 0: 4, 1: 6 })).toEqual(['0: 4-9 in 1']);
    });

    it('once each, where two instances ended files elsewhere', async () => {
      const { index } = await indexOf(
        1,
        '0: 0-10 0m',
        '0: 10-25 0m',
        '0: 10-18 0m',
        '0: 18-30 0m',
        '0: 25-40 1b',
        '0: 30-40 1b',
      );
      expect(await rangesOf(index, [40])).toEqual(['0: 0-25 in 2', '0: 25-30 in 1', '0: 30-40 in 1']);
      expect(await rangesOf(index, [40], { 0: 27 })).toEqual(['0: 27-30 in 1', '0: 30-40 in 1']);
    });
  });
});
