import { createManualClock } from '@tenon/testing';
import { LiveWork } from './live-work';

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('whoever waits goes on between two pieces of live work, though the next one begins at once', async () => {
  const work = new LiveWork(createManualClock());
  await work.idle();
  let end: () => void = () => undefined;
  const piece = () => work.during(() => new Promise<void>((resolve) => (end = resolve)));
  const first = piece();
  const went: string[] = [];
  void work.idle().then(() => went.push('went on'));
  await nextTurn();
  expect(went).toEqual([]);
  end();
  await first;
  const second = piece();
  await nextTurn();
  expect(went).toEqual(['went on']);
  end();
  await second;
});

test('pieces of two sources are waited for together', async () => {
  const work = new LiveWork(createManualClock());
  const ends: (() => void)[] = [];
  const pieces = [0, 1].map(() => work.during(() => new Promise<void>((resolve) => ends.push(resolve))));
  let isIdle = false;
  void work.idle().then(() => (isIdle = true));
  ends[0]?.();
  await nextTurn();
  expect(isIdle).toBe(false);
  ends[1]?.();
  await Promise.all(pieces);
  await nextTurn();
  expect(isIdle).toBe(true);
});

test('work that does not end is not waited for', async () => {
  const clock = createManualClock();
  const work = new LiveWork(clock);
  void work.during(() => new Promise(() => undefined));
  let goes = false;
  const waiting = work.idle().then(() => (goes = true));
  await clock.advance(99);
  expect(goes).toBe(false);
  await clock.advance(1);
  await waiting;
  expect(goes).toBe(true);
  expect(work.isQuiet).toBe(false);
});

test('it is quiet a second after the last piece, whatever became of that', async () => {
  const clock = createManualClock();
  const work = new LiveWork(clock);
  expect(work.isQuiet).toBe(true);
  await expect(work.during(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await work.idle();
  expect(work.isQuiet).toBe(false);
  await clock.advance(1000);
  expect(work.isQuiet).toBe(true);
});
