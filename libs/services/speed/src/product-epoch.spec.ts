import { EMPTY_LEDGER } from '@tenon/domain';
import type { PartialCell } from '@tenon/ports';
import { ProductEpoch } from './product-epoch';
import { layout } from './testing/orders';

const cell = (shop: string, count: number, hour = '01'): PartialCell => ({
  key: [`2024-01-01T${hour}:00:00Z`, shop],
  states: [count],
});
const ledger = (aggregated: number) => ({ ...EMPTY_LEDGER, aggregated });
const begin = (fields = {}) => new ProductEpoch(layout('per_shop', fields), 2, 10);
const taken = (open: ProductEpoch, to: number) => {
  const all = open.take(to);
  return all && { ...all, cells: [...all.cells].map(({ key, states }) => `${key} ${states}`) };
};

describe('the open epoch of a product', () => {
  it('gives a cell’s states as the fold of the epoch so far, once per change', () => {
    const open = begin();
    open.add([cell('north', 2), cell('south', 1)], ledger(3));
    expect(taken(open, 13)).toMatchObject({
      from: 10,
      count: 2,
      cells: ['["2024-01-01T01:00:00Z","north"] [2]', '["2024-01-01T01:00:00Z","south"] [1]'],
      ledger: { aggregated: 3 },
    });
    open.add([cell('north', 5)], ledger(5));
    open.add([cell('north', 1)], ledger(1));
    expect(taken(open, 19)).toMatchObject({
      from: 13,
      count: 1,
      cells: ['["2024-01-01T01:00:00Z","north"] [8]'],
      ledger: { aggregated: 9 },
    });
    expect(open.size).toBe(2);
  });

  it('has something to say as soon as records were read, though no cell has changed, and nothing before', () => {
    const open = begin();
    expect(open.take(10)).toBeNull();
    open.count({ ...EMPTY_LEDGER, duplicate: 2 });
    expect(taken(open, 12)).toMatchObject({ from: 10, count: 0, cells: [], ledger: { duplicate: 2 } });
    expect(open.take(12)).toBeNull();
  });

  it('does not change what it has handed over, when the cell changes later', () => {
    const open = begin();
    open.add([cell('north', 1)], ledger(1));
    const first = [...(open.take(11)?.cells ?? [])];
    open.add([cell('north', 1)], ledger(1));
    expect(first[0]?.states).toBe('[1]');
  });

  it('knows the start of the latest window that it touched, whatever comes after', () => {
    const open = begin();
    expect(taken(open, 11)?.watermark).toBeNull();
    open.add([cell('north', 1, '03'), cell('north', 1, '02')], ledger(2));
    open.add([cell('south', 1, '01')], ledger(1));
    expect(taken(open, 14)?.watermark).toBe(Date.UTC(2024, 0, 1, 3) * 1000);
  });

  it('has no watermark where the product has no window', () => {
    const open = begin({ window: null });
    open.add([cell('north', 1)], ledger(1));
    expect(taken(open, 11)?.watermark).toBeNull();
  });
});
