import * as fc from 'fast-check';
import { checksum32, hashHex96 } from '../hash';
import type { EpochCursor } from './cuts';
import { FIRST_EPOCH } from './cuts';
import type { Judgement } from './judge';
import { PartitionJudge } from './judge';

type Sent =
  | { readonly kind: 'event'; readonly id: string | null; readonly data: string }
  /** `epoch`: of a barrier; null: another control record. */
  | { readonly kind: 'control'; readonly epoch: number | null };
type Placed = Sent & { readonly offset: number };

/** What the written rules say of a log, record by record: its verdict, and where its lane stands after it. */
function oracle(log: readonly Placed[], window: number): { verdict: Judgement; after: EpochCursor }[] {
  let after: EpochCursor = FIRST_EPOCH;
  return log.map((record, index) => {
    if (record.kind === 'control') {
      const ends = record.epoch !== null && record.epoch > after.epoch;
      if (ends) after = { epoch: record.epoch as number, start: record.offset + 1 };
      return { verdict: ends ? 'barrier' : 'control', after };
    }
    const same = log
      .slice(0, index)
      .filter((one) => one.kind === 'event' && one.id !== null && one.id === record.id)
      .filter((one) => one.offset >= record.offset - window)
      .at(-1);
    if (same?.kind !== 'event') return { verdict: 'event', after };
    return { verdict: same.data === record.data ? 'duplicate' : 'conflict', after };
  });
}

const encoder = new TextEncoder();

function identityOf(id: string, data: string): Uint8Array {
  return encoder.encode(hashHex96('source', id) + checksum32(data).toString(16).padStart(8, '0'));
}

const judged = (judge: PartitionJudge, record: Placed): Judgement =>
  record.kind === 'control'
    ? judge.control(record.offset, record.epoch)
    : judge.event(record.offset, record.id === null ? undefined : identityOf(record.id, record.data));

const sent: fc.Arbitrary<Sent> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('event' as const),
      id: fc.constantFrom('a', 'b', 'c', 'd', null),
      data: fc.constantFrom('x', 'y'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('control' as const),
      epoch: fc.option(fc.nat(7), { nil: null }),
    }),
  },
);

/** Offsets that no record has: a log may skip some. */
const log: fc.Arbitrary<Placed[]> = fc
  .array(fc.tuple(sent, fc.constantFrom(0, 0, 0, 0, 1, 3)), { maxLength: 40 })
  .map((records) => {
    let next = 0;
    return records.map(([record, skipped]) => ({ ...record, offset: (next += 1 + skipped) - 1 }));
  });

const window = fc.constantFrom(0, 1, 2, 5, 100);

describe('PartitionJudge', () => {
  it('judges every record, and moves its epoch, as the written rules do', () => {
    fc.assert(
      fc.property(log, window, (records, offsets) => {
        const judge = new PartitionJudge(FIRST_EPOCH, 0, offsets);
        const right = oracle(records, offsets);
        records.forEach((record, index) => {
          expect(judged(judge, record)).toBe(right[index]?.verdict);
          expect(judge.cursor).toEqual(right[index]?.after);
          expect(judge.next).toBe(record.offset + 1);
        });
      }),
    );
  });

  it('judges alike wherever it begins, if it reads from where it says', () => {
    fc.assert(
      fc.property(log, window, fc.nat(60), fc.nat(20), (records, offsets, next, earlier) => {
        const right = oracle(records, offsets);
        const before = records.filter(({ offset }) => offset < next).length;
        const cursor = right[before - 1]?.after ?? FIRST_EPOCH;
        const judge = new PartitionJudge(cursor, next, offsets);
        // Reading more than it needs changes nothing either.
        const from = judge.readFrom - earlier;
        records.forEach((record, index) => {
          if (record.offset < from) return;
          const verdict = judged(judge, record);
          expect(verdict).toBe(record.offset < next ? 'before' : right[index]?.verdict);
          expect(judge.next).toBe(Math.max(next, record.offset + 1));
          expect(judge.cursor).toEqual(record.offset < next ? cursor : right[index]?.after);
        });
      }),
      { numRuns: 400 },
    );
  });

  it('ends an epoch at the first barrier above it and takes every other one for a control record', () => {
    const judge = new PartitionJudge(FIRST_EPOCH, 0, 10);
    const verdicts = [1, 1, 4, 2, 4, 5].map((epoch, offset) => [
      judge.control(offset, epoch),
      judge.cursor.start,
    ]);
    expect(verdicts).toEqual([
      ['barrier', 1],
      ['control', 1],
      ['barrier', 3],
      ['control', 3],
      ['control', 3],
      ['barrier', 6],
    ]);
    expect(judge.cursor.epoch).toBe(5);
  });

  it('takes a barrier that stands before its first offset for what is behind, whatever its number', () => {
    const judge = new PartitionJudge({ epoch: 3, start: 4 }, 6, 5);
    expect(judge.readFrom).toBe(1);
    expect(judge.control(3, 3)).toBe('before');
    expect(judge.control(5, 9)).toBe('before');
    expect(judge.cursor).toEqual({ epoch: 3, start: 4 });
    expect(judge.control(6, 4)).toBe('barrier');
  });
});
