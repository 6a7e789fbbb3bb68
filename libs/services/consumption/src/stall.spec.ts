import { StallWatch } from './stall';

test('a partition that stands still while the log has more is named once its time is up, then ever more rarely', () => {
  const watch = new StallWatch(10);
  const at = (now: number) => watch.check(now, { 0: 5, 1: 7 }, { 0: 8, 1: 7 });
  expect([0, 9, 10, 11, 29, 30, 69, 70].map(at)).toEqual([[], [], [0], [], [], [0], [], [0]]);
});

test('one that gets on, or has all, is left alone', () => {
  const watch = new StallWatch(10);
  expect(watch.check(0, { 0: 5 }, { 0: 90 })).toEqual([]);
  expect(watch.check(20, { 0: 6 }, { 0: 90 })).toEqual([]);
  expect(watch.check(29, { 0: 6 }, { 0: 90 })).toEqual([]);
  expect(watch.check(31, { 0: 90 }, { 0: 90 })).toEqual([]);
  expect(watch.check(32, { 0: 90 }, { 0: 91 })).toEqual([]);
});
