import { LivePartition } from './partition';
import { layout } from './testing/orders';

const NORTH = { key: ['2024-01-01T01:00:00Z', 'north'], states: [1] };

test('a partition has a name in errors, and an open epoch for each product, which begins where it does', () => {
  const state = new LivePartition({ source: 'orders', partition: 1 }, { epoch: 3, start: 20 }, 4, [
    layout('per_shop'),
    layout('other'),
  ]);
  expect(state.place).toBe('orders, partition 1');
  expect([...state.products.keys()]).toEqual(['per_shop@1', 'other@1']);
  for (const open of state.products.values()) expect(open).toMatchObject({ epoch: 3, start: 20, size: 0 });
  expect(state.judge.readFrom).toBe(16);
});

test('the next epoch begins with no states, where the barrier put it', () => {
  const state = new LivePartition({ source: 'orders', partition: 1 }, { epoch: 3, start: 20 }, 4, [layout()]);
  const before = state.products.get('per_shop@1');
  before?.add([NORTH], { aggregated: 1, filtered: 0, duplicate: 0, deadLettered: 0, expired: 0, control: 0 });
  state.judge.control(20, 5);
  state.beginEpoch();
  const after = state.products.get('per_shop@1');
  expect(before?.size).toBe(1);
  expect(after).toMatchObject({ epoch: 5, start: 21, size: 0 });
  expect(after?.take(21)).toBeNull();
});
