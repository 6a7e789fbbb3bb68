import fc from 'fast-check';
import type { ArchivedFile } from './sample';
import { sampleOf } from './sample';

const file = (from: number, to: number, bytes: number): ArchivedFile => ({
  ...{ from, to, bytes, digest: null, file: `${from}-${to}` },
});

const archive = (...lanes: readonly (readonly ArchivedFile[])[]) => ({
  partitions: lanes.map((files, partition) => ({ partition, files })),
});

const TWO = archive([file(0, 10, 5), file(10, 30, 5)], [file(0, 7, 5), file(7, 9, 5)]);

test('all that lies below the cut, where the bound has room for it', () => {
  const sample = sampleOf(TWO, { 0: 25, 1: 8 }, 20);
  expect(sample).toMatchObject({ kind: 'all', records: 33, of: 33, bytes: 20 });
  expect(sample?.ranges.map(({ partition, from, to }) => [partition, from, to])).toEqual([
    [0, 0, 25],
    [1, 0, 8],
  ]);
});

test('the newest files of each lane in turn, where it has not', () => {
  const sample = sampleOf(TWO, { 0: 25, 1: 8 }, 15);
  expect(sample).toMatchObject({ kind: 'newest', records: 26, of: 33, bytes: 15 });
  expect(sample?.ranges.map(({ partition, from, to }) => [partition, from, to])).toEqual([
    [0, 0, 25],
    [1, 7, 8],
  ]);
});

test('files that lie beyond the cut are not read', () => {
  expect(sampleOf(TWO, { 0: 10, 1: 7 }, 100)).toMatchObject({ kind: 'all', bytes: 10 });
});

test('an archive that does not reach up to the cut says nothing of it', () => {
  expect(sampleOf(TWO, { 0: 31, 1: 8 }, 100)).toBeNull();
  expect(sampleOf(TWO, { 0: 30, 1: 8, 2: 1 }, 100)).toBeNull();
});

test('what lies before a gap, or is not kept any more, is no part of the sample', () => {
  const gap = archive([file(0, 10, 5), file(12, 30, 5)]);
  expect(sampleOf(gap, { 0: 30 }, 100)).toMatchObject({ kind: 'newest', records: 18, of: 30 });
  expect(sampleOf(archive([file(12, 30, 5)]), { 0: 30 }, 100)).toMatchObject({ kind: 'newest', records: 18 });
});

test('of any archive: no more bytes than the bound, each offset once, up to the cut', () => {
  const lane = fc.array(
    fc.record({ size: fc.integer({ min: 1, max: 9 }), overlap: fc.nat(3), bytes: fc.nat(20) }),
    {
      minLength: 1,
      maxLength: 8,
    },
  );
  fc.assert(
    fc.property(
      fc.array(lane, { minLength: 1, maxLength: 4 }),
      fc.nat(200),
      fc.nat(5),
      (shapes, most, short) => {
        const lanes = shapes.map((files) => {
          let next = 0;
          return files.map(({ size, overlap, bytes }) => {
            const from = Math.max(0, next - overlap);
            next += size;
            return file(from, next, bytes);
          });
        });
        const cut = Object.fromEntries(
          lanes.map((files, index) => [index, Math.max(1, (files.at(-1)?.to ?? 0) - short)]),
        );
        const sample = sampleOf(archive(...lanes), cut, most);
        expect(sample).not.toBeNull();
        const { ranges = [], bytes = 0, records } = sample ?? {};
        expect(bytes).toBeLessThanOrEqual(most);
        expect(records).toBe(ranges.reduce((sum, { from, to }) => sum + to - from, 0));
        for (const [partition, to] of Object.entries(cut)) {
          const own = ranges.filter((one) => String(one.partition) === partition);
          own.forEach((one, index) => {
            expect(one.to).toBe(own[index + 1]?.from ?? to);
            // Each range lies within its files.
            expect(one.files[0]?.from).toBeLessThanOrEqual(one.from);
            expect(one.files.at(-1)?.to).toBeGreaterThanOrEqual(one.to);
          });
        }
      },
    ),
  );
});
