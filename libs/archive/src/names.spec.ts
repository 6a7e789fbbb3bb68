import fc from 'fast-check';
import type { ArchiveFile } from './names';
import { archiveName, contiguous, parseArchiveName, spansOf } from './names';

const file = (from: number, to: number): ArchiveFile => {
  const described = { partition: 0, from, to, epoch: 0, end: 'm' as const };
  return { name: archiveName('flights', described), ...described, bytes: 1, digest: null, columns: null };
};

test('what lies beyond a gap is not archived, as far as anybody can tell', () => {
  const files = [file(0, 10), file(12, 20), file(10, 11)];
  expect(contiguous(files).map(({ from, to }) => [from, to])).toEqual([
    [0, 10],
    [10, 11],
  ]);
});

test.each([null, '0123456789abcdef0123456789abcdef'])(
  'a file name says all that it was made from, also one without a digest',
  (digest) => {
    const described = { partition: 3, from: 7, to: 19, epoch: 2, end: 'f' as const, digest };
    const name = archiveName('flights', described);
    expect(parseArchiveName({ name, bytes: 5 })).toEqual({ name, ...described, bytes: 5, columns: null });
  },
);

test('files that join on share one span, however many they are', () => {
  const files = [file(0, 10), file(10, 20), file(20, 30), file(30, 40)];
  expect(spansOf(files, 12, 33)).toEqual([{ from: 12, to: 33, files: files.slice(1) }]);
});

test('a file that overlaps the one before gives only the rest, in a span of its own', () => {
  const files = contiguous([file(0, 100), file(0, 50), file(50, 150), file(150, 160)]);
  expect(spansOf(files, 0, 160)).toEqual([
    { from: 0, to: 100, files: [file(0, 100)] },
    { from: 100, to: 160, files: [file(50, 150), file(150, 160)] },
  ]);
});

test('however two writers cut the log, the spans give each offset once', () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 99 }), { maxLength: 6 });
  const filesOf = (ends: readonly number[]) => {
    const points = [0, ...new Set([...ends].sort((a, b) => a - b)), 100];
    return points.slice(1).map((to, index) => file(points[index] as number, to));
  };
  fc.assert(
    fc.property(cuts, cuts, fc.nat({ max: 100 }), fc.nat({ max: 100 }), (a, b, from, to) => {
      const files = [...filesOf(a), ...filesOf(b)];
      const given: number[] = [];
      for (const span of spansOf(contiguous(files), from, to))
        for (const { from: first, to: end } of span.files) {
          for (let offset = Math.max(first, span.from); offset < Math.min(end, span.to); offset++)
            given.push(offset);
        }
      const wanted = Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
      expect(given.sort((x, y) => x - y)).toEqual(wanted);
    }),
  );
});
