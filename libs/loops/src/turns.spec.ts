import { Turns } from './turns';

test('a turn is due after some milliseconds of work, and anew after each', async () => {
  let now = 100;
  const slept: number[] = [];
  const turns = new Turns({
    monotonic: () => now,
    sleep: async (ms) => {
      slept.push(ms);
      now += 1;
    },
  });
  expect(turns.isDue).toBe(false);
  now += 3;
  expect(turns.isDue).toBe(false);
  now += 1;
  expect(turns.isDue).toBe(true);
  await turns.next();
  expect(turns.isDue).toBe(false);
  expect(slept).toEqual([0]);
});
