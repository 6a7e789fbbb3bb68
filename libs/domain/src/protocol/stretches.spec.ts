import { EMPTY_LEDGER } from './ledger';
import type { Pointer } from './pointer';
import { emptyPointer } from './pointer';
import { reachOf } from './reach';
import type { LandedPart, Stretch } from './stretches';
import { coveredFrom, dueStretch, mayStretch, partsFrom, stretchOf, withStretch } from './stretches';

const LANE = 's/0';

/** Epoch n holds the offsets [10n, 10n + 10). */
const epoch = (n: number, fields: Partial<LandedPart> = {}): LandedPart => ({
  ...{ epoch: n, start: 10 * n, next: 10 * n + 10, closed: true, nextEpoch: n + 1 },
  ...{ ledger: { ...EMPTY_LEDGER, aggregated: 10 }, watermark: n, closedAt: 100 + n },
  ...fields,
});

const epochs = (from: number, to: number): LandedPart[] =>
  Array.from({ length: to - from }, (_, index) => epoch(from + index));

const served = (epochOfLane: number): Pointer => ({ ...emptyPointer('h'), epochs: { [LANE]: epochOfLane } });

const span = (parts: readonly LandedPart[]) =>
  parts.map((one) => `${one.epoch}${one.through === undefined ? '' : `-${one.through}`}`).join(' ');

/** Folds all that is due, as the landing zone does. */
function folded(progress: readonly LandedPart[], from: number, known: readonly Stretch[] = []): Stretch[] {
  let stretches = [...known];
  for (let turn = 0; turn < 2000; turn++) {
    const parts = partsFrom(progress, stretches, from);
    const reach = reachOf(parts, 10 * from, from);
    const run = dueStretch(parts.filter((one) => reach.epochs.includes(one.epoch)));
    if (run === null) return stretches;
    stretches = withStretch(stretches, served(from), LANE, stretchOf(run));
  }
  throw new Error('It never ends.');
}

test('a stretch says what its parts say', () => {
  const [a, b] = [epoch(2), epoch(3, { nextEpoch: 7, watermark: null })];
  expect(stretchOf([a, b])).toEqual({
    ...{ epoch: 2, through: 3, level: 1, start: 20, next: 40, closed: true, nextEpoch: 7 },
    ...{ ledger: { ...EMPTY_LEDGER, aggregated: 20 }, watermark: 2, closedAt: 103 },
  });
});

test('few parts are left as they are', () => {
  expect(dueStretch(epochs(0, 7))).toBeNull();
  expect(span(dueStretch(epochs(0, 8)) ?? [])).toBe('0 1 2 3');
});

test('an open epoch is not folded', () => {
  expect(dueStretch([...epochs(0, 7), epoch(7, { closed: false })])).toBeNull();
});

test.each([8, 9, 60, 100, 1000])(
  'after %i cuts a lane is read by few parts, in which each offset is once',
  (n) => {
    const progress = [...epochs(0, n), epoch(n, { closed: false })];
    const stretches = folded(progress, 0);
    const parts = partsFrom(progress, stretches, 0);
    expect(parts.length).toBeLessThanOrEqual(16);
    const reach = reachOf(parts, 0, 0);
    expect(reach).toEqual({
      epochs: parts.map((one) => one.epoch),
      included: 10 * n + 10,
      open: n,
      gap: false,
    });
    expect(parts.reduce((sum, { ledger }) => sum + ledger.aggregated, 0)).toBe(10 * n + 10);
  },
);

test('wherever a pointer lands, what lies beyond it is read whole, in the middle of a stretch by the epochs', () => {
  const progress = [...epochs(0, 40), epoch(40, { closed: false })];
  const stretches = folded(progress, 0);
  for (let at = 0; at <= 40; at++) {
    const parts = partsFrom(progress, stretches, at);
    expect(reachOf(parts, 10 * at, at)).toMatchObject({ included: 410, open: 40, gap: false });
    expect(parts.reduce((sum, { ledger }) => sum + ledger.aggregated, 0)).toBe(10 * (41 - at));
    // What stretches alone lead over need not be read.
    const needed = progress.filter((one) => one.epoch >= coveredFrom(stretches, at));
    expect(span(partsFrom(needed, stretches, at))).toBe(span(parts));
  }
});

test('from the middle of a stretch on it is folded anew', () => {
  const progress = epochs(0, 40);
  const before = folded(progress, 0);
  const after = folded(progress, 3, before);
  expect(reachOf(partsFrom(progress, after, 3), 30, 3)).toMatchObject({ included: 400, gap: false });
  expect(partsFrom(progress, after, 3).length).toBeLessThanOrEqual(16);
});

test('a gap stays a gap', () => {
  const stretches = folded(epochs(0, 16), 0);
  const parts = partsFrom([...epochs(0, 16), epoch(17)], stretches, 0);
  expect(reachOf(parts, 0, 0)).toMatchObject({ included: 160, open: 16, gap: true });
});

test('a stretch that does not begin at the cut of the pointer is a gap, not a number', () => {
  const [made] = folded(epochs(0, 8), 0);
  const parts = partsFrom(epochs(0, 8), [{ ...(made as Stretch), start: 1 }], 0);
  expect(reachOf(parts, 0, 0)).toMatchObject({ included: 0, gap: true });
});

test('epochs that barriers skipped are no hole', () => {
  const progress = epochs(0, 16)
    .filter(({ epoch: n }) => n !== 5)
    .map((one) => (one.epoch === 4 ? { ...one, next: 60, nextEpoch: 6 } : one));
  const stretches = folded(progress, 0);
  expect(reachOf(partsFrom(progress, stretches, 0), 0, 0)).toMatchObject({ included: 160, gap: false });
});

test('nothing is folded of which the first epoch lies behind the pointer', () => {
  expect(mayStretch(served(4), LANE, epochs(4, 8))).toBe(true);
  expect(mayStretch(served(5), LANE, epochs(4, 8))).toBe(false);
});

test('stretches go with the first of their epochs, and where a larger one holds them', () => {
  const of = (from: number, to: number) => stretchOf(epochs(from, to));
  const known = [of(0, 4), of(4, 8)];
  expect(span(withStretch(known, served(0), LANE, null))).toBe('0-3 4-7');
  expect(span(withStretch(known, served(3), LANE, null))).toBe('4-7');
  expect(span(withStretch(known, served(4), LANE, null))).toBe('4-7');
  expect(span(withStretch(known, served(0), LANE, of(0, 8)))).toBe('0-7');
  // One that somebody else has folded meanwhile is not undone by a slow one.
  expect(span(withStretch([of(0, 8)], served(0), LANE, of(0, 4)))).toBe('0-7');
});
