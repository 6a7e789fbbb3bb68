import { EMPTY_LEDGER } from '@tenon/domain';
import type { LogRecord } from '@tenon/ports';
import { makeFlush } from './flush';
import { LivePartition } from './partition';
import { readFlush } from './testing/flushes';
import { layout } from './testing/orders';

const LAYOUT = layout();
let id = 0;
const deps = (frameCells = 100) => ({ ids: { next: () => `flush-${(id += 1)}` }, config: { frameCells } });

function partition(cells: number) {
  const state = new LivePartition({ source: 'orders', partition: 1 }, { epoch: 2, start: 5 }, 0, [LAYOUT]);
  count(state, cells);
  return state;
}

/** One event in each of so many shops. */
function count(state: LivePartition, shops: number) {
  const key = (shop: number) => ['2024-01-01T01:00:00Z', `shop${shop}`];
  const cells = Array.from({ length: shops }, (_, shop) => ({ key: key(shop), states: [1] }));
  for (let event = 0; event < shops; event++) state.judge.event(state.judge.next, undefined);
  state.products.get(LAYOUT.product)?.add(cells, { ...EMPTY_LEDGER, aggregated: shops });
}

describe('a flush', () => {
  it('says what it is: product, lane, epoch, the offsets that it covers, and the fold up to their end', () => {
    const flush = makeFlush(deps(), LAYOUT, partition(2), null);
    expect(flush).toMatchObject({ topic: 'tenon.flushes.per_shop.1', cells: 2 });
    expect(flush?.records).toMatchObject([{ partition: 1, key: 'orders/1', headers: { 'tenon-v': '2' } }]);
    const { message, cells } = readFlush(flush?.records[0] as never);
    expect(cells).toEqual({ '01:shop0': 1, '01:shop1': 1 });
    expect(message).toMatchObject({
      ...{ product: 'per_shop@1', hash: 'hash of per_shop', source: 'orders', partition: 1 },
      ...{ epoch: 2, start: 5, from: 5, to: 7 },
      end: { frames: 1, cells: 2, closed: false, closedAt: null, next: 2, ledger: { aggregated: 2 } },
    });
  });

  it('begins where the one before ended, and is nothing where nothing was read since', () => {
    const state = partition(1);
    makeFlush(deps(), LAYOUT, state, null);
    expect(makeFlush(deps(), LAYOUT, state, null)).toBeNull();
    count(state, 2);
    const { message, cells } = readFlush(makeFlush(deps(), LAYOUT, state, null)?.records[0] as never);
    expect(message).toMatchObject({ start: 5, from: 6, to: 8 });
    expect(cells).toEqual({ '01:shop0': 2, '01:shop1': 1 });
  });

  it('that closes its epoch names the one that begins at its end, which barriers may have skipped numbers to', () => {
    const state = partition(1);
    state.judge.control(6, 9);
    const { message } = readFlush(
      makeFlush(deps(), LAYOUT, state, { timestamp: 1700.5 } as LogRecord)?.records[0] as never,
    );
    expect(message).toMatchObject({
      epoch: 2,
      from: 5,
      to: 7,
      end: { closed: true, closedAt: 1700, next: 9 },
    });
  });

  it('travels in frames of so many cells under one id, and only the last one ends it', () => {
    const frames = makeFlush(deps(2), LAYOUT, partition(5), null)?.records.map(readFlush) ?? [];
    expect(frames.map(({ cells }) => Object.keys(cells).length)).toEqual([2, 2, 1]);
    expect(frames.map(({ message }) => message.seq)).toEqual([0, 1, 2]);
    expect(new Set(frames.map(({ message }) => message.id)).size).toBe(1);
    expect(frames.map(({ message }) => message.end?.cells)).toEqual([undefined, undefined, 5]);
  });

  it('is none for a product that this partition does not know', () => {
    expect(makeFlush(deps(), layout('other'), partition(1), null)).toBeNull();
  });
});
