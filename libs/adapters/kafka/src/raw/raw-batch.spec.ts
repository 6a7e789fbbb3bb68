import fc from 'fast-check';
import type { NewRawRecord } from '@tenon/ports';
import { decodeRecordSet } from '../record-batch';
import { decodeRaw } from './decode-raw';
import { encodeRaw } from './encode-raw';

const place = { topic: 't', partition: 0 };
const bytes = fc.option(fc.uint8Array({ maxLength: 300 }));
const recordArbitrary = fc.record({
  timestamp: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 2 ** 45 })),
  key: bytes,
  value: bytes,
  headers: fc.array(fc.record({ name: fc.string({ unit: 'grapheme', maxLength: 70 }), value: bytes }), {
    maxLength: 4,
  }),
});

interface BatchAt {
  readonly base: number;
  readonly records: readonly NewRawRecord[];
  /** 16: of a transaction, 32: a mark. */
  readonly attributes?: number;
  readonly producer?: bigint;
  /** More offsets than records, as compaction leaves behind. */
  readonly span?: number;
}

function batchAt({ base, records, attributes = 0, producer = -1n, span = records.length }: BatchAt): Buffer {
  const batch = encodeRaw(records, { producerId: producer, epoch: 0, sequence: 0 });
  batch.writeBigInt64BE(BigInt(base), 0);
  batch.writeInt16BE(attributes, 21);
  batch.writeInt32BE(span - 1, 23);
  return batch;
}

const of = (text: string): NewRawRecord => ({
  timestamp: 7,
  key: null,
  value: Buffer.from(text),
  headers: [],
});
const mark = (base: number, producer: bigint, type: 0 | 1) =>
  batchAt({
    base,
    producer,
    attributes: 0x30,
    records: [{ timestamp: 7, key: Buffer.from([0, 0, 0, type]), value: Buffer.alloc(6), headers: [] }],
  });

describe('A record batch', () => {
  test('gives back what was put in: null and empty parts, headers twice and without a value', () => {
    fc.assert(
      fc.property(fc.array(recordArbitrary, { minLength: 1, maxLength: 30 }), (records) => {
        const {
          records: found,
          holes,
          next,
        } = decodeRaw(place, batchAt({ base: 5, records }), [], 5, Number.MAX_SAFE_INTEGER);
        const plain = (part: Uint8Array | null) => (part === null ? null : [...part]);
        const comparable = ({ timestamp, key, value, headers }: NewRawRecord) => ({
          timestamp,
          key: plain(key),
          value: plain(value),
          headers: headers.map((header) => [header.name, plain(header.value)]),
        });
        expect(found.map(comparable)).toEqual(records.map(comparable));
        expect(found.map(({ offset }) => offset)).toEqual(records.map((_, index) => 5 + index));
        expect({ holes, next }).toEqual({ holes: [], next: 5 + records.length });
      }),
    );
  });

  test('of an aborted transaction is left out, and of a committed one is not, whoever is between', () => {
    const set = Buffer.concat([
      batchAt({ base: 0, producer: 1n, attributes: 16, records: [of('aborted'), of('aborted')] }),
      batchAt({ base: 2, producer: 2n, attributes: 16, records: [of('committed')] }),
      mark(3, 1n, 0),
      batchAt({ base: 4, producer: 1n, attributes: 16, records: [of('its next')] }),
      mark(5, 2n, 1),
      mark(6, 1n, 1),
      batchAt({ base: 7, records: [of('plain')] }),
    ]);
    const read = decodeRaw(place, set, [{ producerId: 1n, firstOffset: 0 }], 0, 100);
    expect(read.records.map(({ value }) => String(value))).toEqual(['committed', 'its next', 'plain']);
    expect(read.holes).toEqual([
      { from: 0, to: 2, reason: 'aborted' },
      { from: 3, to: 4, reason: 'transaction-mark' },
      { from: 5, to: 7, reason: 'transaction-mark' },
    ]);
    expect(read.next).toBe(8);
    // Services that read a topic of others see the same.
    const { records, next } = decodeRecordSet(set, 0, [{ producerId: 1n, firstOffset: 0 }]);
    expect(records.map(({ value }) => String(value))).toEqual(['committed', 'its next', 'plain']);
    expect(next).toBe(8);
  });

  test('with offsets that compaction has taken says which, within a batch, between two and at its end', () => {
    const set = Buffer.concat([
      batchAt({ base: 3, records: [of('a'), of('b')], span: 4 }),
      batchAt({ base: 10, records: [of('c')] }),
    ]);
    const read = decodeRaw(place, set, [], 0, 100);
    expect(read.records.map(({ offset }) => offset)).toEqual([3, 4, 10]);
    expect(read.holes).toEqual([
      { from: 0, to: 3, reason: 'compaction' },
      { from: 5, to: 10, reason: 'compaction' },
    ]);
  });

  test('ends where it is told to, and begins in the middle of a batch', () => {
    const set = batchAt({ base: 0, records: ['a', 'b', 'c', 'd'].map(of) });
    const read = decodeRaw(place, set, [], 1, 3);
    expect(read.records.map(({ value }) => String(value))).toEqual(['b', 'c']);
    expect(read.next).toBe(3);
  });

  test('that cannot be read is an error that names it: a copy leaves nothing out', () => {
    const broken = batchAt({ base: 40, records: [of('x')], attributes: 7 });
    const message = /partition 0 from offset 40 on: its codec 7 is not known/;
    expect(() => decodeRaw(place, broken, [], 40, 100)).toThrow(message);
    const name = { ...of('x'), headers: [{ name: 'ab', value: null }] };
    const set = batchAt({ base: 0, records: [name] });
    set[set.indexOf('ab')] = 0xff;
    expect(() => decodeRaw(place, set, [], 0, 100)).toThrow('the name of a header is not UTF-8');
  });
});
