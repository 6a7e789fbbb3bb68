import { EMPTY_LEDGER } from '@tenon/domain';
import { MemoryLog } from '@tenon/testing';
import fc from 'fast-check';
import { cell, layout } from '../testing/orders';
import { RANGES, readRange } from '../testing/ranges';
import { RangeWriter } from './range-writer';

const HEAD = { hash: 'h', full: true, line: 3, from: 0, to: 9 };
const MOVE = {
  cut: { 'orders/0': 5 },
  epochs: { 'orders/0': 9 },
  barriers: { 'orders/0': 8 },
  ledger: EMPTY_LEDGER,
  watermark: 17,
};

async function begin(config: { frameCells: number; sliceCells: number }, partitions = 3) {
  const log = new MemoryLog();
  await log.ensureTopic({ name: RANGES, partitions });
  const appended: number[] = [];
  log.beforeAppend = (_topic, records) => void appended.push(records.length);
  let id = 0;
  const clock = { monotonic: () => 0, sleep: async () => undefined };
  const ids = { next: () => `range-${(id += 1)}` };
  const writer = new RangeWriter({ log, ids, config, clock }, layout(partitions), HEAD);
  return { log, writer, appended };
}

const shops = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => cell(`shop${from + index}`, from + index));

describe('a range', () => {
  it('is written as slices in turn over the partitions, each under an id of its own', async () => {
    const { log, writer } = await begin({ frameCells: 10, sliceCells: 2 });
    await writer.write(shops(0, 7));
    await writer.commit(MOVE);
    const { frames } = readRange(log);
    const places = frames.map(({ partition, message }) => [message.slice, partition, message.id]);
    expect(places.sort()).toEqual([
      [0, 0, 'range-1/0'],
      [1, 1, 'range-1/1'],
      [2, 2, 'range-1/2'],
      [3, 0, 'range-1/3'],
    ]);
    expect(new Set(frames.map(({ message }) => message.range))).toEqual(new Set(['range-1']));
    expect(frames[0]?.message).toMatchObject({ product: 'per_shop@1', ...HEAD });
  });

  it('is committed once all slices are written: the commit counts them and says what the pointer moves to', async () => {
    const { log, writer } = await begin({ frameCells: 10, sliceCells: 2 });
    await writer.write(shops(0, 3));
    expect(readRange(log).commits).toEqual([]);
    await writer.write(shops(3, 5));
    await writer.commit(MOVE);
    expect(readRange(log).commits).toMatchObject([{ range: 'range-1', slices: 3, ...HEAD, ...MOVE }]);
    expect(writer.cells).toBe(5);
  });

  it('whose last slice is just full has no empty one behind it', async () => {
    const { log, writer } = await begin({ frameCells: 10, sliceCells: 2 });
    await writer.write(shops(0, 4));
    await writer.commit(MOVE);
    expect(readRange(log).commit?.slices).toBe(2);
  });

  it('without cells is a commit of no slices', async () => {
    const { log, writer } = await begin({ frameCells: 10, sliceCells: 2 });
    await writer.write([]);
    await writer.commit(MOVE);
    expect(readRange(log)).toMatchObject({ frames: [], commit: { slices: 0 } });
  });

  it('has slices of many frames, of which the last one ends the slice', async () => {
    const { log, writer } = await begin({ frameCells: 2, sliceCells: 5 }, 1);
    await writer.write(shops(0, 10));
    await writer.commit(MOVE);
    const { frames } = readRange(log);
    expect(frames.map(({ message }) => [message.slice, message.seq, message.end?.cells])).toEqual([
      [0, 0, undefined],
      [0, 1, undefined],
      [0, 2, 5],
      [1, 0, undefined],
      [1, 1, undefined],
      [1, 2, 5],
    ]);
  });

  it('goes to the log some frames at a time, in order, the commit last', async () => {
    const { log, writer, appended } = await begin({ frameCells: 1, sliceCells: 1 }, 1);
    await writer.write(shops(0, 20));
    expect(appended).toEqual([8, 8]);
    await writer.commit(MOVE);
    expect(appended).toEqual([8, 8, 5]);
    expect(log.all(RANGES).at(-1)?.value.toString()).toContain('"type":"commit"');
  });
});

test('however cells come and are divided, each is in one slice, and the commit counts the slices', async () => {
  const size = fc.integer({ min: 1, max: 6 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(9), { maxLength: 5 }),
      size,
      size,
      size,
      async (chunks, frameCells, sliceCells, partitions) => {
        const { log, writer } = await begin({ frameCells, sliceCells }, partitions);
        let written = 0;
        for (const chunk of chunks) await writer.write(shops(written, (written += chunk)));
        await writer.commit(MOVE);
        const { cells, frames, commit } = readRange(log);
        expect(Object.keys(cells)).toHaveLength(written);
        const ends = frames.filter(({ message }) => message.end !== undefined);
        expect(ends.map(({ message }) => message.slice).sort((a, b) => a - b)).toEqual([
          ...Array.from({ length: commit?.slices ?? 0 }).keys(),
        ]);
        for (const { message, partition } of frames) expect(partition).toBe(message.slice % partitions);
      },
    ),
  );
});
