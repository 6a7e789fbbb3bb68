import { HEADERS, UnsupportedVersion } from '@tenon/contracts';
import type { LedgerCounts } from '@tenon/domain';
import { EMPTY_LEDGER, addLedgers, ledgerTotal } from '@tenon/domain';
import type { NewRecord } from '@tenon/ports';
import fc from 'fast-check';
import { LivePartition } from './partition';
import { readRound } from './records';
import { barrier, inLog, order, stranger } from './testing/orders';

const begin = (start = 0, epoch = 0, window = 4) =>
  new LivePartition({ source: 'orders', partition: 0 }, { epoch, start }, window, []);
const offsetsOf = ({ events }: ReturnType<typeof readRound>) => events.map(({ record }) => record.offset);

describe('a round', () => {
  it('ends with the barrier that ends the epoch; the records behind it are the next round', () => {
    const state = begin();
    const records = inLog([order('a'), barrier(1), order('b'), barrier(3), order('c')]);
    const first = readRound(state, records, 0);
    expect(offsetsOf(first)).toEqual([0]);
    expect(first).toMatchObject({ used: 2, barrier: records[1], counts: { control: 1 } });
    expect(state.judge.cursor).toEqual({ epoch: 1, start: 2 });
    expect(readRound(state, records, 2)).toMatchObject({ used: 2, barrier: records[3] });
    expect(state.judge.cursor).toEqual({ epoch: 3, start: 4 });
    expect(readRound(state, records, 4)).toMatchObject({ used: 1, barrier: null });
  });

  it('goes on over a barrier that is ignored, and over control records of other kinds, and counts them', () => {
    const other: NewRecord = { ...barrier(9), headers: { [HEADERS.control]: 'pause' } };
    const state = begin(0, 2);
    const round = readRound(state, inLog([order('a'), barrier(2), barrier(1), other, order('b')]), 0);
    expect(offsetsOf(round)).toEqual([0, 4]);
    expect(round).toMatchObject({ barrier: null, used: 5, counts: { control: 3 } });
    expect(state.judge.cursor.epoch).toBe(2);
  });

  it('takes what says it is a barrier and is none for a control record, and tells of it', () => {
    const none = ['{', 'null', '{"v":1,"epoch":5}', '{"v":1,"type":"barrier","epoch":-1,"at":1}'];
    const odd = [...none, '{"v":1,"type":"barrier","epoch":"9","at":1}'].map((value) => ({
      ...barrier(9),
      value,
    }));
    const state = begin();
    const told: number[] = [];
    const round = readRound(state, inLog([order('a'), ...odd, barrier(1)]), 0, ({ offset }) =>
      told.push(offset),
    );
    expect(told).toEqual([1, 2, 3, 4, 5]);
    expect(round).toMatchObject({ used: 7, counts: { control: 6 } });
    expect(state.judge.cursor.epoch).toBe(1);
  });

  it('counts nothing of what stands before the place where the partition begins, and knows its ids', () => {
    const records = inLog([order('a'), barrier(7), order('b'), order('a'), order('c')], 6);
    const round = readRound(begin(9, 1), records, 0);
    expect(offsetsOf(round)).toEqual([10]);
    expect(round.counts).toEqual({ ...EMPTY_LEDGER, duplicate: 1 });
  });

  it('tells a repeat from another event under the same id, and forgets both behind the window', () => {
    const records = inLog([
      order('a'),
      order('a'),
      order('a', '02:south'),
      ...[1, 2, 3, 4].map(String).map((id) => order(id)),
      order('a'),
    ]);
    const round = readRound(begin(), records, 0);
    expect(offsetsOf(round)).toEqual([0, 3, 4, 5, 6, 7]);
    expect(round.counts).toMatchObject({ duplicate: 1, deadLettered: 1 });
    expect(round.conflicts.map(({ reason }) => reason)).toMatchObject([{ offset: 2, code: 'id-conflict' }]);
  });

  it('hands on what has no identity: it is nobody’s duplicate, and the engine’s to refuse', () => {
    expect(offsetsOf(readRound(begin(), inLog([stranger(), stranger()]), 0))).toEqual([0, 1]);
  });

  it('stops at an event, or a barrier, of a version that this release can’t read, and names the place', () => {
    const event: NewRecord = { ...stranger(), headers: { [HEADERS.version]: '99' } };
    expect(() => readRound(begin(), inLog([event], 5), 0)).toThrow(UnsupportedVersion);
    expect(() => readRound(begin(), inLog([event], 5), 0)).toThrow(/orders, partition 0, offset 5/);
    const cut: NewRecord = { ...barrier(1), value: JSON.stringify({ v: 99, epoch: 1 }) };
    expect(() => readRound(begin(), inLog([cut], 5), 0)).toThrow(/orders, partition 0, offset 5/);
    // One that it need not count it need not understand.
    expect(readRound(begin(6), inLog([cut], 5), 0).used).toBe(1);
  });
});

test('however records are divided into polls, the events, the epochs and the counts are the same', () => {
  const record = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(fc.nat(4), fc.nat(1)).map(([id, data]) => order(`${id}`, `0${data}:north`)),
    },
    { weight: 2, arbitrary: fc.nat(6).map((epoch) => barrier(epoch)) },
    { weight: 1, arbitrary: fc.constant(stranger()) },
  );
  const read = (records: ReturnType<typeof inLog>, sizes: readonly number[]) => {
    const state = begin(0, 0, 3);
    const seen: string[] = [];
    let counts: LedgerCounts = EMPTY_LEDGER;
    for (let from = 0, poll = 0; from < records.length; poll++) {
      const polled = records.slice(from, from + (sizes[poll % sizes.length] as number));
      for (let at = 0; at < polled.length;) {
        const { epoch } = state.judge.cursor;
        const round = readRound(state, polled, at);
        for (const offset of offsetsOf(round)) seen.push(`${epoch}: ${offset}`);
        counts = addLedgers(counts, round.counts);
        at += round.used;
      }
      from += polled.length;
    }
    return { seen, counts, end: state.judge.cursor };
  };
  const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 30 }), sizes, (written, divided) => {
      const records = inLog(written);
      const whole = read(records, [1000]);
      expect(read(records, divided)).toEqual(whole);
      expect(whole.seen.length + ledgerTotal(whole.counts)).toBe(records.length);
    }),
  );
});
