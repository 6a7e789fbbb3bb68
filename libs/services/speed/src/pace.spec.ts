import { Pace } from './pace';

let pace: Pace;
let now: number;
let live: number;

beforeEach(() => {
  pace = new Pace();
  [now, live] = [0, 0];
});

/** Ten steps a second, of 100 records each, while so many come in a second. @returns what the last rest was of its step */
function after(seconds: number, came: number, isQuiet = false): number {
  let share = 0;
  for (let step = 0; step < seconds * 10; step++) {
    now += 100;
    live += came / 10;
    share = pace.rest(10, 100, live, now, isQuiet) / 10;
  }
  return share;
}

test('a catch-up that gets nearer by itself takes a ninth of the time', () => {
  expect(after(10, 100)).toBe(8);
});

test('one that the live reader would run away from takes up to the half, and gives it back', () => {
  expect(after(1, 900)).toBe(8);
  expect(after(1, 900)).toBe(4);
  expect(after(1, 900)).toBe(2);
  expect(after(9, 900)).toBe(1);
  // Between the two it stays as it is.
  expect(after(10, 300)).toBe(1);
  expect(after(10, 100)).toBe(8);
});

test('while nobody waits for live work it takes the half', () => {
  expect(after(10, 0, true)).toBe(1);
});
