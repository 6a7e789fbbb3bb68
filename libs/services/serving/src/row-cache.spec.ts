import type { CellTexts } from '@tenon/views';
import type { KeptRow } from './row-cache';
import { RowCache } from './row-cache';

const row = (head: string): KeptRow => ({
  ...{ key: [], head, tail: '}', inBase: true, amended: false, end: NaN, last: null },
});
const cell = (base: string | undefined, past?: readonly string[]): CellTexts => ({
  ...{ id: 'a', base, speed: [] },
  ...(past && { past }),
});

test('a row is found for another generation where its base document has no newer version than either', () => {
  const rows = new RowCache(1 << 20).product();
  rows.keep(cell('b'), 5, 4, row('x'));
  expect(rows.find(cell('b'), 5)?.head).toBe('x');
  expect(rows.find(cell('b'), 4)?.head).toBe('x');
  expect(rows.find(cell('b'), 3)).toBeUndefined();
  expect(rows.find(cell('c'), 5)).toBeUndefined();
});

test('of what folds took out which version it is depends on the generation, and on all that they took', () => {
  const rows = new RowCache(1 << 20).product();
  rows.keep(cell(undefined, ['p']), 4, 0, row('x'));
  expect(rows.find(cell(undefined, ['p']), 4)?.head).toBe('x');
  expect(rows.find(cell(undefined, ['p']), 2)).toBeUndefined();
  expect(rows.find(cell(undefined, ['p', 'q']), 4)).toBeUndefined();
  expect(rows.find(cell(undefined), 4)).toBeUndefined();
});
