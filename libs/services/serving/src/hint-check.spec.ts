import type { Seen } from './hint-check';
import { HintCheck } from './hint-check';

const seen = (next: number, generation = 1, line = 0): Seen => ({
  included: { '0': next },
  generation,
  line,
});

function look(check: HintCheck, now: Seen, patient = true): boolean {
  check.asking();
  return check.looked(now, patient);
}

let check: HintCheck;
beforeEach(() => {
  check = new HintCheck();
  expect(look(check, seen(10))).toBe(true);
});

test('hints that join on to each other, and cover what is in, are all there is', () => {
  expect(check.hinted({ '0': [10, 12] }, false)).toBe(true);
  expect(check.hinted({ '0': [11, 15], '1': [0, 3] }, false)).toBe(true);
  expect(look(check, { ...seen(15), included: { '0': 15, '1': 3 } })).toBe(true);
  expect(look(check, { ...seen(15), included: { '0': 15, '1': 3 } })).toBe(true);
});

test('a hint that leaves a gap tells that one is missing', () => {
  expect(check.hinted({ '0': [12, 14] }, false)).toBe(false);
  expect(check.hinted({ '0': [14, 15] }, false)).toBe(true);
});

test('what is in and was not told shows at the second look: before, its hint may be under way', () => {
  expect(look(check, seen(12))).toBe(true);
  expect(look(check, seen(12))).toBe(false);
  expect(look(check, seen(12))).toBe(true);
});

test('a hint that comes late is no missing one', () => {
  expect(look(check, seen(12))).toBe(true);
  expect(check.hinted({ '0': [10, 12] }, false)).toBe(true);
  expect(look(check, seen(12))).toBe(true);
});

test('without a connection nothing is waited for', () => {
  expect(look(check, seen(12), false)).toBe(false);
  expect(look(check, seen(12), false)).toBe(true);
});

test('another generation, or a line, of which nobody was told shows', () => {
  expect(look(check, seen(10, 2))).toBe(false);
  expect(look(check, seen(10, 2, 1))).toBe(false);
  check.hinted(undefined, true);
  expect(look(check, seen(10, 3, 1))).toBe(true);
});

test('a hint that comes while the store is asked is ahead of what the store says, and counts for the next look', () => {
  check.asking();
  check.hinted({ '0': [10, 14] }, false);
  check.hinted(undefined, true);
  expect(check.looked(seen(10), true)).toBe(true);
  expect(look(check, seen(14, 2))).toBe(true);
});

test('included offsets that fall back are told, and the account begins there', () => {
  check.hinted({ '0': [10, 20] }, false);
  expect(look(check, seen(20))).toBe(true);
  expect(look(check, seen(12))).toBe(false);
  expect(check.hinted({ '0': [14, 16] }, false)).toBe(false);
});

test('instances that do not say what their hints cover are believed, and give no account', () => {
  expect(check.hinted(undefined, false)).toBe(true);
  expect(look(check, seen(30))).toBe(true);
  expect(check.hinted({ '0': [30, 31] }, false)).toBe(true);
  expect(check.hinted({ '0': [33, 34] }, false)).toBe(false);
});
