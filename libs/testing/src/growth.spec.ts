import { growthPerRound } from './growth';

/** Eighteen measurements, five rounds apart. */
const run = (bytes: (round: number) => number) =>
  Array.from({ length: 18 }, (_, index) => ({ round: 5 * (index + 1), bytes: bytes(5 * (index + 1)) }));

test('what grows evenly grows by so much a round', () => {
  expect(growthPerRound(run((round) => 20e6 + 37 * round))).toBe(37);
});

test('a slow leak is found below what comes and goes', () => {
  const noise = (round: number) => 5_000 * ((round * 7919) % 13);
  const clean = growthPerRound(run((round) => 20e6 + noise(round)));
  const leaking = growthPerRound(run((round) => 20e6 + noise(round) + 3_200 * round));
  expect(Math.abs(clean)).toBeLessThan(1_600);
  expect(leaking).toBeGreaterThan(1_600);
});

test('caches that are full in time and a single peak are no growth', () => {
  expect(growthPerRound(run((round) => 20e6 + 1e6 * Math.min(round, 30)))).toBe(0);
  expect(growthPerRound(run((round) => (round === 80 ? 90e6 : 20e6)))).toBe(0);
});

test('what shrinks has a growth below zero', () => {
  expect(growthPerRound(run((round) => 20e6 - 10 * round))).toBe(-10);
});

test('fewer than two measurements in a third tell nothing', () => {
  expect(() => growthPerRound(run(() => 0).slice(0, 5))).toThrow('too few');
});
