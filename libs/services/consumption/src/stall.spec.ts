import type { LaneOffsets } from '@tenon/domain';
import { StallWatch } from './stall';

const END: LaneOffsets = { 'orders/0': 8, 'orders/1': 7 };

/** Looks at these times; lane 0 has five of eight, lane 1 has all. */
const looks = (watch: StallWatch, times: readonly number[]) =>
  times.map((now) => watch.check(now, { 'orders/0': 5, 'orders/1': 7 }, END));

test('a lane that stands still while the log has more is named once its time is up, and then waits twice as long', () => {
  const named = looks(new StallWatch(10), [0, 9, 10, 11, 29, 30, 69, 70]);
  expect(named).toEqual([[], [], ['orders/0'], [], [], ['orders/0'], [], ['orders/0']]);
});

test('however patient it gets, it asks every ten minutes', () => {
  const minutes = (count: number) => count * 60_000;
  const watch = new StallWatch(minutes(4));
  // Patience: 4, 8, 10, 10 minutes.
  const named = looks(watch, [0, 4, 12, 21, 22, 31, 32].map(minutes));
  expect(named.map((one) => one.length)).toEqual([0, 1, 1, 0, 1, 0, 1]);
});

test('one that gets on begins anew, with the patience of the beginning', () => {
  const watch = new StallWatch(10);
  const check = (now: number, included: number) =>
    watch.check(now, { 'orders/0': included }, { 'orders/0': 90 });
  expect([check(0, 5), check(10, 5), check(25, 6), check(34, 6), check(35, 6)]).toEqual([
    [],
    ['orders/0'],
    [],
    [],
    ['orders/0'],
  ]);
});

test('one that has all is left alone, and its time runs from when the log has more', () => {
  const watch = new StallWatch(10);
  const check = (now: number, end: number) => watch.check(now, { 'orders/0': 90 }, { 'orders/0': end });
  expect([check(0, 90), check(40, 90), check(41, 91), check(50, 91), check(51, 91)]).toEqual([
    [],
    [],
    [],
    [],
    ['orders/0'],
  ]);
});

test('a lane of which the log says nothing has all', () => {
  const watch = new StallWatch(10);
  expect([0, 20].map((now) => watch.check(now, { 'orders/0': 5 }, {}))).toEqual([[], []]);
});

test('one of which something comes again is being replayed: its time begins anew', () => {
  const watch = new StallWatch(10);
  looks(watch, [0]);
  watch.replayed(9, ['orders/0', 'orders/1']);
  expect(looks(watch, [10, 18, 19])).toEqual([[], [], ['orders/0']]);
  watch.replayed(30, ['orders/0']);
  expect(looks(watch, [39, 49, 50])).toEqual([[], [], ['orders/0']]);
});
